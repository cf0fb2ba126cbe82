"""All of a call happens at one moment: on a clock that jumps whenever it is read, an answer tells of one time only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import FAL, RUNPOD, WIRES

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House, Wire

TASK_ID = "00000000-0000-4000-8000-0000000000aa"
POLLS = {
    "runpod": (("GET", f"{RUNPOD}/status/{{job}}", None), ("GET", f"{RUNPOD}/health", None)),
    "runware": (
        ("POST", "/runware/v1", [{"taskType": "getResponse", "taskUUID": TASK_ID}]),
        ("POST", "/runware/v1", [{"taskType": "getTaskDetails", "taskUUID": TASK_ID}]),
    ),
    "fal": (
        ("GET", f"{FAL}/requests/{{job}}/status?logs=1", None),
        ("GET", f"{FAL}/requests/{{job}}", None),
    ),
    "eachlabs": (
        ("GET", "/eachlabs/v1/prediction/{job}", None),
        ("GET", "/eachlabs/v1/executions", None),
    ),
}
ENDINGS = {
    "runpod": (("POST", f"{RUNPOD}/cancel/{{job}}", None), ("POST", f"{RUNPOD}/purge-queue", None)),
    "fal": (("PUT", f"{FAL}/requests/{{job}}/cancel", None),),
    "eachlabs": (("POST", "/eachlabs/v1/prediction/{job}/cancel", None),),
}
CALLS = [(wire, *call) for wire in WIRES for call in (*POLLS[wire.name], *ENDINGS.get(wire.name, ()))]
JUMPS = (0.3, 0.9, 1.1)
"""Seconds by which the clock jumps, where a job is queued for 1 s and runs for 2 s."""


def submit(house: House, wire: Wire) -> httpx.Response:
    body = [task | {"taskUUID": TASK_ID} for task in wire.body] if wire.name == "runware" else wire.body
    answer = house.post(wire.submit_path, body)
    assert answer.status_code == 200, answer.text
    return answer


def make_restless(house: House, monkeypatch: pytest.MonkeyPatch, jump: float) -> list[float]:
    """Have the clock of *house* jump by so many seconds whenever it is read; what was read comes in the list."""
    clock, readings, calm = house.world().clock, list[float](), house.world().clock.now

    def now() -> float:
        readings.append(calm() + jump * (len(readings) + 1))
        return readings[-1]

    monkeypatch.setattr(clock, "now", now)
    return readings


def whole(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    return answer.status_code, dict(answer.headers), answer.json()


@pytest.mark.parametrize("jump", JUMPS)
def test_a_submit_is_of_the_moment_at_which_it_came(
    houses: Callable[[], House], wire: Wire, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    calm, restless = houses(), houses()
    readings = make_restless(restless, monkeypatch, jump)
    answer = submit(restless, wire)
    came, answered = readings
    calm.run(calm.world().clock.advance_to(came))
    assert whole(answer) == whole(submit(calm, wire))
    (job,) = restless.world().jobs.values()
    assert [job] == list(calm.world().jobs.values())
    assert job.created == came
    (exchange,) = restless.world().journal
    assert (exchange.at, exchange.took) == (answered, answered - came)


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("begun", [0.0, 0.5, 0.95, 2.2, 2.9, 5.0])
@pytest.mark.parametrize(
    ("wire", "method", "path", "body"), CALLS, ids=lambda part: part if isinstance(part, str) else None
)
def test_an_answer_tells_of_the_moment_at_which_its_call_came(
    houses: Callable[[], House],
    wire: Wire,
    method: str,
    path: str,
    body: Any,
    monkeypatch: pytest.MonkeyPatch,
    begun: float,
    jump: float,
) -> None:
    calm, restless = houses(), houses()
    for house in (calm, restless):
        # Two of them: where a job is in the queue is part of what is told.
        submit(house, wire)
        if wire.name != "runware":
            submit(house, wire)
        house.advance(begun)
    readings = make_restless(restless, monkeypatch, jump)
    target = path.format(job=list(calm.world().jobs)[-1])
    more = {} if body is None else {"json": body}
    answer = restless.ask(method, target, **more)
    came, _ = readings
    calm.run(calm.world().clock.advance_to(came))
    assert whole(answer) == whole(calm.ask(method, target, **more))
    assert list(restless.world().jobs.values()) == list(calm.world().jobs.values())


@pytest.mark.parametrize("jump", JUMPS)
def test_a_file_is_there_or_not_as_of_the_moment_at_which_it_was_asked_for(
    houses: Callable[[], House], wire: Wire, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    calm, restless = houses(), houses()
    for house in (calm, restless):
        submit(house, wire)
    calm.advance(5)
    poll = json.loads(json.dumps(wire.poll(next(iter(calm.world().jobs)))))
    video = wire.video(calm.ask(poll[0], poll[1], **({"json": poll[2]} if poll[2] else {})).json())
    restless.advance(2.5)
    readings = make_restless(restless, monkeypatch, jump)
    served = restless.get(video, key=None).status_code == 200
    assert served == (readings[0] >= next(iter(restless.world().jobs.values())).ends)
    assert len(readings) <= 2
