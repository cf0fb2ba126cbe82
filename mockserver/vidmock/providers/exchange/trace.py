"""What the journal records of a call besides its bytes: its jobs, its submissions, and the fault that struck it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.faults.rules import Effect, Struck
from vidmock.engine.service.submission import Submission
from vidmock.engine.time.clock import Clock
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World
from vidmock.problems import Problem
from vidmock.providers.exchange.envelope import arrival_of
from vidmock.schema.judged import Judged


class Trace:
    """Collects notes during a call; :meth:`exchange` makes the journal's entry of them.

    Within a block of ``with``, it notes the rule whose fault raises an error.
    """

    def __init__(self) -> None:
        self._jobs: list[str] = []
        self._submitted: list[Judged] = []
        self._became: list[str] = []
        self._fault = ""
        self._began: tuple[Clock, float] | None = None

    @property
    def job(self) -> str:
        """The id of the call's job, the last of a batch; "" for none."""
        return self._jobs[-1] if self._jobs else ""

    @property
    def struck(self) -> bool:
        """Whether a fault has struck the call."""
        return bool(self._fault)

    def begin(self, clock: Clock, now: float) -> None:
        """Note that the call has entered a world at the moment *now* of its *clock*."""
        self._began = clock, now

    def submit(self, submission: Submission) -> None:
        """Note *submission*, if it is for a model, whether it is accepted or not."""
        if not submission.failure:
            self._submitted.append(submission.judged)
            self._became.append("")

    def accept(self, submission: Submission, job_id: str) -> None:
        """Note that *submission*, the one that was noted last, has become that job."""
        if not submission.failure:
            self._became[-1] = job_id
        self.follow(job_id)

    def follow(self, job_id: str) -> None:
        """Note that the call is about that job."""
        if job_id in self._jobs:
            self._jobs.remove(job_id)
        self._jobs.append(job_id)

    def note_fault(self, effect: Effect | None) -> Effect | None:
        """Note the rule of *effect*, unless one was noted before; return *effect*."""
        self._fault = self._fault or (effect.rule if effect else "")
        return effect

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if isinstance(error, Problem | Struck):
            self._fault = self._fault or error.fault

    def exchange(
        self,
        world: World,
        provider: str,
        operation: str,
        request: Request,
        body: bytes,
        response: Response,
        values: int,
    ) -> Exchange:
        """The entry of the call, which ends now, in the journal of *world*. The *values* of its body take that much."""
        now = world.clock.now()
        clock, began = self._began or (world.clock, now)
        ended = now if clock is world.clock else clock.now()
        return Exchange(
            at=now,
            provider=provider,
            method=request.method,
            target=request_target(request.scope),
            request_headers=tuple(request.scope["headers"]),
            request_body=body,
            status=response.status_code,
            response_headers=tuple(response.raw_headers),
            response_body=bytes(response.body),
            operation=operation,
            job=self.job,
            jobs=tuple(self._jobs),
            submitted=tuple((judged.model, judged.input) for judged in self._submitted),
            became=tuple(self._became),
            judged=tuple(self._submitted),
            values=values,
            fault=self._fault,
            origin=arrival_of(request.scope).origin,
            # The number that the journal is about to give it: replacing it afterwards would cost more than the rest.
            number=world.journal.seen + 1,
            took=ended - began,
            real=time.time(),
        )


def request_target(scope: Mapping[str, Any]) -> str:
    """The request target as it was sent: path and query."""
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"]
    return str((path + b"?" + query if query else path).decode("latin-1"))
