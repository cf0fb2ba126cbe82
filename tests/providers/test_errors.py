"""Every error that a provider is known for, asked for by its code, as it arrives at the client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vidmock.engine.faults.rule_json import rule_from_json
from vidmock.schema import catalog
from vidmock.schema.errors import KnownError, known_errors

if TYPE_CHECKING:
    from tests.conftest import House, Wire

ALL = [error for provider in catalog.providers() for error in known_errors(provider)]
TASK_ID = "00000000-0000-4000-8000-00000000000e"
CODE = "contentPolicyViolation"


def name(error: KnownError) -> str:
    return f"{error.provider}/{error.name}"


def ask_for(house: House, effect: str, provider: str = "", **more: Any) -> None:
    arguments = {key: more.pop(key) for key in ("code", "message") if key in more}
    house.world().faults.add(rule_from_json({"effect": effect, "arguments": arguments, "provider": provider, **more}))


def send(house: House, wire: Wire) -> httpx.Response:
    body = wire.body
    if wire.name == "runware":
        body = [body[0] | {"taskUUID": TASK_ID}]
    return house.post(wire.submit_path, body)


def wire_of(error: KnownError, wires: tuple[Wire, ...]) -> Wire:
    return next(wire for wire in wires if wire.name == error.provider)


def outcome(house: House, wire: Wire) -> httpx.Response:
    """What a job that is handed in now shows in the end."""
    job = wire.submit(house)
    house.advance(5)
    return wire.look(house, job)


@pytest.mark.parametrize("error", [error for error in ALL if error.answers], ids=name)
def test_a_call_is_answered_with_it_before_anything_is_charged(
    error: KnownError, house: House, wires: tuple[Wire, ...]
) -> None:
    wire = wire_of(error, wires)
    ask_for(house, "error", error.provider, code=error.name)
    answer = send(house, wire)
    assert answer.status_code == error.status
    assert answer.headers["content-type"] == "application/json"
    assert (error.message if error.code.isdecimal() else error.code) in json.dumps(answer.json())
    assert house.world().ledger.jobs == 0
    told = answer.json()
    match error.provider, error.form:
        case ["runpod", "failed"]:
            assert (told["status"], told["error"]) == ("FAILED", error.message)
        case ["runpod", _]:
            assert (told["status"], told["detail"]) == (error.status, error.message)
        case ["runware", _]:
            (item,) = told["errors"]
            assert (item["message"], item["taskUUID"]) == (error.message, TASK_ID)
            assert item.get("parameter", []) in (list(error.parameters), *error.parameters)
        case ["eachlabs", "plain"]:
            assert told == {"error": error.message}
        case ["eachlabs", _]:
            assert (told["status"], told["message"], told["error"]) == ("error", error.message, error.message)
        case ["fal", "model"]:
            loc = ["body", *error.parameters]
            assert told["detail"] == [{"loc": loc, "msg": error.message, "type": error.code, **error.beside}]
            assert answer.headers["x-fal-billable-units"] == "0"
        case ["fal", "request"]:
            assert told == {"detail": error.message, "error_type": error.code}
            assert answer.headers["x-fal-error-type"] == error.code
        case ["fal", "status"]:
            assert told == {"status": error.code, "detail": error.message}
        case ["fal", _]:
            assert told == {"detail": error.message}
    if error.provider == "fal":
        assert answer.headers["x-fal-needs-retry"] == ("1" if error.status >= 500 or error.status == 429 else "false")


@pytest.mark.parametrize(
    ("error", "effect"),
    [
        pytest.param(error, effect, id=f"{effect} {name(error)}")
        for error in ALL
        if "job" in error.places
        for effect in (("fail",) if error.answers else ("fail", "error"))
    ],
)
def test_a_job_fails_with_it(error: KnownError, effect: str, house: House, wires: tuple[Wire, ...]) -> None:
    wire = wire_of(error, wires)
    ask_for(house, effect, error.provider, code=error.code)
    answer = outcome(house, wire)
    told = answer.json()
    assert answer.status_code == (error.status if error.provider == "fal" else 200)
    if error.provider == "runpod":
        assert (told["status"], told["error"]) == ("FAILED", error.message)
    elif error.provider == "runware":
        assert [(item["code"], item["status"]) for item in told["errors"]] == [(error.code, "error")]
    elif error.provider == "eachlabs":
        assert (told["status"], told["output"]["error_code"]) == ("error", error.code)
        assert told["output"]["classification"]["category"] == error.beside["category"]
        assert told["output"]["retryable"] == error.beside["retryable"]
    elif error.form == "request":
        assert told["error_type"] == answer.headers["x-fal-error-type"] == error.code
    else:
        assert told["detail"][0]["type"] == error.code
    if effect == "error" and error.provider != "runpod":
        assert error.message in json.dumps(told)
    assert house.world().ledger.spent == 0


@pytest.mark.parametrize(("effect", "code"), [("error", CODE), ("fail", "inferenceError")])
def test_a_code_of_one_provider_does_not_strike_at_another(house: House, wire: Wire, effect: str, code: str) -> None:
    ask_for(house, effect, code=code)
    job = send(house, wire)
    assert job.status_code == (400 if (wire.name, effect) == ("runware", "error") else 200)
    house.advance(5)
    assert bool(house.world().ledger.spent) == (wire.name != "runware")
    ((_, tally),) = house.world().faults
    assert (tally.seen, tally.fired) == ((1, 1) if wire.name == "runware" else (0, 0))


@pytest.mark.parametrize(
    ("provider", "code"),
    [("runpod", "429"), ("runware", CODE), ("fal", "content_policy_violation"), ("eachlabs", "429")],
)
def test_its_message_can_be_another(provider: str, code: str, house: House, wires: tuple[Wire, ...]) -> None:
    ask_for(house, "error", provider, code=code, message="come back on Monday")
    wire = next(wire for wire in wires if wire.name == provider)
    assert "come back on Monday" in send(house, wire).text


def test_a_poll_is_answered_with_it_once(house: House, wire: Wire) -> None:
    code = {"runpod": "503", "runware": "serviceUnavailable", "fal": "runner_connection_error", "eachlabs": "503"}
    job = wire.submit(house)
    ask_for(house, "error", code=code[wire.name], phase="poll", times=1)
    house.advance(5)
    assert wire.look(house, job).status_code == 503
    answer = wire.look(house, job)
    assert answer.status_code == 200
    assert wire.video(answer.json())


def test_a_prompt_asks_for_it(house: House, wires: tuple[Wire, ...]) -> None:
    wire = next(wire for wire in wires if wire.name == "runware")
    task = wire.body[0] | {"taskUUID": TASK_ID, "positivePrompt": f"a kite [[vidmock: error={CODE}]]"}
    for _ in range(2):
        refused = house.post(wire.submit_path, [task])
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["code"], error["parameter"]) == (400, CODE, "positivePrompt")
        assert "data" in refused.json()


def test_a_prompt_asks_for_a_failure_that_only_jobs_have(house: House, wires: tuple[Wire, ...]) -> None:
    wire = next(wire for wire in wires if wire.name == "eachlabs")
    given = wire.body["input"] | {"prompt": "a kite [[vidmock: error=PROVIDER_RATE_LIMIT]]"}
    job = wire.job_id(house.post(wire.submit_path, wire.body | {"input": given}).json())
    house.advance(5)
    output = wire.look(house, job).json()["output"]
    assert (output["error_code"], output["retryable"]) == ("PROVIDER_RATE_LIMIT", True)


def test_a_misspelt_code_in_a_prompt_is_refused_with_the_right_one(house: House, wires: tuple[Wire, ...]) -> None:
    wire = next(wire for wire in wires if wire.name == "fal")
    answer = house.post(wire.submit_path, {"prompt": "a kite [[vidmock: error=runner_disconected]]"})
    assert answer.status_code == 422
    assert "Did you mean 'runner_disconnected'?" in answer.json()["detail"][0]["msg"]
