"""A page's own requests against its own statements: the example wins, and the report says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vidmock.importer.model_file import ModelFile, file_stem, make_file
from vidmock.importer.page import ModelPage, NamedRule, PageExample, Parameter, Rate
from vidmock.importer.page_examples import MOST_RELAXED, heed_examples
from vidmock.importer.report import report_lines
from vidmock.schema.validate import find_violations

PROMPT = Parameter("prompt", "string", required=True, source="request › prompt")
SECONDS = Parameter(
    "duration", "integer", default=5, keywords={"minimum": 3, "maximum": 10}, source="request › duration"
)
CLOSED = Parameter("look", "object", members=(Parameter("film", "boolean"),), closed=True, source="request › look")
FRAMES = Parameter(
    "frames", "array", items=("string", "object"), members=(Parameter("image", "string", required=True),), source="it"
)
CUTS = Parameter("cuts", "array", members=(Parameter("at", "integer"),), source="request › cuts")
RULE = NamedRule(
    "short-only", ("/duration",), "must be at most 5", {"properties": {"duration": {"maximum": 5}}}, "prose"
)
PAGE = ModelPage(
    provider="runpod",
    form="a page",
    id="made-up",
    name="Made Up",
    docs="https://example.com/made-up",
    makes="video",
    parameters=(PROMPT, SECONDS, CLOSED, CUTS, FRAMES),
    rates=(Rate("0.1", "second", says="$0.1 per second"),),
    rules=(RULE,),
)


def heeded(page: ModelPage, *examples: PageExample) -> ModelFile:
    page = replace(page, examples=examples)
    return heed_examples(make_file(page), page)


@pytest.mark.parametrize(
    ("sent", "says", "we"),
    [
        ({"duration": 4}, "prompt is required", "let it be left out"),
        ({"prompt": "a", "duration": 2}, "duration must be at least 3", "leave minimum out"),
        ({"prompt": "a", "duration": 9}, "the rule short-only: must be at most 5", "leave the rule out"),
        ({"prompt": 1}, "prompt must be a string", "leave type out"),
        ({"prompt": "a", "look": {"grain": 1}}, "the page lists its parameters", "take any value for it"),
        ({"prompt": "a", "look": {"film": 1}}, "look.film must be true or false", "leave type out"),
        ({"prompt": "a", "cuts": [{"at": "x"}]}, "cuts[0].at must be an integer", "leave type out"),
        ({"prompt": "a", "frames": [{}]}, "frames[0].image is required", "let it be left out"),
        ({"prompt": "a", "frames": [1]}, "frames[0] is not what", "leave anyOf out"),
        ({"prompt": "a", "cuts": ["x"]}, "cuts[0] must be an object", "leave type out"),
    ],
)
def test_what_refuses_an_example_is_left_out_and_told(sent: dict[str, Any], says: str, we: str) -> None:
    file = heeded(PAGE, PageExample(sent, "of the request"))
    assert find_violations(file.model, sent) == ()
    (told,) = file.document["x-conflicts"]
    assert told["says"].startswith(says)
    assert "the example of the request" in told["but"]
    assert told["we"] == we
    assert f"contradiction: {says}" in "\n".join(report_lines(PAGE, file))


def test_an_example_of_another_model_is_left_out_and_changes_nothing() -> None:
    many = {f"p{number}": 1 for number in range(MOST_RELAXED + 1)}
    page = replace(PAGE, closed=True)
    file = heeded(page, PageExample({"prompt": "a", **many}, "number 1"), PageExample({"duration": 4}, "number 2"))
    assert file.document["properties"].keys() == make_file(page).document["properties"].keys()
    told = [(each["says"], each["but"]) for each in file.document["x-conflicts"]]
    assert told == [
        ("the page's statements on its parameters", "the example number 1 breaks more than 8 of them"),
        ("prompt is required", "the example number 2 leaves it out"),
    ]


@pytest.mark.parametrize(("cost", "told"), [(0.5, []), (0.6, ["the page has $0.6 for it"]), (None, [])])
def test_a_cost_that_the_prices_do_not_give_is_told(cost: float | None, told: list[str]) -> None:
    file = heeded(PAGE, PageExample({"prompt": "a"}, "of the request", cost))
    assert [each["but"] for each in file.document.get("x-conflicts", [])] == told


def test_a_cost_says_nothing_where_there_is_no_price() -> None:
    file = heeded(replace(PAGE, rates=(), price="ask us"), PageExample({"prompt": "a"}, "of the request", 3.0))
    assert "x-conflicts" not in file.document
    assert file.document["x-unsure"] == [
        {"at": "", "says": "ask us", "because": "its price: it is unknown until the file has one"}
    ]


def test_a_default_that_its_own_parameter_refuses_is_left_out() -> None:
    odd = Parameter("effect", "string", default="3052", keywords={"enum": ["33052", "1"]}, source="request › effect")
    file = heeded(replace(PAGE, parameters=(PROMPT, odd)))
    assert "default" not in file.document["properties"]["effect"]
    assert file.document["x-conflicts"][0]["says"] == "effect is '3052' by default"


@pytest.mark.parametrize(
    ("model_id", "aliases", "stem"),
    [
        ("fal-ai/veo3.1/fast", (), "veo3.1-fast"),
        ("openai:gpt-image@2", ("openai-gpt-image-2",), "openai-gpt-image-2"),
        ("../../etc/passwd", (), "etc-passwd"),
        ("..", (), "model"),
    ],
)
def test_a_file_is_named_after_its_model_and_never_leaves_its_folder(
    model_id: str, aliases: tuple[str, ...], stem: str
) -> None:
    assert file_stem(replace(PAGE, id=model_id, aliases=aliases)) == stem
