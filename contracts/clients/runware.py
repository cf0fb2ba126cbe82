"""A careful client of Runware: it makes the tasks' ids itself, so a lost submission can safely be sent again."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from vidmock.kit.client import OutcomeUnknown, Refused, Result
from vidmock.kit.parts.connection import REQUEST_TIMEOUT, connection
from vidmock.kit.parts.download import download
from vidmock.kit.parts.keyless import keyless
from vidmock.kit.parts.once import Once
from vidmock.kit.parts.polling import ask, poll
from vidmock.kit.parts.posting import post_once


class Client:
    submissions = 3
    """How often a task is sent, at most, until there is an answer."""

    def __init__(
        self,
        *,
        base_url: str = "https://api.runware.ai/v1",
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        publish: Callable[[Result], None] = lambda result: None,
        webhook_url: str | None = None,
        request_timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self._url = base_url
        self._api = connection(headers={"Authorization": f"Bearer {api_key}"}, request_timeout=request_timeout)
        self._media = connection(base_url=base_url, request_timeout=request_timeout)
        self._key, self._folder, self._sleep, self._now = api_key, folder, sleep, now
        self._webhook_url = webhook_url
        self._jobs = Once(publish)
        self._expected: dict[str, int] = {}

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        with keyless(self._key):
            job_id = self.submit(model, input)
            return poll(lambda: self.result(job_id), job_id, deadline, self._sleep, self._now)

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Poll the tasks that the webhook names; nothing else in it is believed, for it is not signed.

        Raises:
            KeyError: this client did not start such a task.
        """
        message = json.loads(body)
        for item in message.get("data", [message]):
            self.result(item["taskUUID"])

    def close(self) -> None:
        self._api.close()
        self._media.close()

    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        """Send the task until there is an answer: under one taskUUID, Runware accepts it at most once."""
        job_id = str(uuid.uuid4())
        # Added before it is sent, because its webhook may come before the answer.
        self._jobs.add(job_id)
        self._expected[job_id] = input.get("numberResults", 1)
        task: dict[str, Any] = {
            "taskType": "videoInference",
            "taskUUID": job_id,
            "model": model,
            "deliveryMethod": "async",
        }
        task |= {"webhookURL": self._webhook_url} if self._webhook_url else {}
        task |= {"includeCost": True, **input}
        for attempt in range(1, self.submissions + 1):
            try:
                response = post_once(lambda: self._api.post(self._url, json=[task]))
            except OutcomeUnknown as unknown:
                if attempt == self.submissions:
                    raise OutcomeUnknown(str(unknown), job_id) from unknown
                self._sleep(2.0**attempt)
                continue
            errors = response.json().get("errors", [])
            # The id is new, so if it is in use, then by our own submission whose answer was lost.
            if errors and not all(error.get("code") == "conflictTaskUUID" for error in errors):
                raise _refused(errors)
            break
        return job_id

    def result(self, job_id: str) -> Result | None:
        return self._jobs.result(job_id, lambda: self.fetch_result(job_id))

    def fetch_result(self, job_id: str) -> Result | None:
        """Poll the task once; its result, ``None`` until each of its videos is there, or has failed."""
        task = {"taskType": "getResponse", "taskUUID": job_id}
        answer = ask(lambda: self._api.post(self._url, json=[task]), job_id).json()
        items, errors = answer.get("data", []), answer.get("errors", [])
        ready = [item for item in items if item.get("status") == "success"]
        # An error stands among the errors or, in another edition of the pages, among the results.
        errors += [item | (item.get("error") or {}) for item in items if item.get("status") == "error"]
        if errors and (not items or len(errors) == self._expected[job_id]):
            raise _refused(errors, job_id)
        # Those that are not ready need not be listed.
        if len(ready) + len(errors) < self._expected[job_id]:
            return None
        videos = tuple(self._video(item, job_id) for item in ready)
        costs = [item.get("cost") for item in ready]
        known = None not in costs
        return Result(videos, job_id, sum((Decimal(str(cost)) for cost in costs), Decimal(0)) if known else None)

    def _video(self, item: Mapping[str, Any], job_id: str) -> Path:
        url = item.get("videoURL")
        if not isinstance(url, str):
            raise Refused(f"the task succeeded without a URL: {item!r}", job_id)
        return download(self._media, url, self._folder / url.rpartition("/")[2], job_id, self._sleep)


def _refused(errors: list[Mapping[str, Any]], job_id: str | None = None) -> Refused:
    """The errors in Runware's words. An error's parameter is a list where fields contradict each other."""
    named = [error.get("parameter") or [] for error in errors]
    fields = tuple(name for names in named for name in ([names] if isinstance(names, str) else names))
    message = "; ".join(f"{error.get('code')}: {error.get('message')}" for error in errors)
    return Refused(message, job_id, fields)
