"""Runs one script: a mock of its own on a clock that only the client moves, and the client in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from inspect import signature
from typing import Any, Final

from vidmock.contract.calling import call_at_once, calls_of
from vidmock.contract.case import ClientScript, Feature
from vidmock.contract.client_time import ClientTime
from vidmock.contract.interruption import Interruption
from vidmock.contract.left_behind import unheard
from vidmock.contract.observation import KEY, Before, ClientFolder, ClientRun, observe
from vidmock.contract.observed import ClientOutcome, Observed
from vidmock.contract.own_time import exact_time_of, lives_in_real_time, time_of
from vidmock.contract.real_time import in_real_time, wait_in_real_time
from vidmock.contract.resumed_job import submit_elsewhere
from vidmock.contract.varied_inputs import varied_inputs
from vidmock.contract.watched_thread import run_watched
from vidmock.contract.webhook_hand import DeliveryBox, WebhookHand
from vidmock.engine.scenario.scenario import apply_to_settings
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.kit.client import MakeClient, Result, ResumesJobs, TakesWebhooks
from vidmock.kit.coroutine_client import make_client
from vidmock.kit.wire import WIRES
from vidmock.testing.mock_server import MockServer

WATCHDOG: Final = 20.0
"""Real seconds after which a client that has not come back hangs."""
LONGER_AT_ONCE: Final = 60.0
"""As many more for calls at once."""
HURRIED_TIMEOUT: Final = 1.0
"""Real seconds that a hurried client waits for an answer."""


def run_script(script: ClientScript, provider: str, make: MakeClient) -> Observed:
    """What a new client of *provider*, made by *make*, does when *script* happens to it.

    Raises:
        Hangs: it has not come back after ``WATCHDOG`` real seconds; in real time, so long after its deadlines.
        NotInRealTime: it lives in real time, in which this cannot be told.
    """
    real = lives_in_real_time(make)
    script = in_real_time(script) if real else script
    # Programs warn in a process of their own, and several run at once.
    with nullcontext() if real else unheard():
        return _observed(script, provider, make, real=real)


def _observed(script: ClientScript, provider: str, make: MakeClient, *, real: bool) -> Observed:
    """The run at a mock of its own, which nobody holds any more when this has returned, so that it can be freed."""
    clock, catalog = Mode("real" if real else "manual"), script.paid_call(provider).catalog
    settings = apply_to_settings(Settings(seed=1, clock=clock, catalog=catalog), script.scenario)
    with MockServer(settings) as mock, _box(script) as box:
        before = Before()
        if script.deliveries and script.deliveries.another:
            with ClientFolder() as folder:
                _run(Driven(script, provider, make, mock, box, folder, real))
                before = Before.at(mock)
        job = None
        if script.resumed:
            (asked,) = _inputs(script, provider)
            job = submit_elsewhere(
                provider, f"{mock.url}{WIRES[provider].path}", KEY, script.paid_call(provider).model, asked
            )
            before = Before(tuple(mock.journal))
        with ClientFolder() as folder:
            return observe(_run(Driven(script, provider, make, mock, box, folder, real, before, job)), mock)


@dataclass(frozen=True, slots=True)
class Driven:
    """A client that is to be made by *make*, and what it is driven with; *real* is whether it lives in real time.

    Another's webhooks are handed to nobody. *job* is what it is to resume.
    """

    script: ClientScript
    provider: str
    make: MakeClient
    mock: MockServer
    box: DeliveryBox | None
    folder: ClientFolder
    real: bool
    before: Before | None = None
    job: str | None = None


def _run(driven: Driven) -> ClientRun:
    """The run of a new client."""
    script, provider, mock, folder = driven.script, driven.provider, driven.mock, driven.folder
    before = driven.before or Before()
    asked = _inputs(script, provider)
    published: list[Result] = []
    made: list[Any] = []

    def own() -> str | None:
        return next((job.id for job in reversed(list(mock.jobs)) if job.id not in before.jobs), None)

    hand = None
    if driven.box and script.deliveries and driven.before is not None:
        hand = WebhookHand(script.deliveries, driven.box, own, lambda: bool(published))
    latest = len(asked) * script.deadline * 3 + 300
    # Calls at once sleep beside each other, not one after another.
    shared = exact_time_of(driven.make, mock) if script.at_once and not driven.real else None
    time = ClientTime(
        mock,
        latest,
        len(asked),
        shared.sleep if shared else mock.clock.advance,
        (lambda: hand.hand_over(made[0])) if hand else None,
        None if driven.real else script.interrupted,
    )

    def sleep(seconds: float) -> None:
        folder.look()
        time.sleep(seconds)

    hurry = {"request_timeout": HURRIED_TIMEOUT} if script.hurried else {}
    with _client(
        driven.make,
        provider,
        mock.url,
        folder=folder.path,
        sleep=sleep,
        now=time.now,
        publish=published.append,
        webhook_url=driven.box and driven.box.url,
        **hurry,
    ) as client:
        made.append(client)
        if hand and driven.box:
            # One that comes while the clock stands still comes before the answer to a submission.
            driven.box.tell(lambda: None if time.moves else hand.hand_over(client))
        # In real time nobody sleeps here, who could be interrupted in that.
        seconds = script.interrupted if driven.real else None
        interruption = Interruption(seconds, lambda: own() is not None, getattr(client, "interrupt", lambda: None))
        call = calls_of(
            client, provider, script, driven.job, lambda: time.passed, lambda: len(mock.jobs) - len(before.jobs)
        )

        def work() -> tuple[ClientOutcome, ...]:
            if script.at_once:
                return call_at_once(call, asked, wait_in_real_time if driven.real else time.sleep)
            outcomes = tuple(map(call, asked))
            if hand:
                hand.hand_again(client)
            return outcomes

        # Who wakes acts alone, and takes as long as it takes: calls at once are as slow as one after another.
        one_by_one = 1 if script.at_once else len(asked)
        longer = one_by_one * script.deadline if driven.real else LONGER_AT_ONCE if script.at_once else 0.0
        with shared or time_of(driven.make, mock, hurried=script.hurried):
            # Where an answer is held back for longer than a client waits, there is time to look. Else it would be a
            # matter of luck what is seen.
            watch = folder.look if script.hurried else interruption.look
            outcomes = run_watched(work, WATCHDOG + longer, watch, alone=not driven.real)
            time.stop()
    folder.look()
    missed = interruption.is_due or time.interrupts
    return ClientRun(script, provider, asked, outcomes, published, folder, hand, before, uninterrupted=missed)


def features_of(provider: str, make: MakeClient) -> frozenset[Feature]:
    """What the clients that *make* makes can do: what they declare in ``lacks`` is taken away."""
    found: set[Feature] = {"downloads", "cancels", "costs", "at_once", "interrupts", "public_only", "tells"}
    # One that takes whatever it is given, and ignores it, has none.
    if "request_timeout" in signature(make).parameters:
        found.add("request_timeout")
    # A sleep by which it is interrupted is one that it is given.
    if getattr(make, "own_time", False):
        found.remove("interrupts")
    with ClientFolder() as folder:
        alone = {"sleep": lambda seconds: None, "now": lambda: 0.0, "publish": lambda result: None, "webhook_url": None}
        with _client(make, provider, "http://127.0.0.1:9", folder=folder.path, **alone) as client:
            if isinstance(client, TakesWebhooks):
                found.add("webhooks")
            if isinstance(client, ResumesJobs):
                found.add("resumes")
            return frozenset(found - frozenset(getattr(client, "lacks", ())))


@contextmanager
def _client(make: MakeClient, provider: str, url: str, **given: Any) -> Iterator[Any]:
    """A client of *provider*'s API on the mock at *url*, which is closed afterwards; a failure of that is its own."""
    client: Any = make_client(make, base_url=f"{url}{WIRES[provider].path}", api_key=KEY, **given)
    try:
        yield client
    finally:
        with suppress(Exception):
            getattr(client, "close", lambda: None)()


def _inputs(script: ClientScript, provider: str) -> tuple[Mapping[str, Any], ...]:
    sample = script.paid_call(provider)
    if script.varied:
        return varied_inputs(provider, sample)
    base = {} if script.bare else {**sample.input, **script.input, **(sample.mistake if script.mistake else {})}
    if script.calls == 1:
        return (base,)
    vary = sample.numbered if script.at_once else sample.variation
    return tuple({**base, **vary(number)} for number in range(script.calls))


@contextmanager
def _box(script: ClientScript) -> Iterator[DeliveryBox | None]:
    """Where the client asks for webhooks, where the script is about them."""
    if script.deliveries is None:
        yield None
        return
    with DeliveryBox() as box:
        yield box
