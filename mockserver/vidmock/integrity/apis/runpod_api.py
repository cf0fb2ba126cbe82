"""RunPod's queue endpoints."""

from __future__ import annotations

from vidmock.integrity.apis.video_api import NOT_FOUND, PICTURE, Submitted, VideoApi
from vidmock.integrity.history import Sighting
from vidmock.integrity.http_client import HttpClient, Reply

_ENDPOINT = "/runpod/v2/kling-video-o1-r2v"
_RANKS = {
    "IN_QUEUE": Sighting(rank=0),
    "IN_PROGRESS": Sighting(rank=1),
    "FAILED": Sighting(rank=2, end="failed"),
    "CANCELLED": Sighting(rank=2, end="cancelled"),
    "TIMED_OUT": Sighting(rank=2, end="failed"),
}


class RunpodApi(VideoApi):
    name, attempts, messages = "runpod", 3, 1
    cancels, retries, cancel_webhooks = True, True, 1
    life = 86_400.0
    uploads = False

    async def submit(
        self, http: HttpClient, key: str, prompt: str, task: str, webhook: str, patience: float
    ) -> Submitted:
        body = {"input": {"prompt": prompt, "images": [PICTURE]}} | ({"webhook": webhook} if webhook else {})
        reply = await http.ask("POST", f"{_ENDPOINT}/run", _key(key), body, patience=patience)
        told = reply.json
        return Submitted(reply, str(told.get("id", "")) if reply.ok and isinstance(told, dict) else "")

    async def poll(self, http: HttpClient, key: str, job: str, patience: float) -> tuple[Reply, Sighting | None]:
        reply = await http.ask("GET", f"{_ENDPOINT}/status/{job}", _key(key), patience=patience)
        told = reply.json
        if not isinstance(told, dict):
            return reply, None
        if reply.status == 404:
            return reply, NOT_FOUND
        if told.get("status") == "COMPLETED" and isinstance(told.get("output"), dict):
            return reply, Sighting(rank=2, end="succeeded", results=(str(told["output"].get("video_url")),))
        return reply, _RANKS.get(str(told.get("status"))) if reply.ok else None

    async def cancel(self, http: HttpClient, key: str, job: str) -> Reply:
        return await http.ask("POST", f"{_ENDPOINT}/cancel/{job}", _key(key))

    async def retry(self, http: HttpClient, key: str, job: str) -> Reply:
        return await http.ask("POST", f"{_ENDPOINT}/retry/{job}", _key(key))

    async def balance(self, http: HttpClient, key: str) -> str | None:
        return None


def _key(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}
