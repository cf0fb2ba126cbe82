"""Eachlabs' tables: one line and many, nine meanings of one column, and cells that hold what they should not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.importer.conftest import HERE

from vidmock.importer.eachlabs_table import eachlabs_parameter, eachlabs_rows, read_constraints
from vidmock.importer.forms import read_page
from vidmock.importer.model_file import make_file
from vidmock.importer.page import NOTHING, Unsure
from vidmock.importer.source import SourceText
from vidmock.problems import BadRequest

LINE = (HERE / "unseen" / "eachlabs" / "nano-banana.txt").read_text("utf-8")
TABLE = (HERE / "unseen" / "eachlabs" / "wan-v2-6-text-to-video.mdx").read_text("utf-8")


@pytest.mark.parametrize(
    ("said", "kind", "keywords"),
    [
        ("-", "string", {}),
        ("—", "array", {}),
        ("0–4", "array", {"maxItems": 4}),
        ("1–4", "array", {"minItems": 1, "maxItems": 4}),
        ("1.5–10", "number", {"minimum": 1.5, "maximum": 10}),
        ("0-35", "integer", {"minimum": 0, "maximum": 35}),
        ("auto,16:9,9:16", "string", {"enum": ["auto", "16:9", "9:16"]}),
        ("1, 2, 3", "integer", {"enum": [1, 2, 3]}),
        ("5,10", "string", {"enum": ["5", "10"]}),
        ("3:2,,3:4,3:2", "string", {"enum": ["3:2", "3:4"]}),
        ('{"hug": {"title": "Hug"}, "kiss": {}}', "string", {"enum": ["hug", "kiss"]}),
    ],
)
def test_constraints_that_are_plain_are_keywords(said: str, kind: str, keywords: dict[str, Any]) -> None:
    assert read_constraints(said, kind) == (keywords, "")


@pytest.mark.parametrize(
    ("said", "kind", "because"),
    [
        ("0–1", "string", "neither the length nor the value"),
        ("1.5–2", "array", "neither the length nor the value"),
        ("customize", "string", "one value alone"),
        ("image/jpeg, image/png", "string", "media types"),
        ("[,',5,1,2", "string", "character by character"),
        ("lower,uppe...", "string", "cut off"),
        ("a,b", "integer", "no values of type integer"),
        ("a,b", "", "no values of type unknown"),
        ('{"hug": ', "string", "breaks off"),
        ("{}", "string", "empty JSON object"),
    ],
)
def test_any_other_constraints_are_a_note(said: str, kind: str, because: str) -> None:
    keywords, doubt = read_constraints(said, kind)
    assert keywords == {}
    assert because in doubt


HEAD = "| Parameter | Type | Required | Default | Constraints | Description | |---|---|---|---|---|---| "


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        ("| a | string | Yes | - | - | Text - with - bullets |", [("a", "Text - with - bullets")]),
        ("| a | string | Yes | - | - | one | two | | b | integer | No | 1 | - | - |", [("a", "one | two"), ("b", "-")]),
        ("| a | string | Yes | - | - |  | | b | integer | No | 1 | - | [0-3s] |", [("a", ""), ("b", "[0-3s]")]),
        ("| a | string | | b | string | Yes | - | - | cut |", [("a", ""), ("b", "cut")]),
        ("", []),
    ],
)
def test_rows_on_one_line_are_parted(rows: str, read: list[tuple[str, str]]) -> None:
    assert [(row["parameter"], row.get("description", "")) for row in eachlabs_rows(HEAD + rows)] == read


def test_a_text_without_a_table_has_no_rows() -> None:
    assert [*eachlabs_rows("No input parameters documented.")] == []
    assert [*eachlabs_rows("| Parameter | Type | Required | and no more")] == []


@pytest.mark.parametrize(
    ("row", "name", "default", "notes"),
    [
        ({"parameter": "`seed`", "type": "integer", "default": "random"}, "seed", NOTHING, ["default: random"]),
        ({"parameter": "safe boolean", "type": "boolean", "default": '"True"'}, "safe", True, []),
        ({"parameter": "n", "type": "integer", "default": '"1"', "required": "Yes"}, "n", 1, []),
        ({"parameter": "style", "type": "thing", "default": "`-`"}, "style", NOTHING, []),
    ],
)
def test_a_cell_may_hold_more_than_it_should(row: dict[str, str], name: str, default: Any, notes: list[str]) -> None:
    left = list[Unsure]()
    parameter = eachlabs_parameter(row, "input schema", left)
    assert parameter
    assert (parameter.name, parameter.default) == (name, default)
    assert [note.says for note in left] == notes
    assert parameter.required == (row.get("required") == "Yes")


def test_a_row_without_a_name_is_none() -> None:
    assert eachlabs_parameter({"parameter": "-"}, "input schema", []) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (LINE.replace("nano-banana - **Branded", "Nano Banana! - **Branded"), "has no slug"),
        (
            LINE.partition("## Input Schema")[0] + "## Input Schema No input parameters documented.",
            "names no parameter",
        ),
    ],
)
def test_a_page_that_lacks_what_matters_is_told(text: str, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        read_page(SourceText("page", "", text))


@pytest.mark.parametrize(
    ("old", "new", "makes"),
    [
        ("Output Type:** array", "Output Type:** video", "image"),
        ("Text to Image", "Text to Speech", "audio"),
        ("Text to Image", "Image to Video", "video"),
        ("Text to Image", "Speech to Text", "text"),
        ("Text to Image", "Something", "video"),
    ],
)
def test_what_it_makes_is_the_end_of_its_category(old: str, new: str, makes: str) -> None:
    assert read_page(SourceText("page", "", LINE.replace(old, new))).makes == makes


def test_a_time_of_nothing_and_an_address_that_is_none_are_not_taken() -> None:
    text = LINE.replace("5 seconds", "0 seconds").replace("https://www.eachlabs.ai/google", "javascript:")
    head = make_file(read_page(SourceText("page", "", text))).document["x-model"]
    assert head["docs"] == "https://www.eachlabs.ai/ai-models/nano-banana"
    assert head["x-evidence"].startswith("inferred: the page gives no processing time")
    page = read_page(SourceText("page", "", TABLE))
    assert (page.makes, page.docs) == ("video", "https://www.eachlabs.ai/ai-models/wan-v2-6-text-to-video")
