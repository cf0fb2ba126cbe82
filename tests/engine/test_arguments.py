"""The arguments of effects: read from text, and refused where no client could be shown them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.rules import Moment
from vidmock.problems import BadRequest

HUGE = "9" * 5000
ALL = [(effect, name) for effect, kind in EFFECTS.items() for name in kind.arguments]


def complete(effect: str, given: dict[str, Any]) -> dict[str, Any]:
    return EFFECTS[effect].complete(given, Moment("before", ""))


@pytest.mark.parametrize(
    ("effect", "name", "value", "read"),
    [
        ("late", "seconds", "30", 30.0),
        ("late", "seconds", "2h", 7200.0),
        ("late", "seconds", 0, 0.0),
        ("edge_page", "status", "504", 504),
        ("edge_page", "status", 504.0, 504),
        ("edge_page", "nginx", "yes", True),
        ("edge_page", "nginx", False, False),
        ("truncated", "part", "0.25", 0.25),
        ("error", "code", 429, "429"),
        ("stuck", "state", "running", "running"),
        ("status", "text", "", ""),
    ],
)
def test_an_argument_is_read_as_what_it_is(effect: str, name: str, value: Any, read: Any) -> None:
    found = complete(effect, {name: value})
    assert found == {**EFFECTS[effect].defaults, name: read}
    assert type(found[name]) is type(read)


NONSENSE: dict[tuple[str, str], list[Any]] = {
    ("late", "seconds"): ["nan", "inf", "-1", -0.001, 1e308, int(HUGE[:400]), HUGE, True, None, [], "soon", "-2h"],
    ("rate_limit", "retry_after"): ["nan", -1],
    ("edge_page", "status"): [99, 100, 101, 600, 0, -1, 502.5, "502.5", "nan", HUGE, True],
    ("status", "code"): [100, 1000],
    ("media_gone", "status"): [199, "gone"],
    ("truncated", "part"): [-0.1, 1.1, "nan", 1e308],
    ("trickle", "bytes"): [0, -1, 2**30],
    ("webhook_repeated", "times"): [1, 0, -1, 101, 10**9],
    ("partial", "made"): [0, -1],
    ("stuck", "state"): ["bogus", "", 5],
    ("fail", "code"): ["", " ", "x" * 201, [], None],
    ("wrong_type", "type"): ["☃", "a\r\nb", "\0", "", "x" * 201],
    ("missing_field", "name"): ["", {}],
    ("edge_page", "nginx"): ["maybe", 2, None],
}


@pytest.mark.parametrize(
    ("effect", "name", "value"), [(*place, value) for place, values in NONSENSE.items() for value in values], ids=str
)
def test_nonsense_is_refused_with_what_would_be_right(effect: str, name: str, value: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        complete(effect, {name: value})
    said = str(refused.value)
    assert f"{effect}'s {name} cannot be" in said
    assert "; it is " in said
    assert len(said) < 250


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=2)
)


@given(place=st.sampled_from(ALL), value=ANYTHING)
def test_whatever_is_given_is_read_or_refused(place: tuple[str, str], value: Any) -> None:
    effect, name = place
    defaults = EFFECTS[effect].defaults
    try:
        found = complete(effect, {name: value})
    except BadRequest:
        return
    kind = EFFECTS[effect].arguments[name].type
    # Any JSON value is an object to Python.
    assert type(found[name]) is type(defaults[name]) or kind is object
    assert complete(effect, {name: found[name]}) == found


@pytest.mark.parametrize(("effect", "name"), ALL, ids=str)
def test_a_default_is_a_good_value(effect: str, name: str) -> None:
    default = EFFECTS[effect].defaults[name]
    if default != "" or name == "text":
        assert complete(effect, {name: default})[name] == default
