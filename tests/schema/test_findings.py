"""How much is told of an input of which very much is wrong, and how much work that is."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from tests.schema.shapes import SHARED, one_of_many

import vidmock
from vidmock.problems import LONGEST_MISSPELT, Invalid, nearest
from vidmock.schema import catalog, compiled, misfits, similar_key
from vidmock.schema.catalog import Model
from vidmock.schema.explain import display_value
from vidmock.schema.findings import MOST_VIOLATIONS, BrokenPlaces, joined_findings, told_findings
from vidmock.schema.samples import samples_of
from vidmock.schema.validate import find_lints, find_violations
from vidmock.schema.violation import Violation

RUNPOD = catalog.find_model("runpod", "kling-video-o1-r2v")
FAL = catalog.find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
PRO = catalog.find_model("runware", "klingai:kling@o1")
MODELS = catalog.models()
WHOLE = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: compiled.is_type("integer", value))
STRICT: Any = extend(Draft202012Validator, type_checker=WHOLE)  # type: ignore[no-untyped-call] # jsonschema's gap


def test_of_very_many_violations_the_first_are_told_and_the_others_are_counted() -> None:
    violations = find_violations(RUNPOD, {"prompt": "x", "images": ["x"] * 20000})
    assert len(violations) == MOST_VIOLATIONS + 1
    assert violations[0].where == "images", "the list is too long"
    assert [violation.where for violation in violations[1:-1]] == [f"images[{number}]" for number in range(49)]
    assert (violations[-1].rule, violations[-1].value) == ("more", 19951)
    assert str(violations[-1]) == "and 19,951 more"
    assert str(Invalid(violations)).endswith("; and 19,951 more")
    assert told_findings(violations) == list(violations[:-1])


def test_exactly_as_many_as_are_told_leave_nothing_out() -> None:
    exactly = find_violations(FAL, {"prompt": "x", "image_urls": [7] * MOST_VIOLATIONS})
    assert len(exactly) == MOST_VIOLATIONS
    assert all(violation.keyword == "type" for violation in exactly)


@pytest.mark.parametrize("count", [1, MOST_VIOLATIONS, MOST_VIOLATIONS + 1, 2000])
def test_each_wrong_place_counts_once(count: int) -> None:
    dropped = find_lints(RUNPOD, {"prompt": "x", **{f"x{n}": 1 for n in range(count)}})
    assert _number(dropped) == count
    refused = find_violations(PRO, {f"x{n}": 1 for n in range(count)})
    assert _number(refused) == count + _number(find_violations(PRO, {}))


def _number(violations: tuple[Violation, ...]) -> int:
    told = told_findings(violations)
    return len(told) + sum(int(violation.value) for violation in violations if violation.rule == "more")


def test_what_two_sources_found_is_told_as_one() -> None:
    bad = {"prompt": "x", "image_urls": [*["https://a.b/c.bmp"] * 60, 1], "duration": 1}
    violations = vidmock.validate("fal", FAL.id, bad, {"https://a.b/c.bmp": {"format": "bmp"}})
    assert len(violations) == MOST_VIOLATIONS + 1
    alone = find_violations(FAL, bad)
    assert _number(violations) == _number(alone) + 60
    assert joined_findings(alone) == alone


def test_no_more_similar_names_are_looked_for_than_violations_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    plain, letters = difflib.get_close_matches, similar_key._distance

    def counting(word: str, *arguments: Any, **named: Any) -> list[str]:
        looked.append(word)
        return plain(word, *arguments, **named)

    def counting_letters(word: str, *arguments: Any) -> int:
        looked.append(word)
        return letters(word, *arguments)

    monkeypatch.setattr(difflib, "get_close_matches", counting)
    monkeypatch.setattr(similar_key, "_distance", counting_letters)
    find_violations(PRO, {f"promt{number}": 1 for number in range(5000)})
    find_lints(FAL, {f"promt{number}": 1 for number in range(5000)})
    assert 0 < len({*looked}) <= 2 * MOST_VIOLATIONS
    find_violations(FAL, {"prompt": "x", "aspect_ratio": "9" * (LONGEST_MISSPELT + 1)})
    find_violations(PRO, {"positivePrompts" * 10: "x"})
    assert all(len(word) <= LONGEST_MISSPELT for word in looked), "a long word is not compared"


def test_each_value_is_judged_a_fixed_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[object] = []
    plain = misfits.Walk.misfits

    def counting(self: misfits.Walk, schema: Any, value: Any, *rest: Any) -> Any:
        walked.append(value)
        return plain(self, schema, value, *rest)

    monkeypatch.setattr(misfits.Walk, "misfits", counting)
    find_violations(FAL, {"prompt": "x", "elements": [{}] * 10000})
    assert len(walked) < 10 * MOST_VIOLATIONS


def test_a_name_is_suggested_for_a_short_word_only() -> None:
    assert nearest("promt", ["prompt"]) == "prompt"
    assert nearest("p" * LONGEST_MISSPELT, ["p" * LONGEST_MISSPELT]) is not None
    assert nearest("p" * (LONGEST_MISSPELT + 1), ["p" * (LONGEST_MISSPELT + 1)]) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 10**6, '"' + "x" * 58 + "…"),
        ([1, [2, {"a": None}], True], '[1, [2, {"a": null}], true]'),
        ([7] * 10**6, "[" + "7, " * 19 + "7" + "…"),
        ({"k" * 100: 1}, '{"' + "k" * 57 + "…"),
        ({1: 2}, '{"1": 2}'),
        ((), "[]"),
        (object(), "a Python object"),
    ],
    ids=["string", "nested", "list", "key", "number as key", "tuple", "no JSON"],
)
def test_a_value_is_shown_in_one_line_whatever_its_size(value: Any, shown: str) -> None:
    assert display_value(value) == shown


def test_a_value_that_contains_itself_is_shown_too() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert display_value(endless) == "[" * 59 + "…"


def test_a_rule_is_not_asked_where_a_place_of_it_is_wrong() -> None:
    broken = BrokenPlaces([("inputs", "frameImages", 3)])
    assert broken.in_the_way_of([("inputs",)])
    assert broken.in_the_way_of([("inputs", "frameImages", "3", "image")])
    assert not broken.in_the_way_of([("inputs", "video"), ()])
    assert not broken.add(("inputs", "frameImages", 3))
    assert BrokenPlaces([()]).in_the_way_of([("width",)])


def _leaves(error: ValidationError) -> list[ValidationError]:
    return [leaf for inner in error.context or () for leaf in _leaves(inner)] or [error]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@SHARED
@given(data=st.data())
def test_what_jsonschema_finds_wrong_is_found_here_at_the_same_places(model: Model, data: st.DataObject) -> None:
    samples = samples_of(model)
    payloads = [*samples.valid, *(payload for fault in samples.faults for payload in fault.payloads)]
    first, second = one_of_many(data, payloads), one_of_many(data, payloads)
    names = sorted({*first, *second})
    mixed = {name: (first if name in first and data.draw(st.booleans()) else second).get(name) for name in names}
    fields = {key: value for key, value in model.schema.items() if key != "allOf"}
    errors = list(STRICT(fields).iter_errors(mixed))
    ours = {violation.path for violation in find_violations(model, mixed) if violation.keyword != "rule"}
    within = ("anyOf", "required", "additionalProperties")
    theirs = {tuple(error.absolute_path) for error in errors if error.validator not in within}
    assert theirs <= ours
    for error in errors:
        depth = len(error.absolute_path)
        assert any(path[:depth] == tuple(error.absolute_path) for path in ours), error.message
    inside = {tuple(leaf.absolute_path) for error in errors for leaf in _leaves(error)}
    missing = {(*error.absolute_path, name) for error in errors for leaf in _leaves(error) for name in _missing(leaf)}
    assert all(path in inside or path in missing or path[:-1] in inside for path in ours)


def _missing(error: ValidationError) -> list[str]:
    wanted: Any = error.validator_value
    return list(wanted) if error.validator == "required" else []
