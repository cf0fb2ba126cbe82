"""What a script expects: of what the caller is told, and of the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vidmock.contract.finding import Finding, Judge, told, wire
from vidmock.contract.many import many
from vidmock.contract.observed import Observed
from vidmock.contract.told_kinds import TOLD_AS
from vidmock.kit.client import ClientError, NotDownloaded, Result
from vidmock.providers.exchange.elsewhere import MOVED

_TOO_MANY_REQUESTS: Final = 429
_ALMOST: Final = 0.99
"""Of a wait that is asked for: clocks of clients are rounded."""


def _told_right(run: Observed) -> Iterator[Finding]:
    kinds = tuple(TOLD_AS[one] for one in run.script.told)
    for outcome in run.outcomes:
        answer = outcome.answer
        if isinstance(answer, tuple(TOLD_AS.values())) and not isinstance(answer, kinds):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            got = "a result" if isinstance(answer, Result) else f"{type(answer).__name__}: {str(answer)[:200]}"
            yield told(f"the caller is told {got}, where {wanted} is right")
        elif isinstance(answer, ClientError):
            yield from _says_enough(run, answer)
        elif run.script.names_cost and isinstance(answer, Result) and answer.cost is None:
            yield told(f"the result of {answer.job_id} does not say what it cost, which the provider tells")


def _says_enough(run: Observed, error: ClientError) -> Iterator[Finding]:
    if run.script.names_job and not run.is_named(error):
        yield told(f"{type(error).__name__} does not have the id of the job")
    if run.script.names_field:
        (field,) = run.script.paid_call(run.provider).mistake
        fields = getattr(error, "fields", ())
        if not any(field in named for named in fields or (str(error),)):
            said = f"{', '.join(fields)}: {error}" if fields else str(error)
            yield told(f"the error does not name {field}, which was refused: {said[:200]}")
    if run.script.reason not in str(error):
        yield told(f"the error does not say {run.script.reason!r}, as the provider does: {str(error)[:200]}")


def _whole_videos(run: Observed) -> Iterator[Finding]:
    made = {job.id: job.videos for job in run.jobs}
    for job, videos in run.videos.items():
        if len(videos) != made.get(job, len(videos)):
            came, were = many(len(videos), "whole video", "whole videos"), many(made[job], "was", "were")
            yield told(f"{came} came with the result, and {were} made")


def _reached(run: Observed) -> Iterator[Finding]:
    """Of a command, which tells nothing: where a video is right, each that is paid for has reached it."""
    if run.outcomes or run.script.told != ("video",):
        return
    for job in run.jobs:
        if not run.has_reached(job):
            yield wire(f"it ended without the video of the job {job.id}, which is {job.state} and cost {job.spent} USD")
    if len(run.jobs) < run.generations:
        yield wire(f"{len(run.jobs)} of {run.generations} videos were asked for, and nothing speaks against them")


def _published_what_is_there(run: Observed) -> Iterator[Finding]:
    results = {outcome.answer.job_id for outcome in run.outcomes if isinstance(outcome.answer, Result)}
    if missing := results - {*run.published}:
        yield wire(f"{', '.join(sorted(missing))} has a result, and was not published")
    if run.published and not results and all(isinstance(outcome.answer, ClientError) for outcome in run.outcomes):
        yield wire("a job was published, and its caller told of an error")


def _leaves_no_part(run: Observed) -> Iterator[Finding]:
    left = [name for name in run.left if not name.endswith((".part", ".tmp"))]
    if left and all(isinstance(outcome.answer, NotDownloaded) for outcome in run.outcomes):
        yield wire(f"a file that could not be fetched whole is there as {', '.join(left)}")


def _soon_enough(run: Observed) -> Iterator[Finding]:
    within = run.script.within
    for outcome in run.outcomes if within is not None else ():
        assert within is not None
        if outcome.took > within:
            yield told(f"the caller knew it after {outcome.took:.0f} s, where {within:g} s are enough")


def _calls(run: Observed) -> Iterator[Finding]:
    for operation, wanted in run.script.wire.calls.items():
        if (made := run.count(operation)) != wanted:
            yield wire(f"{_times(made)} {operation}, where {_times(wanted)} is right")
    for operation, most in run.script.wire.at_most.items():
        if (made := run.count(operation)) > most:
            yield wire(f"{_times(made)} {operation}, where {_times(most)} is the most")


def _waits(run: Observed) -> Iterator[Finding]:
    wait = run.script.wire.waits
    limited = next((call for call in run.calls if call.status == _TOO_MANY_REQUESTS), None)
    if wait is None or limited is None:
        return
    after = run.calls[run.calls.index(limited) + 1 :]
    asked = next((call for call in after if call.operation == limited.operation), None)
    if asked and asked.at - limited.at < wait * _ALMOST:
        yield wire(f"it asked again {asked.at - limited.at:.1f} s after it was told to wait {wait:g} s")


def _accepted(run: Observed) -> Iterator[Finding]:
    expected = run.script.wire
    if expected.jobs is not None and len(run.jobs) != expected.jobs:
        accepted = many(len(run.jobs), "job was", "jobs were")
        yield wire(f"{accepted} accepted, where {expected.jobs} is right")
    if expected.spent is not None and run.spent != expected.spent:
        yield wire(f"{run.spent} USD were charged, where {expected.spent} is right")


def _follows(run: Observed) -> Iterator[Finding]:
    looks = [call.path for call in run.calls if call.operation in ("poll", "result")]
    own = [path for path in looks if not path.startswith(MOVED)]
    if run.script.wire.follows and own:
        yield wire(f"it looked at {own[0]}, which no answer names")


def _takes(run: Observed) -> Iterator[Finding]:
    deliveries = run.script.deliveries
    if deliveries is None or deliveries.taken is None or not run.taken:
        return
    if deliveries.taken and not any(run.taken):
        yield told("every copy of a good webhook was turned down")
    if not deliveries.taken and any(run.taken):
        yield told("a webhook that nobody should believe was taken")


def _acts(run: Observed) -> Iterator[Finding]:
    deliveries = run.script.deliveries
    if deliveries and deliveries.acted and run.taken and not run.acted:
        yield wire("a webhook told of the end, and the job was published at a later look only, or never")


def _times(number: int) -> str:
    return f"{number} ×"


EXPECTATIONS: Final[tuple[Judge, ...]] = (
    _told_right,
    _whole_videos,
    _reached,
    _published_what_is_there,
    _leaves_no_part,
    _soon_enough,
    _calls,
    _waits,
    _accepted,
    _follows,
    _takes,
    _acts,
)
