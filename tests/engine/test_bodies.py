"""Effects on a body: what they make of it, and what a client no longer learns from it."""

from __future__ import annotations

from typing import Any

import pytest

from vidmock.engine.faults.bodies import STRANGER, changed_body, told_in
from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.prompt_marker import parse_marker
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.problems import BadRequest

JOB = "0b6cd3c6-3b0f-4d5c-9c5d-2f4f0f4b7c11"


def changed(marker: str, body: Any, *jobs: str) -> Any:
    return changed_body(parse_marker(f"{marker} at=poll").effect, body, jobs)


@pytest.mark.parametrize(
    ("marker", "value"),
    [
        ("value=null", None),
        ("value=1.50", 1.5),
        ("value=true", True),
        ("value=true times=2", True),
        ("value=TIMED_OUT", "TIMED_OUT"),
        ("value='\"7\"'", "7"),
        ("value='{\"a\": [1]}'", {"a": [1]}),
        ("value=NaN", "NaN"),
        ("value=https://other.example/x", "https://other.example/x"),
        ("", None),
    ],
)
def test_a_value_in_a_prompt_is_json_or_else_text(marker: str, value: Any) -> None:
    assert changed(f"set_field=/x {marker}", {"x": 0, "y": 1}) == {"x": value, "y": 1}


def test_several_fields_are_set_at_once() -> None:
    marker = """set_field=/payload also='{"/payload_error": "not JSON", "status": "OK"}'"""
    assert changed(marker, {"payload": {"status": 1}}) == {"payload": None, "payload_error": "not JSON", "status": "OK"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"value": float("nan")}, "set_field's value cannot be nan; it is a JSON value"),
        ({"value": {1: 2}}, "it is a JSON value"),
        ({"value": [{1, 2}]}, "it is a JSON value"),
        (
            {"also": []},
            "set_field's also cannot be []; it is an object of further paths with their values, by default {}",
        ),
        ({"path": ""}, "set_field's path cannot be ''; it is the name of a field, or its path such as /output/0/url"),
    ],
    ids=str,
)
def test_what_is_no_json_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        checked_rule(FaultRule("poll", Effect("set_field", arguments)))
    assert said in str(refused.value)


def test_a_value_is_nested_only_so_deep() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    with pytest.raises(BadRequest, match="it is a JSON value"):
        checked_rule(FaultRule("poll", Effect("set_field", {"value": deep})))


def test_the_body_is_about_a_stranger() -> None:
    body = {"id": f"{JOB}-u1", "url": f"http://x/{JOB}-u1/y"}
    assert changed("other_job", body, f"{JOB}-u1") == {"id": f"{STRANGER}-u1", "url": f"http://x/{STRANGER}-u1/y"}


@pytest.mark.parametrize("body", [{"data": []}, {"data": [{"taskUUID": JOB, "videoUUID": "v"}]}, {"errors": []}, None])
def test_items_of_a_stranger_come_first(body: Any) -> None:
    first, *others = changed("other_items", body)["data"]
    assert first["taskUUID"] == first["videoUUID"] == STRANGER
    assert others == (body or {}).get("data", [])


def test_a_field_more_is_in_every_object() -> None:
    new = {"new": True}
    assert changed("extra_field=x", {"a": [{}, 1]}) == {"a": [{"x": new}, 1], "x": new}
    assert changed("extra_field=x", None) == {"x": new}


def test_a_body_without_a_status_gets_the_unknown_one() -> None:
    assert changed("unknown_status=LATER", {"a": 1}) == {"a": 1, "status": "LATER"}


@pytest.mark.parametrize(
    ("marker", "hidden"),
    [
        ("unknown_status", True),
        ("missing_field=status", True),
        ("missing_field=/output", True),
        ("set_field=/output value=null", True),
        ("set_field=/error value=null", False),
        ("missing_field=seed", False),
        ("extra_field", False),
    ],
)
def test_a_client_that_does_not_learn_state_or_address_was_told_nothing(marker: str, hidden: bool) -> None:
    body = {"status": "COMPLETED", "output": {"url": "https://files.example/a.mp4"}, "seed": 1}
    assert (not told_in(body) <= told_in(changed(marker, body))) == hidden
