"""Eachlabs' predictions."""

from __future__ import annotations

from math import inf

from vidmock.integrity.apis.video_api import CLIP, NOT_FOUND, PICTURE_TYPE, Submitted, VideoApi
from vidmock.integrity.history import Sighting
from vidmock.integrity.http_client import HttpClient, Reply

_MODEL = "kling-o1-video-to-video-reference"
_SEEN = {
    "created": Sighting(rank=0),
    "processing": Sighting(rank=1),
    "error": Sighting(rank=2, end="failed"),
    "cancelled": Sighting(rank=2, end="cancelled"),
}


class EachlabsApi(VideoApi):
    name, attempts, messages = "eachlabs", 3, 1
    cancels, retries, cancel_webhooks = True, False, 0
    life = inf
    uploads = True

    async def submit(
        self, http: HttpClient, key: str, prompt: str, task: str, webhook: str, patience: float
    ) -> Submitted:
        body = {"model": _MODEL, "input": {"prompt": prompt, "video_url": CLIP}, "webhook_url": webhook}
        reply = await http.ask("POST", "/eachlabs/v1/prediction", _key(key), body, patience=patience)
        told = reply.json
        return Submitted(reply, str(told.get("predictionID", "")) if reply.ok and isinstance(told, dict) else "")

    async def poll(self, http: HttpClient, key: str, job: str, patience: float) -> tuple[Reply, Sighting | None]:
        reply = await http.ask("GET", f"/eachlabs/v1/prediction/{job}", _key(key), patience=patience)
        told = reply.json
        if not isinstance(told, dict):
            return reply, None
        if reply.status == 404:
            return reply, NOT_FOUND
        if told.get("status") == "success" and told.get("output"):
            return reply, Sighting(rank=2, end="succeeded", results=(str(told["output"]),))
        return reply, _SEEN.get(str(told.get("status"))) if reply.ok else None

    async def cancel(self, http: HttpClient, key: str, job: str) -> Reply:
        return await http.ask("POST", f"/eachlabs/v1/prediction/{job}/cancel", _key(key))

    async def upload(self, http: HttpClient, key: str, data: bytes) -> tuple[Reply, str]:
        body = {"content_type": PICTURE_TYPE}
        reply = await http.ask("POST", "/eachlabs/v1/upload/presign", _key(key), body)
        told = reply.json
        if not reply.ok or not isinstance(told, dict):
            return reply, ""
        headers = {"content-type": PICTURE_TYPE, **told["required_headers"]}
        sent = await http.ask("PUT", str(told["presigned_url"]), headers, content=data)
        return sent, str(told["public_url"]) if sent.ok else ""

    async def balance(self, http: HttpClient, key: str) -> str | None:
        return None


def _key(key: str) -> dict[str, str]:
    return {"x-api-key": key}
