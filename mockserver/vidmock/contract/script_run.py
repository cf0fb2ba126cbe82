"""Runs one script: a mock of its own on a clock that only the client moves, and the client in a thread of its own."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from vidmock.contract.case import ClientScript, Feature
from vidmock.contract.observed import ClientOutcome, Observed, SeenCall, SeenJob
from vidmock.contract.own_time import time_of
from vidmock.contract.paid_calls import PAID_CALLS
from vidmock.contract.webhook_hand import DeliveryBox, WebhookHand
from vidmock.engine.scenario.scenario import apply_to_settings
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.settings import Settings
from vidmock.kit.client import MakeClient, Result, TakesWebhooks
from vidmock.kit.wire import WIRES
from vidmock.media.info import NotMedia
from vidmock.media.probe import probe
from vidmock.testing.mock_server import MockServer

WATCHDOG: Final = 20.0
"""Real seconds after which a client that has not come back hangs."""
HURRIED_TIMEOUT: Final = 1.0
"""Real seconds that a hurried client waits for an answer."""
MOST_SLEEPS: Final = 1000
"""Sleeps of a client in one run, after which it is ended: one that looks twice a second for five minutes has fewer."""
_KEY: Final = "contract-key"


class Hangs(Exception):
    """The client has not come back."""


class _NeverEnds(BaseException):
    """Ends a client that goes on long after its deadline. No client catches it."""


class ClientTime:
    """The clock that a client is given, which passes while it sleeps; *on_sleep* is called after each sleep."""

    def __init__(self, mock: MockServer, latest: float, on_sleep: Callable[[], None]) -> None:
        self._mock, self._latest, self._on_sleep = mock, latest, on_sleep
        self._began = mock.clock.now
        self._slept = 0

    def now(self) -> float:
        return self._mock.clock.now

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return self.now() - self._began

    def sleep(self, seconds: float) -> None:
        self._slept += 1
        if self._slept > MOST_SLEEPS or self.passed > self._latest:
            raise _NeverEnds(f"still at it {self.passed:.0f} s after the beginning, after {self._slept} sleeps")
        self._mock.clock.advance(max(0.0, seconds))
        self._on_sleep()


def run_script(script: ClientScript, provider: str, make: MakeClient) -> Observed:
    """What a new client of *provider*, made by *make*, does when *script* happens to it.

    Raises:
        Hangs: it has not come back after ``WATCHDOG`` real seconds.
    """
    settings = apply_to_settings(Settings(seed=1, clock=Mode("manual")), script.scenario)
    asked = _inputs(script, provider)
    with MockServer(settings) as mock, TemporaryDirectory() as folder, _box(script) as (hook_url, hand):
        published: list[Result] = []
        made: list[Any] = []
        latest = script.calls * script.deadline * 3 + 300
        time = ClientTime(mock, latest, lambda: hand.hand_over(made[0]) if hand else None)
        hurry = {"request_timeout": HURRIED_TIMEOUT} if script.hurried else {}
        with _client(
            make,
            provider,
            mock.url,
            folder=Path(folder),
            sleep=time.sleep,
            now=time.now,
            publish=published.append,
            webhook_url=hook_url,
            **hurry,
        ) as client:
            made.append(client)
            with time_of(make, mock):
                outcomes = _in_time(lambda: _call(client, script, asked, provider, time, hand))
            return _observed(mock, script, provider, asked, outcomes, published, Path(folder), hand)


def features_of(provider: str, make: MakeClient) -> frozenset[Feature]:
    """What the clients that *make* makes can do: what they declare in ``lacks`` is taken away."""
    found: set[Feature] = {"downloads", "cancels"}
    # One that takes whatever it is given, and ignores it, has none.
    if "request_timeout" in signature(make).parameters:
        found.add("request_timeout")
    with TemporaryDirectory() as folder:
        alone = {"sleep": lambda seconds: None, "now": lambda: 0.0, "publish": lambda result: None, "webhook_url": None}
        with _client(make, provider, "http://127.0.0.1:9", folder=Path(folder), **alone) as client:
            if isinstance(client, TakesWebhooks):
                found.add("webhooks")
            return frozenset(found - frozenset(getattr(client, "lacks", ())))


@contextmanager
def _client(make: MakeClient, provider: str, url: str, **given: Any) -> Iterator[Any]:
    """A client of *provider*'s API on the mock at *url*, which is closed afterwards; a failure of that is its own."""
    client: Any = make(base_url=f"{url}{WIRES[provider].path}", api_key=_KEY, **given)
    try:
        yield client
    finally:
        with suppress(Exception):
            getattr(client, "close", lambda: None)()


