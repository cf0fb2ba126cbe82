"""The faults of one call: which effect strikes it, and what becomes of its answer."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.faults.reach import OPERATIONS_IN
from vidmock.engine.faults.rules import Effect, Moment, Phase
from vidmock.engine.jobs.job import Job
from vidmock.engine.service.engine import Engine
from vidmock.engine.world.world import World
from vidmock.providers.exchange.answer_effects import apply_answer_effect, changes_answers
from vidmock.providers.exchange.envelope import arrival_of
from vidmock.providers.exchange.faulty_answers import AnsweredCall
from vidmock.providers.exchange.trace import Trace, request_target

ASKED: Mapping[str, Phase] = {name: phase for phase in ("poll", "cancel", "stream") for name in OPERATIONS_IN[phase]}
"""By operation, the phase of a call that asks for a job."""
OF_A_JOB = frozenset({"submit", "retry", "media", *ASKED})
"""The operations whose calls faults strike as their job or file is found."""
SOCKET_METHOD = "WS"
"""The method of the requests that stand for frames of a WebSocket."""


class CallFaults:
    """*trace* notes the rule that struck; *socket* says that the call came by a WebSocket."""

    def __init__(self, engine: Engine, provider: str, trace: Trace, *, socket: bool) -> None:
        self._effect: Effect | None = None
        self._engine = engine
        self._provider = provider
        self._trace = trace
        self.socket = socket
        self._struck: list[Job] = []

    @property
    def effect(self) -> Effect | None:
        """The effect on the answer."""
        return self._effect

    def meet(self, effect: Effect | None) -> None:
        """Set the *effect* on the answer; it replaces any other."""
        self._effect = effect

    def strike(self, phase: Phase, operation: str, world: World, job: Job | None = None) -> Effect | None:
        """The effect that strikes the call in *phase*, about *job*. Raises Problem: the fault's own error."""
        model, job_id, prompt = (job.model, job.id, job.prompt) if job else ("", "", "")
        moment = Moment(phase, self._provider, operation, model, job_id, prompt, socket=self.socket)
        with self._trace:
            self._effect = self._trace.note_fault(self._engine.strike(world, moment))
        if self.effect and job:
            self._struck.append(job)
        return self.effect

    async def suffer(self, response: Response, world: World, now: float, request: Request) -> tuple[Response, bool]:
        """*response* as the effect changes it, and whether its content is kept from the client."""
        assert self.effect
        arrival = arrival_of(request.scope)
        # Who addresses the provider is known by the scheme alone.
        host = f"//{request.headers.get('host', '')}" if arrival.origin.endswith(":") else ""
        url = f"{arrival.origin}{host}{request_target(request.scope)}"
        answered = AnsweredCall(self._engine, world, now, tuple(self._struck), self.effect, arrival, url)
        return await apply_answer_effect(self.effect, response, answered)

    @property
    def changes_answer(self) -> bool:
        return self.effect is not None and changes_answers(self.effect)
