"""fal's queue and storage."""

from __future__ import annotations

from math import inf
from urllib.parse import quote

from vidmock.integrity.apis.video_api import NOT_FOUND, PICTURE_TYPE, Submitted, VideoApi
from vidmock.integrity.history import Sighting
from vidmock.integrity.http_client import HttpClient, Reply

_APP = "/fal/queue/fal-ai/kling-video"
_RANKS = {"IN_QUEUE": Sighting(rank=0), "IN_PROGRESS": Sighting(rank=1)}


class FalApi(VideoApi):
    name, attempts, messages = "fal", 29, 1
    cancels, retries, cancel_webhooks = True, False, 1
    life = inf
    uploads = True

    async def submit(
        self, http: HttpClient, key: str, prompt: str, task: str, webhook: str, patience: float
    ) -> Submitted:
        query = f"?fal_webhook={quote(webhook, safe='')}" if webhook else ""
        path = f"{_APP}/o1/reference-to-video{query}"
        reply = await http.ask("POST", path, _key(key), {"prompt": prompt}, patience=patience)
        told = reply.json
        return Submitted(reply, str(told.get("request_id", "")) if reply.ok and isinstance(told, dict) else "")

    async def poll(self, http: HttpClient, key: str, job: str, patience: float) -> tuple[Reply, Sighting | None]:
        """The status, and the result as well where the status says that there is one."""
        reply = await http.ask("GET", f"{_APP}/requests/{job}/status", _key(key), patience=patience)
        told = reply.json
        if not isinstance(told, dict):
            return reply, None
        if reply.status == 404:
            return reply, NOT_FOUND
        if not reply.ok or told.get("status") != "COMPLETED":
            return reply, _RANKS.get(str(told.get("status"))) if reply.ok else None
        reply = await http.ask("GET", f"{_APP}/requests/{job}", _key(key), patience=patience)
        told = reply.json
        if not isinstance(told, dict):
            return reply, None
        if reply.status == 404:
            return reply, NOT_FOUND
        if reply.ok:
            video = told.get("video")
            url = str(video.get("url")) if isinstance(video, dict) else ""
            return reply, Sighting(rank=2, end="succeeded", results=(url,)) if url else None
        if reply.status == 499:
            return reply, Sighting(rank=2, end="cancelled")
        # Any other error is the model's, or one that a fault has put in the place of the answer.
        return reply, Sighting(rank=2)

    async def cancel(self, http: HttpClient, key: str, job: str) -> Reply:
        return await http.ask("PUT", f"{_APP}/requests/{job}/cancel", _key(key))

    async def upload(self, http: HttpClient, key: str, data: bytes) -> tuple[Reply, str]:
        body = {"content_type": PICTURE_TYPE, "file_name": "a.png"}
        reply = await http.ask("POST", "/fal/rest/storage/upload/initiate", _key(key), body)
        told = reply.json
        if not reply.ok or not isinstance(told, dict):
            return reply, ""
        sent = await http.ask("PUT", str(told["upload_url"]), {"content-type": PICTURE_TYPE}, content=data)
        return sent, str(told["file_url"]) if sent.ok else ""

    async def balance(self, http: HttpClient, key: str) -> str | None:
        told = (await http.ask("GET", "/fal/api/v1/account/billing?expand=credits", _key(key))).json
        return str(told["credits"]["current_balance"]) if isinstance(told, dict) and "credits" in told else None


def _key(key: str) -> dict[str, str]:
    return {"authorization": f"Key {key}"}
