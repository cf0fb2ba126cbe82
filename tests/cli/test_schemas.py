"""``vidmock schemas``: what is printed, written and found to differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.schema.own_models import PICTURES, changed, write_model

import vidmock
from vidmock.schema.catalog import models, providers

if TYPE_CHECKING:
    from tests.cli.conftest import Said

O1 = "klingai:kling@o1"
EDITS: list[tuple[str, Any, str]] = [
    ("properties/num_images/maximum", 8, "num_images: at most 4 before, at most 8 now"),
    ("properties/num_images/maximum", ..., "num_images: gone: at most 4"),
    ("properties/num_images/default", 1, "num_images: new: 1 if it is left out"),
    ("properties/prompt/minLength", 2, "prompt: at least 1 character before, at least 2 characters now"),
    ("required", [], "prompt: gone: required"),
    ("properties/size/additionalProperties", ..., "size: gone: no other member than these"),
    ("properties/size/additionalProperties", {"type": "null"}, "size.*: new: null"),
    ("properties/size/properties/width/multipleOf", 16, "size.width: a multiple of 8 before, a multiple of 16 now"),
    ("properties/prompt/type", ["string", "null"], "prompt: a text before, a text or null now"),
    ("properties/prompt/anyOf", [{"$ref": "#/$defs/a"}], 'prompt: new: any of [{"maxLength": 3}]'),
    ("properties/prompt/if", {"const": 1}, 'prompt: new: a condition: {"if": {"const": 1}}'),
    ("properties/prompt/items", False, "prompt.*: new: nothing is taken here"),
    ("properties/prompt/dependentRequired", {"a": ["b"]}, "prompt: new: a needs b"),
    ("properties/prompt/uniqueItems", True, "prompt: new: no item twice"),
    ("allOf", [{"required": ["size"]}], 'rule number 1: new: {"required": ["size"]}'),
    ("x-pricing/digits", 3, "x-pricing digits: 6 before, 3 now"),
]  # fmt: skip


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str, Any], str]:
    """Writes a schema by name, and gives its file."""

    def write(name: str, content: Any) -> str:
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(content, indent=1))
        return str(file)

    return write


def test_a_list_has_every_model_with_its_file(say: Callable[..., Said]) -> None:
    code, out, _ = say("schemas", "list")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [[m.provider, m.id, str(m.file)] for m in models()]
    one = next(
        one for one in json.loads(say("schemas", "list", "runpod", "--json")[1]) if one["model"] == "kling-video-o1-r2v"
    )
    assert (one["model"], Path(one["file"]).name) == ("kling-video-o1-r2v", "kling-video-o1-r2v.json")
    assert one["id"].startswith("https://vidmock.invalid/")


def test_a_schema_is_shown_in_words_or_as_it_is(say: Callable[..., Said]) -> None:
    lines = say("schemas", "show", "runware", O1)[1].splitlines()
    assert lines[0] == "the input: an object; no other member than these"
    assert "positivePrompt: required; a text; at least 2 characters; at most 2500 characters" in lines
    assert 'outputFormat: one of "MP4", "WEBM", "MOV"; "MP4" if it is left out' in lines
    assert "rule r11-fast-edits-only: is for edits only: it needs inputs.video" in lines
    assert json.loads(say("schemas", "show", "runware", O1, "--json")[1])["x-model"]["id"] == O1


def test_a_bundle_is_printed_or_written(say: Callable[..., Said], tmp_path: Path) -> None:
    code, out, _ = say("schemas", "bundle", "runware", O1)
    assert (code, json.loads(out)) == (0, vidmock.json_schema("runware", O1))
    code, out, _ = say("schemas", "bundle", "-o", str(tmp_path))
    assert (code, out.count("written: ")) == (0, 2 * len(models()) + 2 * len(providers()))
    written = json.loads((tmp_path / "runware" / "klingai-video-o1-pro.json").read_text("utf-8"))
    assert written == vidmock.json_schema("runware", O1)
    body = json.loads((tmp_path / "bodies" / "runware" / "klingai-video-o1-pro.json").read_text("utf-8"))
    assert body == json.loads(say("schemas", "bundle", "runware", O1, "--body")[1])
    assert body["type"] == "array"
    assert "policy" in json.loads((tmp_path / "requests" / "runpod.json").read_text("utf-8"))["properties"]
    answers = json.loads((tmp_path / "answers" / "runware.json").read_text("utf-8"))
    assert '"x-' not in json.dumps(answers)
    code, _, err = say("schemas", "bundle", "runware")
    assert (code, err) == (2, "vidmock: these are 4 schemas: name a provider and a model, or a folder with -o\n")


def test_generators_of_types_get_the_members_without_the_rules(say: Callable[..., Said], tmp_path: Path) -> None:
    whole = vidmock.json_schema("runware", O1)
    code, out, _ = say("schemas", "bundle", "runware", O1, "--members-only")
    members = json.loads(out)
    assert code == 0
    assert members["properties"] == whole["properties"]
    assert "allOf" not in members
    assert {*members["$defs"]} == {
        *("uuid", "url", "image-data-uri", "bare-base64", "image", "clip", "frame", "keep-original-sound")
    }
    assert all(members["$defs"][name] == whole["$defs"][name] for name in members["$defs"])
    say("schemas", "bundle", "fal", "-o", str(tmp_path), "--members-only")
    assert "$defs" not in json.loads((tmp_path / "fal" / "any-llm.json").read_text("utf-8"))


@pytest.mark.parametrize(("place", "value", "told"), EDITS, ids=[f"{place}={value}" for place, value, _ in EDITS])
def test_a_difference_is_told_in_words(
    say: Callable[..., Said], own: Callable[[str, Any], str], place: str, value: Any, told: str
) -> None:
    before = {**PICTURES, "$defs": {"a": {"maxLength": 3, "description": "Short."}}}
    plain = {key: each for key, each in before.items() if key != "x-model"}
    code, out, _ = say("schemas", "diff", own("old", plain), own("new", changed(place, value, plain)))
    assert told in out.splitlines()
    assert code == (told != "both say the same")


def test_two_models_are_compared_by_their_names(say: Callable[..., Said], tmp_path: Path) -> None:
    code, out, _ = say("schemas", "diff", f"runware/{O1}", f"runware/{O1}-standard")
    assert (code, out.splitlines()[0]) == (1, f'model: exactly "{O1}" before, exactly "{O1}-standard" now')
    assert "rule r11-fast-edits-only: gone: is for edits only: it needs inputs.video" in out
    file = write_model(tmp_path / "m.json")
    assert say("schemas", "diff", str(file), "fal/acme/pictures", "--models", str(file))[:2] == (
        0,
        "both say the same\n",
    )


def test_a_rule_that_judges_otherwise_in_the_same_words_is_told(
    say: Callable[..., Said], own: Callable[[str, Any], str]
) -> None:
    rule = {"title": "r", "description": "is never right", "required": ["a"]}
    old, new = {"allOf": [rule]}, {"allOf": [rule | {"required": ["b"]}]}
    code, out, _ = say("schemas", "diff", own("old", old), own("new", new))
    assert (code, out) == (1, "rule r: judged otherwise, in the same words: is never right\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "is no schema: one is an object"),
        ({"items": [{"$ref": "other.json"}]}, "refers to 'other.json', which is not in its $defs"),
        ({"$ref": 7}, "refers to 7, which"),
        ({"not": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "refer to each other more than 50,000 times"),
    ],
)
def test_what_is_no_schema_by_itself_is_not_compared(
    say: Callable[..., Said], own: Callable[[str, Any], str], content: Any, told: str
) -> None:
    code, _, err = say("schemas", "diff", own("wrong", content), f"runware/{O1}")
    assert code == 2
    assert told in err


def test_files_are_checked_with_file_and_line(say: Callable[..., Said], tmp_path: Path) -> None:
    right = write_model(tmp_path / "right.json")
    wrong = write_model(tmp_path / "wrong.json", changed("properties/prompt/minLenght", 2))
    code, out, _ = say("schemas", "check", str(right), str(wrong))
    assert code == 1
    assert out.splitlines() == [
        f"{right}: right: fal acme/pictures",
        f"{wrong}, line 22: /properties/prompt/minLenght is not a parameter here: did you mean 'minLength'?",
    ]
    assert say("schemas", "check", str(right))[0] == 0
    assert say("schemas", "check", str(tmp_path / "none.json"))[0] == 2


def test_a_shared_part_is_checked_for_its_form(say: Callable[..., Said], tmp_path: Path) -> None:
    shared = write_model(tmp_path / "shared" / "part.json", {"$defs": {"a": {"type": "string"}}})
    code, out, _ = say("schemas", "check", str(shared))
    assert (code, out) == (0, f"{shared}: right: a part that models share\n")
    shared.write_text('{"type": 5}')
    assert say("schemas", "check", str(shared))[0] == 1


def test_an_action_that_there_is_not_is_told_with_those_there_are(say: Callable[..., Said]) -> None:
    code, _, err = say("schemas", "chek")
    assert code == 2
    assert "there is no 'chek'. Did you mean 'check'? One of list, show, bundle, diff, check" in err
