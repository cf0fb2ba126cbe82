"""Two faults in one request: the one is named that the provider's order of checks has first, and nothing is counted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import FAL, PICTURE, RUNPOD, RUNWARE_TASK, SETTINGS, House

from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.world.limits import RateLimit
from vidmock.providers.eachlabs.quotas import QUOTAS
from vidmock.schema.catalog import providers
from vidmock.schema.routes import Check, provider_routes

if TYPE_CHECKING:
    import httpx

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
ENDPOINT = "fal-ai/kling-video/o1/reference-to-video"


@dataclass(frozen=True)
class Ask:
    """A request, and the state of its world: what was done there before, and what of it is then refused."""

    path: str
    body: Any
    method: str = "POST"
    key: str | None = "a-key"
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[House], object] = lambda house: None
    after: Callable[[House], object] = lambda house: None


@dataclass(frozen=True)
class Fault:
    """A change to a request that one check refuses. Two faults of the same *part* cannot be in one request."""

    part: str
    change: Callable[[Ask], Ask]


def _sent(**changes: Any) -> Callable[[Ask], Ask]:
    return lambda ask: replace(ask, **changes)


def _with(**members: Any) -> Callable[[Ask], Ask]:
    return lambda ask: replace(ask, body=ask.body | members)


def _no_money(house: House) -> None:
    house.world().jobs.ledger.set_budget(Decimal("0.01"))


def _locked(house: House) -> None:
    house.world().faults.add(FaultRule("before", Effect("locked")))


def _submitted(ask: Ask, times: int, seconds: float = 0.0) -> Callable[[House], None]:
    def before(house: House) -> None:
        for _ in range(times):
            assert house.post(ask.path, ask.body).status_code == 200
        house.advance(seconds)

    return before


def _running(house: House) -> None:
    _submitted(QUEUE, 2, 1.5)(house)


def _busy(house: House) -> None:
    world = house.world()
    for _ in range(1000):
        world.take("runpod.kling-video-o1-r2v.run", RateLimit(1000, 10.0), world.clock.now())


NOT_JSON = Fault("body", _sent(body="{"))
KEYS: dict[Check, Fault] = {
    "refused_key": Fault("key", _sent(key="vidmock-invalid")),
    "missing_key": Fault("key", _sent(key=None)),
    "method": Fault("method", _sent(method="DELETE")),
}
ACCOUNTS: dict[Check, Fault] = {
    "account": Fault("account", _sent(after=_locked)),
    "price": Fault("account", _sent(after=_no_money)),
}
QUEUE = Ask(f"/fal/queue/{ENDPOINT}", {"prompt": "a kite over dunes"})
RUN = Ask(f"/fal/run/{ENDPOINT}", {"prompt": "a kite over dunes"})
PREDICTION = Ask(
    "/eachlabs/v1/prediction",
    {
        "model": "kling-o1-video-to-video-reference",
        "input": {"prompt": "a kite", "video_url": "https://clips.example/walk.mp4"},
    },
)
LENGTH = "?fal_max_queue_length=0"

CASES: dict[str, tuple[Ask, dict[Check, Fault], dict[str, str]]] = {
    "runpod run": (
        Ask(f"{RUNPOD}/run", {"input": {"prompt": "a kite", "images": [PICTURE]}}),
        {
            "path": Fault("path", _sent(path=f"{RUNPOD}/rnu")),
            "model": Fault("path", _sent(path=f"{RUNPOD}x/run")),
            "body": Fault("envelope", _with(webhook=5)),
            "quota": Fault("quota", _sent(before=_busy)),
            "input": Fault("input", _with(input={"prompt": "no pictures"})),
            **KEYS,
            **ACCOUNTS,
        },
        {"runpod.invalid_input": "at-once"},
    ),
    "runpod run, no JSON": (
        Ask(f"{RUNPOD}/run", {}),
        {"body": NOT_JSON, "model": Fault("path", _sent(path=f"{RUNPOD}x/run")), **KEYS},
        {},
    ),
    "runware batch": (
        Ask("/runware/v1", RUNWARE_TASK | {"taskUUID": "00000000-0000-4000-8000-0000000000aa"}),
        {
            "path": Fault("path", _sent(path="/runware/v2")),
            "model": Fault("model", _with(model="klingai:kling@0")),
            "input": Fault("input", _with(duration=99)),
            **KEYS,
            **ACCOUNTS,
        },
        {},
    ),
    "runware batch, no JSON": (Ask("/runware/v1", {}), {"body": NOT_JSON, **KEYS}, {}),
    "fal queue": (
        QUEUE,
        {
            "model": Fault("path", _sent(path="/fal/queue/fal-ai/nothing")),
            "body": Fault("header", _sent(headers={"x-fal-object-lifecycle": "soon"})),
            "quota": Fault("path", _sent(path=QUEUE.path + LENGTH, before=_submitted(QUEUE, 1))),
            **KEYS,
            **ACCOUNTS,
        },
        {},
    ),
    "fal run": (
        RUN,
        {
            "model": Fault("path", _sent(path="/fal/run/fal-ai/nothing")),
            "body": Fault("header", _sent(headers={"x-fal-object-lifecycle": "soon"})),
            "quota": Fault("quota", _sent(before=_running)),
            "input": Fault("input", _sent(body={"prompt": 5})),
            **KEYS,
            **ACCOUNTS,
        },
        {"fal.concurrency": "2"},
    ),
    "fal run, no JSON": (
        RUN,
        {"body": NOT_JSON, "model": Fault("path", _sent(path="/fal/run/fal-ai/nothing")), **KEYS, **ACCOUNTS},
        {},
    ),
    "fal rest": (
        Ask("/fal/rest/storage/upload/initiate", {}),
        {"path": Fault("path", _sent(path="/fal/rest/storage/upload")), "body": NOT_JSON, **KEYS},
        {},
    ),
    "fal status": (Ask(f"{FAL}/requests/nobody/status", None, "GET"), dict(KEYS), {}),
    "eachlabs prediction": (
        PREDICTION,
        {
            "path": Fault("path", _sent(path="/eachlabs/v1/predictions")),
            "body": Fault("envelope", _with(webhook_url=5)),
            "model": Fault("model", _with(model="nothing")),
            "quota": Fault("quota", _sent(before=_submitted(PREDICTION, 10))),
            "input": Fault("input", _with(input={"prompt": "no clip"})),
            **KEYS,
            **ACCOUNTS,
        },
        {},
    ),
    "eachlabs prediction, no JSON": (Ask("/eachlabs/v1/prediction", {}), {"body": NOT_JSON, **KEYS}, {}),
}


def _order(case: str) -> tuple[Check, ...]:
    return provider_routes(case.split(maxsplit=1)[0]).checks


def _pairs() -> Iterator[tuple[str, Check, Check]]:
    """Each case with two checks, the first of which comes first; two faults of one part are no pair."""
    for case, (_, faults, _) in CASES.items():
        for one, other in combinations(sorted(faults, key=_order(case).index), 2):
            if faults[one].part != faults[other].part:
                yield case, one, other


def answered(house: House, ask: Ask) -> tuple[int, str]:
    """The status and text of the answer to *ask*, without ids."""
    ask.before(house)
    ask.after(house)
    # Runware's task stands in its array; what is no JSON is sent as it is.
    body = [ask.body] if ask.path.startswith("/runware") and isinstance(ask.body, dict) else ask.body
    more: dict[str, Any] = {"content": body} if isinstance(body, str) else {"json": body}
    pending = house.begin(ask.method, ask.path, ask.key, headers=ask.headers, **more)
    assert pending.done(), "the request was accepted"
    answer: httpx.Response = house.finish(pending)
    return answer.status_code, ID.sub("<id>", answer.text)


def changed(case: str, *checks: Check) -> Ask:
    ask, faults, _ = CASES[case]
    for check in checks:
        ask = faults[check].change(ask)
    return ask


def asked(case: str, *checks: Check) -> tuple[int, str]:
    """The answer to the request of *case* with the faults of *checks*, by a server of its own."""
    house = House(replace(SETTINGS, behaviours=CASES[case][2]))
    try:
        return answered(house, changed(case, *checks))
    finally:
        house.close()


alone = cache(asked)
"""The answer to one fault, which is in several pairs."""


@pytest.mark.parametrize(("case", "one", "other"), list(_pairs()))
def test_of_two_faults_the_first_in_the_order_is_named(case: str, one: Check, other: Check) -> None:
    first = alone(case, one)
    assert first[0] >= 400
    assert first != alone(case, other)
    assert asked(case, one, other) == first


@pytest.mark.parametrize("provider", providers())
def test_every_check_of_the_order_is_walked(provider: str) -> None:
    walked = {check for case, one, other in _pairs() if case.split()[0] == provider for check in (one, other)}
    assert walked == {*_order(provider)}


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "image/png"])
@pytest.mark.parametrize("case", ["runpod run", "fal queue", "eachlabs prediction"])
def test_the_content_type_of_a_submission_is_not_looked_at(house: House, case: str, kind: str | None) -> None:
    ask, _, _ = CASES[case]
    headers = {} if kind is None else {"content-type": kind}
    answer = house.post(ask.path, content=json.dumps(ask.body), headers=headers)
    assert answer.status_code == 200, answer.text


def test_a_refused_submission_takes_no_slot_of_the_quota(house: House) -> None:
    """Whatever refuses it: a locked account, the input, the price."""
    rate = QUOTAS["page"]
    assert rate is not None
    assert rate.rate is not None
    house.world().jobs.ledger.set_budget(Decimal("0.01"))
    for _ in range(rate.rate.count + 1):
        assert house.post(PREDICTION.path, PREDICTION.body).status_code == 402
    house.world().jobs.ledger.set_budget(None)
    assert house.post(PREDICTION.path, PREDICTION.body).status_code == 200
    assert house.world().limits.state() == {"eachlabs.create": [house.world().clock.now()]}
