"""Looks at a run when it is over, and at the folder of its client whenever that sleeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

from vidmock.contract.case import ClientScript
from vidmock.contract.observed import ClientOutcome, Observed, SeenCall, SeenJob
from vidmock.contract.webhook_hand import VIDEO_ENDINGS, WebhookHand
from vidmock.engine.world.journal import Exchange
from vidmock.kit.client import Result
from vidmock.media.info import NotMedia
from vidmock.media.probe import probe
from vidmock.testing.job_record import JobRecord
from vidmock.testing.mock_server import MockServer

KEY: Final = "contract-key"
"""The API key of clients under test. Cases have it in texts that a provider could repeat it in."""


class ClientFolder:
    """A folder for a client's files, deleted on exit. It stands in another one, so that one sees what leaves it."""

    def __init__(self) -> None:
        self._around = TemporaryDirectory()
        self.path = Path(self._around.name) / "files"
        self.path.mkdir()
        self._parts: set[str] = set()

    def look(self) -> None:
        """Note whether a file is there under the name of a video, and is none."""
        for file in self.path.iterdir():
            if file.suffix in VIDEO_ENDINGS and not file.name.startswith("."):
                with suppress(FileNotFoundError):
                    if not _is_video(file.read_bytes()):
                        self._parts.add(file.name)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names that were noted."""
        return tuple(sorted(self._parts))

    @property
    def left(self) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in self.path.iterdir()))

    @property
    def outside(self) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in self.path.parent.iterdir() if path != self.path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._around.cleanup()


@dataclass(frozen=True, slots=True)
class Before:
    """What there was at *mock* before the client began: the *calls* and *jobs* of another."""

    calls: tuple[Exchange, ...] = ()
    jobs: frozenset[str] = frozenset()

    @classmethod
    def at(cls, mock: MockServer) -> Before:
        return cls(tuple(mock.journal), frozenset(job.id for job in mock.jobs))

    def since(self, mock: MockServer) -> list[Exchange]:
        """The calls since then. Those without a key are not in the same world, so their order says nothing."""
        return [exchange for exchange in mock.journal if not any(exchange is before for before in self.calls)]


@dataclass(frozen=True, slots=True)
class ClientRun:
    """A run that is over: what was *asked* of the client, what it came to, and what it left.

    *uninterrupted* is whether it was over before its user interrupted it.
    """

    script: ClientScript
    provider: str
    asked: tuple[Mapping[str, Any], ...]
    outcomes: tuple[ClientOutcome, ...]
    published: Sequence[Result]
    folder: ClientFolder
    hand: WebhookHand | None
    before: Before = field(default_factory=Before)
    uninterrupted: bool = False


def observe(run: ClientRun, mock: MockServer) -> Observed:
    """*run*, as it was seen at *mock* and in the client's folder."""
    exchanges = run.before.since(mock)
    began = exchanges[0].at if exchanges else 0.0
    results = [outcome.answer for outcome in run.outcomes if isinstance(outcome.answer, Result)]
    return Observed(
        script=run.script,
        provider=run.provider,
        generations=len(run.outcomes),
        asked=run.asked,
        outcomes=run.outcomes,
        calls=tuple(_seen_call(exchange, began) for exchange in exchanges),
        jobs=tuple(_seen_job(record) for record in mock.jobs if record.id not in run.before.jobs),
        key=KEY,
        videos={result.job_id: _whole(result) for result in results},
        published=tuple(result.job_id for result in run.published),
        left=run.folder.left,
        outside=run.folder.outside,
        parts=run.folder.parts,
        taken=tuple(run.hand.taken) if run.hand else (),
        acted=bool(run.hand and run.hand.acted),
        unstruck=_unstruck(run, mock),
        story=mock.timeline(),
    )


def _unstruck(run: ClientRun, mock: MockServer) -> tuple[str, ...]:
    """What was planned for *run* and did not happen."""
    faults = (f"{rule.effect.name} at {rule.phase}" for rule, tally in mock.faults if not tally.fired)
    return (*faults, "the interruption") if run.uninterrupted else tuple(faults)


def _seen_call(exchange: Exchange, began: float) -> SeenCall:
    wrong = [str(violation) for judged in exchange.judged for violation in judged.violations]
    return SeenCall(
        exchange.operation,
        exchange.at - began,
        exchange.method,
        exchange.status,
        exchange.target,
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in exchange.request_headers},
        frozenset(filter(None, (exchange.job, *exchange.jobs))),
        "; ".join(wrong),
    )


def _seen_job(record: JobRecord) -> SeenJob:
    return SeenJob(
        record.id,
        str(record.state),
        record.job.cost - record.refunded,
        sum(output.made for output in record.outputs),
        record.job.input,
        record.job.webhook is not None,
        record.collected,
        record.downloaded,
    )


def _whole(result: Result) -> frozenset[str]:
    """The digests of the whole videos of *result*."""
    found = set()
    for video in result.videos:
        # A file that is not there any more is no video.
        with suppress(OSError):
            data = video if isinstance(video, bytes) else video.read_bytes()
            if _is_video(data):
                found.add(sha256(data).hexdigest())
    return frozenset(found)


def _is_video(data: bytes) -> bool:
    try:
        probe(data)
    except NotMedia:
        return False
    return True
