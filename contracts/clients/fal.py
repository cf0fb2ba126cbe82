"""A careful client of fal's queue: it takes anything, never says FAILED, and shows errors on the result."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from vidmock.kit.client import Refused, Result
from vidmock.kit.parts.connection import connection
from vidmock.kit.parts.download import download
from vidmock.kit.parts.once import Once
from vidmock.kit.parts.polling import ask, poll
from vidmock.kit.parts.posting import post_once


@dataclass(frozen=True, slots=True)
class Place:
    """Where fal says that a request is to be asked for: its URLs are shorter than the endpoint, so none is built."""

    status: httpx.URL
    response: httpx.URL


class Client:
    def __init__(
        self,
        *,
        base_url: str = "https://queue.fal.run",
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        publish: Callable[[Result], None] = lambda result: None,
        webhook_url: str | None = None,
    ) -> None:
        self._api = connection(base_url=base_url, headers={"Authorization": f"Key {api_key}"})
        self._media = connection()
        self._folder, self._sleep, self._now, self._webhook_url = folder, sleep, now, webhook_url
        self._jobs = Once(publish)
        self._places: dict[str, Place] = {}

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        job_id = self.submit(model, input)
        self._jobs.open(job_id)
        return poll(lambda: self.settle(job_id), job_id, deadline, self._sleep, self._now)

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """A webhook only says where to look: what it claims is not believed, and a job that is not ours is refused."""
        self.settle(json.loads(body)["request_id"])

    def close(self) -> None:
        self._api.close()
        self._media.close()

    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        params = {"fal_webhook": self._webhook_url} if self._webhook_url else {}
        response = post_once(lambda: self._api.post(f"/{model}", json=input, params=params))
        if response.is_error:
            raise _refused(response)
        answer = response.json()
        job_id = str(answer["request_id"])
        self._places[job_id] = Place(self._own(answer["status_url"]), self._own(answer["response_url"]))
        return job_id

    def settle(self, job_id: str) -> Result | None:
        return self._jobs.settle(job_id, lambda: self.finish(job_id))

    def finish(self, job_id: str) -> Result | None:
        """One look at the request; its result, if it has one."""
        place = self._places[job_id]
        if ask(lambda: self._api.get(place.status)).json().get("status") != "COMPLETED":
            return None
        response = ask(lambda: self._api.get(place.response))
        if response.is_error:
            raise _refused(response, job_id)
        url = (response.json().get("video") or {}).get("url")
        if not isinstance(url, str):
            raise Refused(f"the request succeeded without a URL: {response.text}", job_id)
        return Result((download(self._media, url, self._folder / f"{job_id}.mp4", job_id, self._sleep),), job_id)

    def _own(self, url: str) -> httpx.URL:
        """*url*, which the key may be sent to only if it is on the host that was asked."""
        place, base = httpx.URL(url), self._api.base_url
        if (place.scheme, place.host, place.port) != (base.scheme, base.host, base.port):
            raise Refused(f"fal answered with a URL on another host, which gets no key: {url}")
        return place


def _refused(response: httpx.Response, job_id: str | None = None) -> Refused:
    """fal's own words: a list of places and messages from the model, or one sentence from the infrastructure."""
    detail = response.json().get("detail")
    if not isinstance(detail, list):
        return Refused(f"HTTP {response.status_code}: {detail}", job_id)
    fields = tuple(".".join(str(part) for part in item["loc"][1:]) for item in detail)
    words = "; ".join(f"{field}: {item['msg']}" for field, item in zip(fields, detail, strict=True))
    return Refused(words, job_id, fields)
