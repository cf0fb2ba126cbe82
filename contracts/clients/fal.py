"""A careful client of fal's queue, of coroutines: fal accepts any input, and has errors in the place of a result."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from vidmock.kit.client import OutcomeUnknown, Refused, Result
from vidmock.kit.parts.connection import REQUEST_TIMEOUT, async_connection
from vidmock.kit.parts.download import download_async
from vidmock.kit.parts.keyless import keyless
from vidmock.kit.parts.once import AsyncOnce
from vidmock.kit.parts.polling import TransientError, ask_async, poll_async
from vidmock.kit.parts.posting import post_once_async

FINAL_FAILURES = 5
"""Failures of the result of a completed request after which it is final."""


@dataclass(frozen=True, slots=True)
class RequestUrls:
    """The URLs that fal gave for a request. They are not made from the endpoint's name, which is longer."""

    status: httpx.URL
    response: httpx.URL
    cancel: httpx.URL


class Client:
    def __init__(
        self,
        *,
        base_url: str = "https://queue.fal.run",
        api_key: str,
        folder: Path,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
        publish: Callable[[Result], None] = lambda result: None,
        webhook_url: str | None = None,
        request_timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self._api = async_connection(
            base_url=base_url, headers={"Authorization": f"Key {api_key}"}, request_timeout=request_timeout
        )
        self._media = async_connection(base_url=base_url, request_timeout=request_timeout)
        self._key, self._folder, self._sleep, self._now = api_key, folder, sleep, now
        self._webhook_url = webhook_url
        self._jobs = AsyncOnce(publish)
        self._urls: dict[str, RequestUrls] = {}
        self._failed: Counter[str] = Counter()

    async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        with keyless(self._key):
            job_id = await self.submit(model, input)
            self._jobs.add(job_id)
            return await poll_async(
                lambda: self.result(job_id), job_id, deadline, self._sleep, self._now, lambda: self.cancel(job_id)
            )

    async def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Poll the job that the webhook names; nothing else in it is believed.

        Raises:
            KeyError: this client did not start that job.
        """
        await self.result(json.loads(body)["request_id"])

    async def cancel(self, job_id: str) -> None:
        await self._api.put(self._urls[job_id].cancel)

    async def close(self) -> None:
        await self._api.aclose()
        await self._media.aclose()

    async def submit(self, model: str, input: Mapping[str, Any]) -> str:
        params = {"fal_webhook": self._webhook_url} if self._webhook_url else {}
        response = await post_once_async(lambda: self._api.post(f"/{model}", json=input, params=params))
        if response.is_error:
            raise _refused(response)
        answer = response.json()
        job_id = str(answer["request_id"])
        named = (self._checked(answer.get(f"{name}_url"), job_id) for name in ("status", "response", "cancel"))
        self._urls[job_id] = RequestUrls(*named)
        return job_id

    async def result(self, job_id: str) -> Result | None:
        return await self._jobs.result(job_id, lambda: self.fetch_result(job_id))

    async def fetch_result(self, job_id: str) -> Result | None:
        """Poll the request once; its result, ``None`` while it runs."""
        urls = self._urls[job_id]
        status = (await ask_async(lambda: self._api.get(urls.status), job_id)).json()
        if status.get("status") != "COMPLETED":
            return None
        try:
            response = await ask_async(lambda: self._api.get(urls.response), job_id)
        except TransientError as passing:
            self._failed[job_id] += 1
            # A failed request is completed too, and its result is an error for good, also one of those that may pass.
            if status.get("error") or self._failed[job_id] == FINAL_FAILURES:
                raise Refused(f"the request failed: {status.get('error') or passing}", job_id) from passing
            raise
        if response.is_error:
            raise _refused(response, job_id)
        url = (response.json().get("video") or {}).get("url")
        if not isinstance(url, str):
            raise Refused(f"the request succeeded without a URL: {response.text}", job_id)
        video = await download_async(self._media, url, self._folder / f"{job_id}.mp4", job_id, self._sleep)
        return Result((video,), job_id)

    def _checked(self, url: Any, job_id: str) -> httpx.URL:
        """*url*, to which the API key will be sent.

        Raises:
            OutcomeUnknown: there is none, and so no way to the request, which runs.
            Refused: it is on another host than the API.
        """
        if not isinstance(url, str):
            raise OutcomeUnknown("fal accepted the request without saying where it is", job_id)
        found, base = httpx.URL(url), self._api.base_url
        if (found.scheme, found.host, found.port) != (base.scheme, base.host, base.port):
            raise Refused(f"fal answered with a URL on another host, to which no key is sent: {url}", job_id)
        return found


def _refused(response: httpx.Response, job_id: str | None = None) -> Refused:
    """The error in fal's words: the model's is a list of places and messages, the infrastructure's is one sentence."""
    detail = response.json().get("detail")
    if not isinstance(detail, list):
        return Refused(f"HTTP {response.status_code}: {detail}", job_id)
    fields = tuple(".".join(str(part) for part in item["loc"][1:]) for item in detail)
    message = "; ".join(f"{field}: {item['msg']}" for field, item in zip(fields, detail, strict=True))
    return Refused(message, job_id, fields)
