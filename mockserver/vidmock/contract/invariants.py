"""What holds in every run, whatever happens in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Final

from vidmock.contract.finding import Finding, Judge, told, wire
from vidmock.contract.given_result import NoResult
from vidmock.contract.many import many
from vidmock.contract.observed import Observed
from vidmock.contract.varied_inputs import ANSWER_FIELDS
from vidmock.engine.world.journal import ELSEWHERE
from vidmock.kit.client import ClientError, OutcomeUnknown, Result
from vidmock.kit.wire import WIRES
from vidmock.schema.pricing import price_of

LEAST_PAUSE: Final = 0.09
"""Seconds between two polls of one job, on an average of some: shorter ones are hot."""
IN_A_ROW: Final = 6
"""Polls over which that average is taken: a client may look twice where it asks for a state and for a result."""
GRACE: Final = 1.1
"""A client may be late by a tenth of its deadline, and by one request."""
ONE_REQUEST: Final = 40.0
"""Seconds."""
ONE_PAUSE: Final = 5.0
"""Seconds before a client sends again what was refused for now."""
BURST: Final = 1.0
"""Seconds in which nobody submits one thing three times."""
_SECRETS: Final = frozenset({"authorization", "x-api-key"})


def _answers_or_says_why(run: Observed) -> Iterator[Finding]:
    heard = (Result, ClientError) if run.script.interrupted is None else (Result, ClientError, KeyboardInterrupt)
    for outcome in run.outcomes:
        if isinstance(outcome.answer, NoResult):
            yield told(str(outcome.answer))
        elif not isinstance(outcome.answer, heard):
            yield told(f"the call ended in {outcome.answer!r}, which is no error of a client")


def _charged_once(run: Observed) -> Iterator[Finding]:
    if len(run.jobs) > run.generations:
        made, calls = many(len(run.jobs), "job was", "jobs were"), many(run.generations, "call", "calls")
        yield wire(f"{made} made for {calls}, and {run.spent} USD were charged")


def _nothing_paid_is_given_up(run: Observed) -> Iterator[Finding]:
    """Whoever is told of an error has the id of the job that is paid for, unless nobody can know it."""
    paid = [job for job in run.jobs if job.spent]
    for outcome in run.outcomes:
        error = outcome.answer
        if not isinstance(error, ClientError) or isinstance(error, OutcomeUnknown) or not paid:
            continue
        if not run.is_named(error) and len(run.outcomes) == 1:
            job = paid[0]
            yield told(
                f"it says {_named(error)}; the job {job.id} is {job.state}, cost {job.spent} USD, and is not named"
            )


def _in_time(run: Observed) -> Iterator[Finding]:
    most = run.script.deadline * GRACE + ONE_REQUEST
    for outcome in run.outcomes:
        if outcome.took > most:
            yield told(f"the call took {outcome.took:.0f} s of the {run.script.deadline:g} s that it had")


def _not_after_the_deadline(run: Observed) -> Iterator[Finding]:
    """What the caller has given up is not submitted: nobody would know of it."""
    # So many calls at once may be too many, and be told so: whose deadline is short is in a pause when it passes.
    latest = run.script.deadline * GRACE + (ONE_PAUSE if run.script.at_once else 0.0)
    late = [call.at for call in run.calls if call.operation == "submit" and call.at > latest]
    if late and (len(run.outcomes) == 1 or run.script.at_once):
        yield wire(f"it submitted {late[0]:.0f} s after the beginning, and had {run.script.deadline:g} s")


def _sends_nothing_that_was_given_up(run: Observed) -> Iterator[Finding]:
    """Who was told that there is no video waits for none."""
    if late := run.too_late:
        calls, spent = len(run.outcomes), sum(job.spent for job in late)
        submitted = many(len(late), "came back and was", "came back and were")
        yield wire(f"of {calls} calls at once, {submitted} submitted after that, for {spent} USD")


def _not_in_a_burst(run: Observed) -> Iterator[Finding]:
    moments = [call.at for call in run.calls if call.operation == "submit"]
    if run.generations == 1 and any(
        later - earlier < BURST for earlier, later in zip(moments, moments[2:], strict=False)
    ):
        yield wire(f"it submitted three times within {BURST:g} s")


def _gently(run: Observed) -> Iterator[Finding]:
    looks = [call for call in run.calls if call.operation == "poll"]
    # A client may look once for each webhook that it is handed.
    row = IN_A_ROW + len(run.taken)
    hot = 0
    for jobs in {call.jobs for call in looks}:
        moments = [call.at for call in looks if call.jobs == jobs]
        hot += sum(later - earlier < row * LEAST_PAUSE for earlier, later in zip(moments, moments[row:], strict=False))
    if hot:
        yield wire(f"{row} polls in a row came within {row * LEAST_PAUSE:.1f} s, {many(hot, 'time', 'times')}")


def _keeps_its_key(run: Observed) -> Iterator[Finding]:
    if any(call.operation == "media" and _SECRETS & call.headers.keys() for call in run.calls):
        yield wire("the API key went to the host of the files, which needs none")
    if any(call.path.startswith(ELSEWHERE) and _SECRETS & call.headers.keys() for call in run.calls):
        yield wire("the API key went to another host, which an answer named")
    if any(run.key in call.target for call in run.calls):
        yield wire("the API key is in an address, which logs keep")
    if any(run.key in str(outcome.answer) for outcome in run.outcomes if not isinstance(outcome.answer, Result)):
        yield told("the API key is in the error, which its caller shows")


def _fetches_its_own(run: Observed) -> Iterator[Finding]:
    own = {job.id for job in run.jobs}
    for call in run.calls:
        if call.operation == "media" and not own & call.jobs:
            yield wire(f"it fetched {call.path}, which is no file of its jobs")


def _asks_for_webhooks(run: Observed) -> Iterator[Finding]:
    if run.script.deliveries and (deaf := [job.id for job in run.jobs if not job.hooked]):
        yield wire(f"{', '.join(deaf)} was submitted without the webhook URL that the client was given")


def _keeps_files_apart(run: Observed) -> Iterator[Finding]:
    shared = [digest for digest, times in Counter(chain(*run.videos.values())).items() if times > 1]
    if shared:
        yield told("two results have the same video, which was made for one of them")
    if run.outside:
        yield wire(f"it wrote outside of its folder: {', '.join(run.outside)}")
    if run.parts:
        yield wire(f"a part of a file was there under the name of a video: {', '.join(run.parts)}")


def _knows_its_jobs(run: Observed) -> Iterator[Finding]:
    known = {job.id for job in run.jobs}
    for outcome in run.outcomes:
        if isinstance(outcome.answer, Result) and outcome.answer.job_id not in known:
            yield told(f"it has a result of {outcome.answer.job_id}, which it never submitted")


def _publishes_once(run: Observed) -> Iterator[Finding]:
    for job, times in Counter(run.published).items():
        if times > 1:
            yield wire(f"the job {job} was published {times} times")
        if job not in {each.id for each in run.jobs}:
            yield wire(f"{job} was published, which is none of its jobs")


def _tells_the_cost(run: Observed) -> Iterator[Finding]:
    spent = {job.id: job.spent for job in run.jobs}
    for outcome in run.outcomes:
        cost = outcome.answer.cost if isinstance(outcome.answer, Result) else None
        if cost is not None and isinstance(outcome.answer, Result):
            due = spent.get(outcome.answer.job_id, cost)
            if cost != due:
                yield told(f"it tells a cost of {cost} USD, and {due} USD were charged")


def _asks_well(run: Observed) -> Iterator[Finding]:
    """What the client sends is what the model accepts, unless that is what the run is about."""
    wrong = [call for call in run.calls if call.operation == "submit" and call.invalid]
    if wrong and not (run.script.mistake or run.script.bare):
        yield wire(f"it sent what the model refuses: {wrong[0].invalid}")


def _sends_what_is_given(run: Observed) -> Iterator[Finding]:
    """Every field arrives as it was given: ``0``, ``false`` and empty values too; and none that no model knows."""
    # Of a model that nobody has described, it is not known that they are parameters.
    clients = (own := WIRES[run.provider].client_fields) | (ANSWER_FIELDS if own else frozenset())
    for asked, job in run.pairs:
        for name, value in asked.items():
            there = name in job.input
            if not there or json.dumps(job.input[name]) != json.dumps(value):
                arrived = f"as {_short(job.input[name])}" if there else "not at all"
                yield wire(f"{name} was given as {_short(value)}, and arrived {arrived}")
        model = run.script.paid_call(run.provider).described(run.provider)
        known = model.schema["properties"].keys() | clients
        for name in sorted(job.input.keys() - asked.keys() - known):
            yield wire(f"{name} was not given, and arrived as {_short(job.input[name])}")


def _pays_for_what_is_asked(run: Observed) -> Iterator[Finding]:
    """What the caller leaves out stays out, or is what the provider takes by itself."""
    if run.script.mistake or run.script.bare:
        return
    model = run.script.paid_call(run.provider).described(run.provider)
    for asked, job in run.pairs:
        wanted, sent = price_of(model, asked).amount, price_of(model, job.input).amount
        if wanted != sent:
            yield wire(f"a video for {wanted} USD was asked for, and one for {sent} USD submitted: {_short(job.input)}")


def _short(value: object) -> str:
    return json.dumps(value)[:200]


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"


INVARIANTS: Final[tuple[Judge, ...]] = (
    _answers_or_says_why,
    _charged_once,
    _nothing_paid_is_given_up,
    _in_time,
    _not_after_the_deadline,
    _sends_nothing_that_was_given_up,
    _not_in_a_burst,
    _gently,
    _keeps_its_key,
    _fetches_its_own,
    _asks_for_webhooks,
    _keeps_files_apart,
    _knows_its_jobs,
    _publishes_once,
    _tells_the_cost,
    _asks_well,
    _sends_what_is_given,
    _pays_for_what_is_asked,
)
