"""A careful client of RunPod's queue endpoints: invalid input is accepted, and the job fails a moment later."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from vidmock.kit.client import Refused, Result
from vidmock.kit.parts.connection import REQUEST_TIMEOUT, connection
from vidmock.kit.parts.download import download
from vidmock.kit.parts.keyless import keyless
from vidmock.kit.parts.once import Once
from vidmock.kit.parts.polling import ask, poll
from vidmock.kit.parts.posting import post_once


class Client:
    def __init__(
        self,
        *,
        base_url: str = "https://api.runpod.ai/v2",
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        publish: Callable[[Result], None] = lambda result: None,
        webhook_url: str | None = None,
        request_timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self._api = connection(
            base_url=base_url, headers={"Authorization": f"Bearer {api_key}"}, request_timeout=request_timeout
        )
        self._media = connection(base_url=base_url, request_timeout=request_timeout)
        self._key, self._folder, self._sleep, self._now = api_key, folder, sleep, now
        self._webhook_url = webhook_url
        self._jobs = Once(publish)
        self._endpoints: dict[str, str] = {}

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        with keyless(self._key):
            job_id = self.submit(model, input)
            self._endpoints[job_id] = model
            self._jobs.add(job_id)
            return poll(
                lambda: self.result(job_id), job_id, deadline, self._sleep, self._now, lambda: self.cancel(job_id)
            )

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Poll the job that the webhook names; nothing else in it is believed, for it is not signed.

        Raises:
            KeyError: this client did not start that job.
        """
        self.result(json.loads(body)["id"])

    def cancel(self, job_id: str) -> None:
        self._api.post(f"/{self._endpoints[job_id]}/cancel/{job_id}")

    def close(self) -> None:
        self._api.close()
        self._media.close()

    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        body = {"input": input} | ({"webhook": self._webhook_url} if self._webhook_url else {})
        response = post_once(lambda: self._api.post(f"/{model}/run", json=body))
        if response.is_error:
            raise Refused(f"HTTP {response.status_code}: {response.json().get('detail')}")
        return str(response.json()["id"])

    def result(self, job_id: str) -> Result | None:
        return self._jobs.result(job_id, lambda: self.fetch_result(job_id))

    def fetch_result(self, job_id: str) -> Result | None:
        """Poll the job once; its result, ``None`` while it runs."""
        job = ask(lambda: self._api.get(f"/{self._endpoints[job_id]}/status/{job_id}"), job_id).json()
        status, output = job.get("status"), job.get("output") or {}
        if status in ("FAILED", "CANCELLED", "TIMED_OUT"):
            raise Refused(f"the job ended with {status}: {job.get('error') or 'no reason given'}", job_id)
        if status != "COMPLETED":
            return None
        # The documentation has video_url, the live service has result.
        url = output.get("result") or output.get("video_url")
        if not isinstance(url, str):
            raise Refused(f"the job succeeded without a URL: {output!r}", job_id)
        video = download(self._media, url, self._folder / f"{job_id}.mp4", job_id, self._sleep)
        cost = output.get("cost")
        return Result((video,), job_id, None if cost is None else Decimal(str(cost)))
