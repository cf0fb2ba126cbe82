"""What the journal is told of a call beside its bytes: the jobs that it was about, and the fault that it met."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.faults.rules import Effect, Struck
from vidmock.engine.service.submission import Submission
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World
from vidmock.problems import Problem
from vidmock.providers.exchange.envelope import arrival_of


class Trace:
    """Written while the call goes on; ``exchange`` is the whole of it in the end."""

    def __init__(self) -> None:
        self._jobs: list[str] = []
        self._submitted: list[tuple[str, Mapping[str, Any]]] = []
        self._fault = ""
        self._began: float | None = None
        self._told_before = False

    @property
    def job(self) -> str:
        """The job that the call was about, the last one of a batch; empty for none."""
        return self._jobs[-1] if self._jobs else ""

    def begin(self, now: float) -> None:
        """Note that the call has come into a world, where it is *now*."""
        self._began = now

    @contextmanager
    def ordering(self, order: Submission) -> Iterator[None]:
        """Note that *order* is handed in, whatever comes of it."""
        self._submitted.append((order.model.id, order.input))
        with self.blaming():
            yield

    def follow(self, world: World, job_id: str, *, told: bool | None = None) -> None:
        """Note that the call is about that job. *told*: whether somebody had been told of its outcome before."""
        if job_id in self._jobs:
            self._jobs.remove(job_id)
        self._jobs.append(job_id)
        self._told_before = world.jobs.collected(job_id) if told is None else told

    def mislay(self, world: World) -> None:
        """Take back that the job's outcome was told by this call: a fault kept its answer from the client."""
        if self.job and not self._told_before:
            world.jobs.take_back(self.job)

    def blame(self, effect: Effect | None) -> Effect | None:
        """Note the rule that struck with *effect*, which comes back; the first one is the one that is seen."""
        self._fault = self._fault or (effect.rule if effect else "")
        return effect

    @contextmanager
    def blaming(self) -> Iterator[None]:
        """Note which rule it was, where an error is one's doing."""
        try:
            yield
        except (Problem, Struck) as error:
            self._fault = self._fault or error.fault
            raise

    def exchange(
        self, world: World, provider: str, operation: str, request: Request, body: bytes, response: Response
    ) -> Exchange:
        now = world.clock.now()
        return Exchange(
            at=now,
            provider=provider,
            method=request.method,
            target=_target(request.scope),
            request_headers=tuple(request.scope["headers"]),
            request_body=body,
            status=response.status_code,
            response_headers=tuple(response.raw_headers),
            response_body=bytes(response.body),
            operation=operation,
            job=self.job,
            jobs=tuple(self._jobs),
            submitted=tuple(self._submitted),
            fault=self._fault,
            origin=arrival_of(request.scope).origin,
            # Its number as it will be: to change it afterwards would take longer than all else that is noted here.
            number=world.journal.seen + 1,
            took=0.0 if self._began is None else now - self._began,
            real=time.time(),
        )


def _target(scope: Mapping[str, Any]) -> str:
    """The request target as it was sent: path and query."""
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"]
    return str((path + b"?" + query if query else path).decode("latin-1"))
