"""A good client of Runware, on the base class of the one of Eachlabs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.kit.mutants.clients.eachlabs_urllib import Base

from vidmock.kit.client import OutcomeUnknown, Refused, Result


class Client(Base):
    """Tasks under ids of our own, in lists: a task that was lost is sent again under the same id."""

    lacks = frozenset({"cancels"})

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.expected: dict[str, int] = {}
        self.heard: set[bytes] = set()

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Runware tells of each video of a task; copies of what was heard are not looked at again."""
        with self.lock:
            if body not in self.heard:
                super().handle_webhook(body, headers)
                self.heard.add(body)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def named(self, message: Any) -> list[str]:
        return [str(item["taskUUID"]) for item in message.get("data", [message])]

    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        job = str(uuid.uuid4())
        self.started[job] = self.now()
        self.expected[job] = int(input.get("numberResults") or 1)
        task = {"taskType": "videoInference", "taskUUID": job, "model": model, "deliveryMethod": "async"}
        if self.webhook_url:
            task["webhookURL"] = self.webhook_url
        self.place(job, [{"includeCost": True, **task, **input}])
        return job

    def place(self, job: str, tasks: list[dict[str, Any]]) -> None:
        for attempt in range(1, 4):
            try:
                answer = self.buy("POST", "", tasks)
            except OutcomeUnknown as unknown:
                if attempt == 3:
                    raise OutcomeUnknown(str(unknown), job) from unknown
                self.sleep(2.0**attempt)
                continue
            errors = answer.json.get("errors") or []
            # The id is new, so whoever holds it is our own task, whose answer was lost.
            if any(error.get("code") != "conflictTaskUUID" for error in errors):
                raise self.refused(errors)
            return

    def cancel(self, job: str) -> None:
        """Runware has no way to end a task: it runs on, and its id is in the error."""

    def poll(self, job: str) -> Any:
        return self.ask(job, "POST", "", [{"taskType": "getResponse", "taskUUID": job}])

    def read(self, job: str, answer: Any) -> Result | None:
        items, errors = answer.get("data") or [], answer.get("errors") or []
        errors = errors + [item for item in items if item.get("status") == "error"]
        ready = [item for item in items if item.get("status") == "success"]
        if errors and not items:
            raise self.refused(errors, job)
        if len(ready) + len(errors) < self.expected[job]:
            return None
        if not ready:
            raise self.refused(errors, job)
        videos = tuple(self.download(item.get("videoURL"), self.name(item, job), job) for item in ready)
        costs = [item.get("cost") for item in ready]
        return Result(videos, job, None if None in costs else sum((Decimal(str(c)) for c in costs), Decimal(0)))

    def name(self, item: Mapping[str, Any], job: str) -> str:
        return f"{job}-{re.sub(r'[^0-9A-Za-z-]', '', str(item.get('videoUUID')))}.mp4"

    def refused(self, errors: list[Mapping[str, Any]], job: str | None = None) -> Refused:
        named = [error.get("parameter") or [] for error in errors]
        fields = [field for names in named for field in ([names] if isinstance(names, str) else names)]
        words = "; ".join(f"{error.get('code')}: {error.get('message')}" for error in errors)
        return Refused(self.words(words), job, tuple(fields))
