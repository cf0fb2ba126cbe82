"""The mock's clock and its webhooks, for programs that block and for those that await."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from vidmock.engine.time.durations import Duration, to_seconds
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.problems import public
from vidmock.testing.records import DeliveriesHandle
from vidmock.testing.scope import Scope
from vidmock.testing.timeline import format_timeline

T = TypeVar("T")

_LOOK = 0.002
"""Real seconds between two looks for a webhook, where time flows by itself."""


@public
class NoWebhook(AssertionError):
    """No webhook for the job was taken in time."""


class Run(Protocol):
    """Runs a coroutine in the server's loop, and waits for it."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T: ...


class _Clocks:
    """The clock of a world, or those of all worlds, which go in step."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @property
    def now(self) -> float:
        """Seconds since the epoch; of several clocks, what the one shows that is ahead."""
        return self._scope.call(lambda: self._scope.clocks().furthest())

    @property
    def mode(self) -> str:
        """``real``, ``scaled:20``, ``step`` or ``manual``; it can be set, and time goes on from where it is."""
        return self._scope.call(lambda: str(self._scope.clocks().mode))

    @mode.setter
    def mode(self, mode: str) -> None:
        wanted = Mode.parse(mode)
        self._scope.call(lambda: self._scope.clocks().set_mode(wanted))

    async def _advance(self, by: float) -> None:
        await self._scope.clocks().advance(by)

    async def _run_until_idle(self) -> None:
        await self._scope.clocks().run_until_idle()


class ClockHandle(_Clocks):
    """For programs that block."""

    def __init__(self, scope: Scope, run: Run) -> None:
        super().__init__(scope)
        self._run = run

    def advance(self, by: Duration) -> None:
        """Let ``"2h"``, ``"90s"`` or a number of seconds pass, and everything due in it happen, in order."""
        self._run(self._advance(to_seconds(by)))

    def run_until_idle(self) -> None:
        """Let time pass until nothing is planned any more: jobs have ended, webhooks were taken or given up."""
        self._run(self._run_until_idle())


class AsyncClockHandle(_Clocks):
    """For programs that await."""

    async def advance(self, by: Duration) -> None:
        """Let ``"2h"``, ``"90s"`` or a number of seconds pass, and everything due in it happen, in order."""
        await self._advance(to_seconds(by))

    async def run_until_idle(self) -> None:
        """Let time pass until nothing is planned any more: jobs have ended, webhooks were taken or given up."""
        await self._run_until_idle()


async def wait_on_clock(scope: Scope, look: Callable[[], T | None], limit: float, said: str) -> T:
    """What *look* finds; time that does not flow is let pass, *limit* seconds of it. For the server's loop.

    Raises:
        NoWebhook: it found nothing in time; *said* is what is missing.
    """
    clocks = scope.clocks()
    until = clocks.now() + limit
    while (found := look()) is None:
        due = clocks.due()
        if clocks.now() >= until or (not clocks.mode.flows and (due is None or due > until)):
            raise NoWebhook(f"{said} within {limit:g} s\n\n{format_timeline(scope)}")
        if clocks.mode.flows or due is None:
            await asyncio.sleep(_LOOK)
        else:
            await clocks.advance_to(due)
    return found


class _Webhooks(DeliveriesHandle):
    async def _wait_for(self, job: str, limit: float) -> Delivery:
        """The first delivery for *job* that was accepted; time that does not flow is let pass."""
        return await wait_on_clock(
            self._scope, lambda: self._accepted(job), limit, f"no webhook of job {job} was taken"
        )

    def _accepted(self, job: str) -> Delivery | None:
        held = (delivery for world in self._scope.worlds() for delivery in world.outbox)
        return next((delivery for delivery in held if delivery.job == job and delivery.accepted), None)


class WebhooksHandle(_Webhooks):
    """For programs that block."""

    def __init__(self, scope: Scope, run: Run) -> None:
        super().__init__(scope)
        self._run = run

    def wait_for(self, job: str, within: Duration = "1d") -> Delivery:
        """The webhook of *job*, once a receiver has taken it; *within* is on the mock's clock.

        Raises:
            NoWebhook: none was taken in time.
        """
        return self._run(self._wait_for(job, to_seconds(within)))


class AsyncWebhooksHandle(_Webhooks):
    """For programs that await."""

    async def wait_for(self, job: str, within: Duration = "1d") -> Delivery:
        """The webhook of *job*, once a receiver has taken it; *within* is on the mock's clock.

        Raises:
            NoWebhook: none was taken in time.
        """
        return await self._wait_for(job, to_seconds(within))