def _inputs(script: ClientScript, provider: str) -> tuple[Mapping[str, Any], ...]:
    sample = PAID_CALLS[provider]
    base = {**sample.input, **script.input, **(sample.mistake if script.mistake else {})}
    if script.calls == 1:
        return (base,)
    return tuple({**base, **sample.variation(number)} for number in range(script.calls))


@contextmanager
def _box(script: ClientScript) -> Iterator[tuple[str | None, WebhookHand | None]]:
    """The URL at which the client asks for webhooks, and who hands them over, where the script is about them."""
    if script.deliveries is None:
        yield None, None
        return
    box = DeliveryBox()
    with box.running() as url:
        yield url, WebhookHand(script.deliveries, box)


def _in_time(work: Callable[[], tuple[ClientOutcome, ...]]) -> tuple[ClientOutcome, ...]:
    """What *work* gives, in a thread of its own, which is left behind when it hangs."""
    done: list[tuple[ClientOutcome, ...]] = []
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    thread.join(WATCHDOG)
    if not done:
        raise Hangs(f"it has not come back after {WATCHDOG:g} s")
    return done[0]


def _call(
    client: Any,
    script: ClientScript,
    asked: tuple[Mapping[str, Any], ...],
    provider: str,
    time: ClientTime,
    hand: WebhookHand | None,
) -> tuple[ClientOutcome, ...]:
    outcomes = []
    for one in asked:
        began = time.passed
        answer: Result | BaseException
        try:
            with warnings.catch_warnings():
                # The client's warnings are its own affair, whatever the filters of who runs this.
                warnings.simplefilter("ignore")
                answer = client.generate(PAID_CALLS[provider].model, one, deadline=script.deadline)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the caller was told
            answer = error
        outcomes.append(ClientOutcome(answer, time.passed - began))
    if hand:
        hand.hand_again(client)
    return tuple(outcomes)


def _observed(
    mock: MockServer,
    script: ClientScript,
    provider: str,
    asked: tuple[Mapping[str, Any], ...],
    outcomes: tuple[ClientOutcome, ...],
    published: list[Result],
    folder: Path,
    hand: WebhookHand | None,
) -> Observed:
    exchanges, jobs = list(mock.journal), list(mock.jobs)
    began = exchanges[0].at if exchanges else 0.0
    return Observed(
        script=script,
        provider=provider,
        asked=asked,
        outcomes=outcomes,
        calls=tuple(_seen(exchange, began) for exchange in exchanges),
        jobs=tuple(
            SeenJob(
                record.id,
                str(record.state),
                record.job.cost - record.refunded,
                sum(output.made for output in record.outputs),
                record.job.input,
            )
            for record in jobs
        ),
        videos={
            outcome.answer.job_id: _whole(outcome.answer) for outcome in outcomes if isinstance(outcome.answer, Result)
        },
        published=tuple(result.job_id for result in published),
        left=tuple(sorted(path.name for path in folder.iterdir())),
        taken=tuple(hand.taken) if hand else (),
        unstruck=tuple(f"{rule.effect.name} at {rule.phase}" for rule, tally in mock.faults if not tally.fired),
        story=mock.timeline(),
    )


def _seen(exchange: Exchange, began: float) -> SeenCall:
    wrong = [str(violation) for judged in exchange.judged for violation in judged.violations]
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in exchange.request_headers}
    path = exchange.target.partition("?")[0]
    return SeenCall(
        exchange.operation, exchange.at - began, exchange.method, exchange.status, path, headers, "; ".join(wrong)
    )


def _whole(result: Result) -> int:
    """The number of whole videos of *result*."""
    whole = 0
    for video in result.read():
        with suppress(NotMedia):
            probe(video)
            whole += 1
    return whole
