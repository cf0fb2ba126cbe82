"""Runware's tasks, by REST."""

from __future__ import annotations

import base64
from math import inf
from typing import Any
from uuid import uuid4

from vidmock.integrity.apis.video_api import NOT_FOUND, Submitted, VideoApi
from vidmock.integrity.history import Sighting
from vidmock.integrity.http_client import HttpClient, Reply

_RESULTS = 2
"""Videos of a task."""
_TASK = {
    "taskType": "videoInference",
    "model": "klingai:kling@o1-standard",
    "width": 1280,
    "height": 720,
    "duration": 5,
    "numberResults": _RESULTS,
    "includeCost": True,
}

_END = {
    frozenset({"success"}): "succeeded",
    frozenset({"error"}): "failed",
    frozenset({"success", "error"}): "partly",
}
"""How a task has ended whose videos have these words."""


class RunwareApi(VideoApi):
    name, attempts, messages = "runware", 7, _RESULTS
    cancels, retries, cancel_webhooks = False, False, _RESULTS
    life = inf
    uploads = True

    async def submit(
        self, http: HttpClient, key: str, prompt: str, task: str, webhook: str, patience: float
    ) -> Submitted:
        hook = {"webhookURL": webhook} if webhook else {}
        body = [_TASK | {"taskUUID": task, "positivePrompt": prompt} | hook]
        reply = await http.ask("POST", "/runware/v1", _key(key), body, patience=patience)
        told = _items(reply, "data")
        return Submitted(reply, task if reply.ok and told and told[0].get("taskUUID") == task else "")

    async def poll(self, http: HttpClient, key: str, job: str, patience: float) -> tuple[Reply, Sighting | None]:
        body = [{"taskType": "getResponse", "taskUUID": job}]
        reply = await http.ask("POST", "/runware/v1", _key(key), body, patience=patience)
        return reply, sighting_of(job, reply)

    async def upload(self, http: HttpClient, key: str, data: bytes) -> tuple[Reply, str]:
        kept = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        body = [{"taskType": "imageUpload", "taskUUID": str(uuid4()), "image": kept}]
        reply = await http.ask("POST", "/runware/v1", _key(key), body)
        told = _items(reply, "data")
        return reply, str(told[0].get("imageURL", "")) if told else ""

    async def balance(self, http: HttpClient, key: str) -> str | None:
        body = [{"taskType": "accountManagement", "taskUUID": str(uuid4()), "operation": "getDetails"}]
        told = _items(await http.ask("POST", "/runware/v1", _key(key), body), "data")
        return str(told[0]["balance"]["amount"]) if told else None


def sighting_of(job: str, reply: Reply) -> Sighting | None:
    """What *reply*, the answer to a poll, tells of the task *job*; ``None`` where it is no answer of Runware's."""
    done, failed = _items(reply, "data"), _items(reply, "errors")
    if done is None or failed is None:
        return None
    words = [str(item.get("status")) for item in (*done, *failed) if item.get("taskUUID") == job]
    urls = tuple(sorted(str(item["videoURL"]) for item in done if "videoURL" in item))
    if not words:
        return NOT_FOUND if reply.ok and not done and not failed else None
    if len(words) != _RESULTS or set(words) - {"processing", "success", "error"}:
        return None
    if "processing" in words:
        # A task that waits and one that runs have the same word.
        return Sighting(rank=0, results=urls)
    return Sighting(rank=2, end=_END[frozenset(words)], results=urls)


def _items(reply: Reply, name: str) -> list[dict[str, Any]] | None:
    """The objects of a list in the answer; ``None`` where the answer is none of Runware's."""
    told = reply.json
    if not isinstance(told, dict) or not isinstance(told.get(name, []), list) or not {"data", "errors"} & told.keys():
        return None
    return [item for item in told.get(name, []) if isinstance(item, dict)]


def _key(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}
