"""Runs one script: a mock of its own on a clock that only the client moves, and the client in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any, Final

from vidmock.contract.case import ClientScript, Feature
from vidmock.contract.left_behind import let_go, unheard
from vidmock.contract.observation import KEY, Before, ClientFolder, ClientRun, observe
from vidmock.contract.observed import ClientOutcome, Observed
from vidmock.contract.own_time import lives_in_real_time, time_of
from vidmock.contract.paid_calls import PAID_CALLS
from vidmock.contract.real_time import in_real_time
from vidmock.contract.told_kinds import of_some_kind
from vidmock.contract.varied_inputs import varied_inputs
from vidmock.contract.watched_thread import run_watched
from vidmock.contract.webhook_hand import DeliveryBox, WebhookHand
from vidmock.engine.scenario.scenario import apply_to_settings
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.kit.client import MakeClient, Result, TakesWebhooks
from vidmock.kit.wire import WIRES
from vidmock.testing.mock_server import MockServer

WATCHDOG: Final = 20.0
"""Real seconds after which a client that has not come back hangs."""
HURRIED_TIMEOUT: Final = 1.0
"""Real seconds that a hurried client waits for an answer."""
MOST_SLEEPS: Final = 1000
"""Sleeps of a client in one run, after which it is ended: one that looks twice a second for five minutes has fewer."""
STEP: Final = 1.0
"""Of the mock's seconds, after which webhooks that have come are handed over: they do not wait until a client wakes."""


class _NeverEnds(BaseException):
    """Ends a client that goes on long after its deadline. No client catches it."""


class ClientTime:
    """The clock that a client is given, which passes while it sleeps; *meanwhile* is called at every step of that.

    The sleep in which *interrupted* seconds have passed raises ``KeyboardInterrupt``, as one does when its user has had
    enough; ``interrupts`` is whether that is still to come.
    """

    def __init__(
        self,
        mock: MockServer,
        latest: float,
        meanwhile: Callable[[], None] | None = None,
        interrupted: float | None = None,
    ) -> None:
        self._mock, self._latest, self._meanwhile = mock, latest, meanwhile
        self._interrupted = interrupted
        self._began = mock.clock.now
        self._slept = 0
        self.moves = False

    def now(self) -> float:
        return self._mock.clock.now

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return self.now() - self._began

    @property
    def interrupts(self) -> bool:
        return self._interrupted is not None

    def sleep(self, seconds: float) -> None:
        self._slept += 1
        if self._slept > MOST_SLEEPS or self.passed > self._latest:
            raise _NeverEnds(f"still at it {self.passed:.0f} s after the beginning, after {self._slept} sleeps")
        left = max(0.0, seconds)
        while self._meanwhile and left > STEP:
            self._advance(STEP)
            left -= STEP
        self._advance(left)
        if self._interrupted is not None and self.passed >= self._interrupted:
            self._interrupted = None
            raise KeyboardInterrupt

    def _advance(self, seconds: float) -> None:
        self.moves = True
        try:
            self._mock.clock.advance(seconds)
        finally:
            self.moves = False
        if self._meanwhile:
            self._meanwhile()


def run_script(script: ClientScript, provider: str, make: MakeClient) -> Observed:
    """What a new client of *provider*, made by *make*, does when *script* happens to it.

    Raises:
        Hangs: it has not come back after ``WATCHDOG`` real seconds; in real time, so long after its deadlines.
        NotInRealTime: it lives in real time, in which this cannot be told.
    """
    real = lives_in_real_time(make)
    script = in_real_time(script) if real else script
    settings = apply_to_settings(Settings(seed=1, clock=Mode("real" if real else "manual")), script.scenario)
    # Programs warn in a process of their own, and several run at once.
    quiet = nullcontext() if real else unheard()
    with quiet, MockServer(settings) as mock, _box(script) as box:
        before = Before()
        if script.deliveries and script.deliveries.another:
            with ClientFolder() as folder:
                _run(Driven(script, provider, make, mock, box, folder, real))
                before = Before.at(mock)
        with ClientFolder() as folder:
            return observe(_run(Driven(script, provider, make, mock, box, folder, real, before)), mock)


@dataclass(frozen=True, slots=True)
class Driven:
    """A client that is to be made by *make*, and what it is driven with; *real* is whether it lives in real time.

    Another's webhooks are handed to nobody.
    """

    script: ClientScript
    provider: str
    make: MakeClient
    mock: MockServer
    box: DeliveryBox | None
    folder: ClientFolder
    real: bool
    before: Before | None = None


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
    time = ClientTime(mock, latest, (lambda: hand.hand_over(made[0])) if hand else None, script.interrupted)

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
        patience = len(asked) * script.deadline + WATCHDOG if driven.real else WATCHDOG
        with time_of(driven.make, mock, hurried=script.hurried):
            work = partial(_call, client, script, asked, provider, time, hand)
            # Where an answer is held back for longer than a client waits, there is time to look. Else it would be a
            # matter of luck what is seen.
            watch = folder.look if script.hurried else lambda: None
            outcomes = run_watched(work, patience, watch, alone=not driven.real)
    folder.look()
    return ClientRun(script, provider, asked, outcomes, published, folder, hand, before, uninterrupted=time.interrupts)


def features_of(provider: str, make: MakeClient) -> frozenset[Feature]:
    """What the clients that *make* makes can do: what they declare in ``lacks`` is taken away."""
    found: set[Feature] = {"downloads", "cancels", "costs", "tells"}
    # One that takes whatever it is given, and ignores it, has none.
    if "request_timeout" in signature(make).parameters:
        found.add("request_timeout")
    with ClientFolder() as folder:
        alone = {"sleep": lambda seconds: None, "now": lambda: 0.0, "publish": lambda result: None, "webhook_url": None}
        with _client(make, provider, "http://127.0.0.1:9", folder=folder.path, **alone) as client:
            if isinstance(client, TakesWebhooks):
                found.add("webhooks")
            return frozenset(found - frozenset(getattr(client, "lacks", ())))


@contextmanager
def _client(make: MakeClient, provider: str, url: str, **given: Any) -> Iterator[Any]:
    """A client of *provider*'s API on the mock at *url*, which is closed afterwards; a failure of that is its own."""
    client: Any = make(base_url=f"{url}{WIRES[provider].path}", api_key=KEY, **given)
    try:
        yield client
    finally:
        with suppress(Exception):
            getattr(client, "close", lambda: None)()


def _inputs(script: ClientScript, provider: str) -> tuple[Mapping[str, Any], ...]:
    sample = PAID_CALLS[provider]
    if script.varied:
        return varied_inputs(provider)
    base = {} if script.bare else {**sample.input, **script.input, **(sample.mistake if script.mistake else {})}
    if script.calls == 1:
        return (base,)
    return tuple({**base, **sample.variation(number)} for number in range(script.calls))


@contextmanager
def _box(script: ClientScript) -> Iterator[DeliveryBox | None]:
    """Where the client asks for webhooks, where the script is about them."""
    if script.deliveries is None:
        yield None
        return
    with DeliveryBox() as box:
        yield box


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
            answer = client.generate(PAID_CALLS[provider].model, one, deadline=script.deadline)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the caller was told
            let_go(error)
            answer = of_some_kind(error, script.told)
        outcomes.append(ClientOutcome(answer, time.passed - began))
    if hand:
        hand.hand_again(client)
    return tuple(outcomes)
