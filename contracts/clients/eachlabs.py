"""A careful client of Eachlabs' prediction API: invalid input is refused at once, all later errors show in polls."""

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
        base_url: str = "https://api.eachlabs.ai/v1",
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        publish: Callable[[Result], None] = lambda result: None,
        webhook_url: str | None = None,
        request_timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self._api = connection(base_url=base_url, headers={"X-API-Key": api_key}, request_timeout=request_timeout)
        self._media = connection(base_url=base_url, request_timeout=request_timeout)
        self._key, self._folder, self._sleep, self._now = api_key, folder, sleep, now
        self._webhook_url = webhook_url
        self._jobs = Once(publish)

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        with keyless(self._key):
            job_id = self.submit(model, input)
            self._jobs.add(job_id)
            return poll(
                lambda: self.result(job_id), job_id, deadline, self._sleep, self._now, lambda: self.cancel(job_id)
            )

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Poll the job that the webhook names; nothing else in it is believed.

        Raises:
            KeyError: this client did not start that job.
        """
        self.result(json.loads(body)["exec_id"])

    def cancel(self, job_id: str) -> None:
        self._api.post(f"/prediction/{job_id}/cancel")

    def close(self) -> None:
        self._api.close()
        self._media.close()

    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        body = {"model": model, "input": input, "webhook_url": self._webhook_url or ""}
        response = post_once(lambda: self._api.post("/prediction", json=body))
        if response.is_error:
            answer = response.json()
            raise Refused(f"{answer.get('message')}: {answer.get('details')}")
        return str(response.json()["predictionID"])

    def result(self, job_id: str) -> Result | None:
        return self._jobs.result(job_id, lambda: self.fetch_result(job_id))

    def fetch_result(self, job_id: str) -> Result | None:
        """Poll the job once; its result, ``None`` while it runs."""
        job = ask(lambda: self._api.get(f"/prediction/{job_id}"), job_id).json()
        status, output = job.get("status"), job.get("output")
        if status in ("error", "failed", "cancelled"):
            reason = output.get("error_message") if isinstance(output, dict) else job.get("details")
            raise Refused(f"the prediction ended with {status!r}: {reason or 'no reason given'}", job_id)
        if status != "success":
            return None
        if not isinstance(output, str):
            raise Refused(f"the prediction succeeded without a URL: {output!r}", job_id)
        video = download(self._media, output, self._folder / f"{job_id}.mp4", job_id, self._sleep)
        cost = (job.get("metrics") or {}).get("cost")
        return Result((video,), job_id, None if cost is None else Decimal(str(cost)))
