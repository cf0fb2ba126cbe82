"""Runware's page: the sentences that become rules, the facts below a heading, and the prices."""

from __future__ import annotations

from typing import Any

import pytest
from tests.importer.conftest import HERE

from vidmock.importer.forms import read_page
from vidmock.importer.model_file import make_file
from vidmock.importer.runware_rules import runware_rules
from vidmock.importer.source import SourceText
from vidmock.problems import BadRequest
from vidmock.schema.compiled import compile_verdict

PAGE = (HERE / "unseen" / "runware" / "google-nano-banana-pro.md").read_text("utf-8")
IMAGE = {"inputs": {"referenceImages": ["a"]}}
SIZE = {"width": 1, "height": 1}


@pytest.mark.parametrize(
    ("sentence", "names", "holds", "fails"),
    [
        (
            "Provide exactly one of: `inputs.frameImages` or `width/height`.",
            ["one-of-frameimages-width-height", "frameimages-without-width-height"],
            [{"inputs": {"frameImages": []}}, SIZE],
            [{}, {"inputs": {"frameImages": []}, "width": 1}],
        ),
        (
            "Either provide `inputs.referenceImages`, or specify `width/height`.",
            ["one-of-referenceimages-width-height"],
            [IMAGE, SIZE, {**IMAGE, **SIZE}],
            [{}, {"inputs": {}}],
        ),
        (
            "`resolution` cannot be used with `width/height`.",
            ["resolution-without-width-height"],
            [{"resolution": 1}, SIZE, {}],
            [{"resolution": 1, "height": 1}],
        ),
        ("`width` and `height` must be used together.", ["width-with-height"], [{}, SIZE], [{"width": 1}]),
        (
            "When `resolution` is provided, `inputs.referenceImages` is required.",
            ["referenceimages-beside-resolution"],
            [{}, {"resolution": 1, **IMAGE}],
            [{"resolution": 1}, {"resolution": 1, "inputs": {}}],
        ),
        (
            "When `a` or `b.c` is provided, `d` is limited to 2 items and `e` must be between `3` and `10`.",
            ["d-beside-a-or-b-c", "e-beside-a-or-b-c"],
            [{"d": [1, 2, 3]}, {"a": 1, "d": [1, 2], "e": 3}],
            [{"a": 1, "d": [1, 2, 3]}, {"b": {"c": 1}, "e": 11}],
        ),
        (
            "When `a` is provided, `d` is limited to `5`, `10`.",
            ["d-beside-a"],
            [{"d": 7}, {"a": 1, "d": 10}],
            [{"a": 1, "d": 7}],
        ),
    ],
)
def test_a_known_sentence_is_a_rule_with_a_name(
    sentence: str, names: list[str], holds: list[dict[str, Any]], fails: list[dict[str, Any]]
) -> None:
    rules, sizes, _ = runware_rules(f"\n{sentence}\n")
    assert ([rule.name for rule in rules], sizes) == (names, {})
    verdicts = [compile_verdict(rule.schema, {}) for rule in rules]
    assert all(verdict(sent) for verdict in verdicts for sent in holds)
    assert not any(all(verdict(sent) for verdict in verdicts) for sent in fails)


@pytest.mark.parametrize(
    "sentence",
    ["When `a` is provided, `b` is ignored.", "`a` needs a licence.", "Provide one of: `a` or `b`.", "x" * 5_000],
)
def test_any_other_sentence_is_a_note(sentence: str) -> None:
    rules, _, (note,) = runware_rules(f"`width` and `height` must be used together.\n\n---\n\n{sentence}")
    assert [rule.name for rule in rules] == ["width-with-height"]
    assert note.says == sentence


def test_a_table_of_sizes_is_a_rule_and_the_first_is_the_usual() -> None:
    file = make_file(read_page(SourceText("page", "", PAGE)))
    verdict = compile_verdict(file.document["$defs"]["a-size-of-this-model"], {})
    assert verdict({"width": 1264, "height": 848})
    assert verdict({"width": 1264})
    assert not verdict({"width": 848, "height": 848})


@pytest.mark.parametrize(
    ("prices", "rate"),
    [
        ("- **1080p · 1s**: `$0.1`", {"rate": "0.1", "x-evidence": "documented: pricing › 1080p · 1s: $0.1"}),
        (
            "- **720p · 5s**: `$0.5`\n- **720p · 10s**: `$1`",
            {"rate": "0.1", "x-evidence": "documented: pricing › 720p · 5s: $0.5"},
        ),
        ("From $0.138/image", {"rate": "0.138", "x-evidence": "documented: pricing › $0.138/image"}),
        ("Ask us.", {"rate": None, "x-evidence": "unstated: no price of the page could be read"}),
    ],
)
def test_prices_are_read_by_their_labels(prices: str, rate: dict[str, str]) -> None:
    head, _, rest = PAGE.partition("## Pricing")
    text = f"{head}## Pricing\n\n{prices}\n\n## Compatibility{rest.partition('## Compatibility')[2]}"
    (found,) = make_file(read_page(SourceText("page", "", text))).document["x-pricing"]["rates"]
    assert {key: found[key] for key in rate} == rate


def test_what_is_paired_belongs_together_without_a_sentence() -> None:
    text = PAGE.replace("`width` and `height` must be used together.", "Nothing.")
    page = read_page(SourceText("page", "", text))
    assert [rule.name for rule in page.rules].count("width-with-height") == 1


def test_a_list_of_objects_and_numbers_is_what_its_type_says() -> None:
    heading = "### [steps](https://x)\n\n- **Type**: `array of integers`\n\nText.\n\n"
    lists = heading + heading.replace("steps", "parts").replace("integers", "objects")
    lists += "#### [part](https://x)\n\n- **Path**: `parts.part`\n- **Type**: `boolean`\n- **Default**: `perhaps`\n\n"
    file = make_file(read_page(SourceText("page", "", PAGE.replace("**Settings**", f"{lists}**Settings**"))))
    assert file.document["properties"]["steps"]["items"] == {"type": "integer"}
    part = file.document["properties"]["parts"]["items"]["properties"]["part"]
    assert part["type"] == "boolean"
    assert "default" not in part


def test_a_page_without_parameters_is_told() -> None:
    text = PAGE.partition("## Request Parameters")[0] + "## Request Parameters\n\nNone.\n"
    with pytest.raises(BadRequest, match="names no parameter under Request Parameters"):
        read_page(SourceText("page", "", text))


def test_a_value_that_its_type_does_not_have_is_a_note() -> None:
    old = "- **Type**: `integer`\n- **Min**: `60`"
    assert old in PAGE
    page = read_page(SourceText("page", "", PAGE.replace(old, "- **Type**: `integer`\n- **Value**: `soon`")))
    (told,) = (parameter for parameter in page.parameters if parameter.name == "ttl")
    assert "const" not in told.keywords
    assert "Value: soon" in [note.says for note in page.notes if note.at == "/ttl"]
