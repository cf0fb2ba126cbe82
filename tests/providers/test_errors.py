"""Every error that a provider is known for, asked for by its code, as it arrives at the client."""

from __future__ import annotations

from dataclasses import replace
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


def is_it(error: KnownError, told: Any, headers: httpx.Headers) -> None:
    """Assert that the body is that of *error*, key for key."""
    message = error.message
    match error.provider, error.form:
        case ["runpod", "failed"]:
            assert (told["status"], told["error"], sorted(told)) == ("FAILED", message, ["error", "id", "status"])
        case ["runpod", _]:
            assert (told["status"], told["detail"]) == (error.status, message)
        case ["runware", _]:
            (item,) = told["errors"]
            whole = error.name == "invalidApiKey"
            named = {} if whole else {"taskType": "videoInference", "taskUUID": TASK_ID}
            assert (item["code"], item["message"], "taskUUID" in item) == (error.code, message, not whole)
            assert item.get("parameter", []) in (list(error.parameters), *error.parameters)
            assert item.items() >= {**error.more({}), **named}.items()
        case ["eachlabs", "plain"]:
            assert told == {"error": message}
        case ["eachlabs", "empty"]:
            assert told == {}
        case ["eachlabs", "gateway"]:
            assert told == {"status": error.status, "error": message, **error.more({})}
        case ["eachlabs", _]:
            details = error.more({}).get("details", "")
            assert told == {"status": "error", "message": message, "error": message, "details": details}
        case ["fal", "pydantic"]:
            assert told["detail"] == [{"loc": ["body"], "msg": message, "type": error.code}]
            assert headers["x-fal-billable-units"] == "0"
        case ["fal", "request"]:
            assert told == {"detail": message, "error_type": error.code}
            assert headers["x-fal-error-type"] == error.code
        case ["fal", "status"]:
            assert told == {"status": error.code, "detail": message}
        case ["fal", "platform"]:
            assert told == {"error": {"type": error.code, "message": message}}
        case ["fal", "word"]:
            assert told == {"status": error.code}
        case ["fal", _]:
            assert told == {"detail": message}
            assert headers.get("x-fal-billable-units") == ("0" if error.form == "app" else None)


@pytest.mark.parametrize("error", [error for error in ALL if error.answers], ids=name)
def test_a_call_is_answered_with_it_before_anything_is_charged(
    error: KnownError, house: House, wires: tuple[Wire, ...]
) -> None:
    wire = wire_of(error, wires)
    ask_for(house, "error", error.provider, code=error.name)
    answer = send(house, wire)
    assert answer.status_code == error.status
    assert house.world().ledger.jobs == 0
    if error.form == "line":
        assert (answer.text, answer.headers["content-type"]) == (error.message, "text/plain; charset=utf-8")
        return
    assert answer.headers["content-type"] == "application/json"
    is_it(error_of_this_submit(error, wire), answer.json(), answer.headers)
    if error.provider == "fal":
        assert answer.headers["x-fal-needs-retry"] == ("1" if error.status >= 500 or error.status == 429 else "false")


def error_of_this_submit(error: KnownError, wire: Wire) -> KnownError:
    """*error* with what its words mention of the submit of *wire*."""
    return replace(error, samples=dict(error.samples) | {"alias": "kling-video"}) if "alias" in error.samples else error


@pytest.mark.parametrize(
    ("error", "effect"),
    [
        pytest.param(error, effect, id=f"{effect} {name(error)}")
        for error in ALL
        if error.fails
        for effect in (("fail",) if error.answers else ("fail", "error"))
    ],
)
def test_a_job_fails_with_it(error: KnownError, effect: str, house: House, wires: tuple[Wire, ...]) -> None:
    wire = wire_of(error, wires)
    ask_for(house, effect, error.provider, code=error.name)
    answer = outcome(house, wire)
    told = answer.json()
    if error.provider == "runpod":
        assert (answer.status_code, told["status"], told["error"]) == (200, "FAILED", error.message)
    elif error.provider == "runware":
        assert answer.status_code == (400 if error.code == "invalidProviderContent" else 200)
        expected = {"code": error.code, "message": error.message, "status": "error", **error.beside}
        assert [item.items() >= expected.items() for item in told["errors"]] == [True]
    elif error.provider == "eachlabs":
        assert (answer.status_code, told["status"], told["details"]) == (200, "error", error.message)
        output = told["output"]
        if error.form == "dispatch":
            assert output == {"error": error.message}
        else:
            assert (output["error_code"], output["error_message"]) == (error.code, error.message)
            assert output["classification"]["category"] == error.beside["category"]
            assert output["retryable"] == error.beside["retryable"]
            assert ("provider_error_code" in output) == (output["error_step"] == "poll") == (error.form == "poll")
    elif error.form == "request":
        assert answer.status_code == error.status
        assert told == {"detail": error.message, "error_type": error.code}
        assert answer.headers["x-fal-error-type"] == error.code
    elif error.form == "app":
        assert (answer.status_code, told) == (error.status, {"detail": error.message})
    else:
        (item,) = told["detail"]
        assert answer.status_code == error.status
        assert (item["type"], item["msg"]) == (error.code, error.message)
        assert item.items() >= error.beside.items()
        assert ("url" in item) == ("input" in item) == (error.form == "model")
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
    [("runpod", "429"), ("runware", CODE), ("fal", "internal_error"), ("eachlabs", "429")],
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
