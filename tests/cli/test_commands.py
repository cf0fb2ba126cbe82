"""Commands that look at requests and models: what they print, and how they end."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import vidmock
from vidmock import resources
from vidmock.schema.behaviours import known_behaviours
from vidmock.schema.catalog import providers
from vidmock.schema.errors import find_error

if TYPE_CHECKING:
    from tests.cli.conftest import Said

MODEL = "fal-ai/kling-video/o1/reference-to-video"
GOOD = '{"prompt": "a kite over dunes", "duration": "10"}'
BAD = '{"duration": 7}'


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        (tmp_path / "request.json").write_text(text)
        return str(tmp_path / "request.json")

    return write


def test_version(say: Callable[..., Said]) -> None:
    assert say("version") == (0, f"{vidmock.__version__}\n", "")


def test_models_are_listed_one_a_line(say: Callable[..., Said]) -> None:
    code, out, _ = say("models")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()} == {"eachlabs", "fal", "runpod", "runware"}
    assert any(MODEL in line for line in out.splitlines())


def test_models_of_one_provider_as_json(say: Callable[..., Said]) -> None:
    code, out, _ = say("models", "runware", "--json")
    assert code == 0
    models = json.loads(out)
    expected = {"klingai:kling@o1", "klingai:kling@o1-standard", "runware:100@1", "runware:101@1"}
    assert {model["id"] for model in models} == expected
    assert {"provider", "id", "name", "docs", "seconds"} <= set(models[0])


@pytest.mark.parametrize("provider", [None, *providers()])
def test_behaviours_are_listed_with_the_evidence_of_each_choice(say: Callable[..., Said], provider: str | None) -> None:
    code, out, _ = say("models", *[provider] * bool(provider), "--behaviours")
    expected = []
    for behaviour in known_behaviours(provider):
        expected.append(f"{behaviour.name}: {behaviour.about}")
        for value, choice in behaviour.choices.items():
            expected.append(f"{'*' if value == behaviour.default else ''} {value} {choice.meaning}".strip())
            expected += map(str, choice.evidence)
    assert code == 0
    assert [" ".join(line.split()) for line in out.splitlines()] == expected


def test_behaviours_as_json_have_all_that_the_files_have(say: Callable[..., Said]) -> None:
    code, out, _ = say("models", "runpod", "--behaviours", "--json")
    file = json.loads((resources.folder("schemas") / "behaviours" / "runpod.json").read_text("utf-8"))
    for behaviour in file["behaviours"]:
        for choice in behaviour["choices"].values():
            choice["evidence"] = [{"date": None} | evidence for evidence in choice["evidence"]]
    assert (code, json.loads(out)) == (0, file["behaviours"])


def test_behaviours_of_a_provider_that_is_none_are_an_error(say: Callable[..., Said]) -> None:
    code, _, error = say("models", "runpdo", "--behaviours")
    assert code == 2
    assert "Did you mean 'runpod'?" in error


def test_a_valid_request_is_called_valid(say: Callable[..., Said], file: Callable[[str], str]) -> None:
    assert say("validate", "fal", MODEL, file(GOOD)) == (0, "valid\n", "")
    assert say("validate", "fal", MODEL, file(GOOD), "--strict") == (0, "valid\n", "")
    code, out, _ = say("validate", "fal", MODEL, file(GOOD), "--json")
    assert (code, json.loads(out)) == (0, {"valid": True, "violations": [], "lints": []})


def test_a_warning_is_told_and_changes_no_exit_code(say: Callable[..., Said], file: Callable[[str], str]) -> None:
    task = {
        "taskType": "videoInference",
        "taskUUID": "6b7a3a3c-50c1-4f4e-8c8a-0a9b7a1f2c3d",
        "model": "klingai:kling@o1",
        "positivePrompt": "a kite",
        "width": 1920,
        "height": 1080,
        "duration": 5,
        "outputFormat": "mp4",
    }
    warning = "warning: [0].outputFormat: is taken as 'MP4', which is how the page has it (case)"
    words = ("validate", "runware", "klingai:kling@o1", file(json.dumps([task])))
    assert say(*words) == (0, f"valid\n{warning}\n", "")
    assert say(*words, "--strict") == (1, f"valid\n{warning}\n", "")
    assert say(*words, "--strict", "--json")[0] == 1
    code, out, _ = say(*words, "--json")
    told = json.loads(out)
    assert (code, told["valid"], told["violations"]) == (0, True, [])
    assert [(found["path"], found["rule"], found["answer"]) for found in told["lints"]] == [
        ("/0/outputFormat", "case", None)
    ]


def test_an_invalid_request_is_exit_code_1_and_a_line_for_each_fault(
    say: Callable[..., Said], file: Callable[[str], str]
) -> None:
    code, out, err = say("validate", "fal", MODEL, file(BAD))
    assert (code, err) == (1, "")
    assert [line.split(":")[0] for line in sorted(out.splitlines())] == ["duration", "prompt"]
    code, out, _ = say("validate", "fal", MODEL, file(BAD), "--json")
    said: dict[str, Any] = json.loads(out)
    assert (code, said["valid"]) == (1, False)
    assert {fault["path"] for fault in said["violations"]} == {"/prompt", "/duration"}
    assert "suggestion" not in said


def test_the_edit_that_makes_a_request_valid_is_the_last_line(
    say: Callable[..., Said], file: Callable[[str], str]
) -> None:
    bad = file('{"promt": "x", "duration": 5}')
    code, out, _ = say("validate", "fal", MODEL, bad)
    assert (code, out.splitlines()[-1]) == (1, 'suggestion: Rename promt to prompt; write "5" at duration.')
    _, out, _ = say("validate", "fal", MODEL, bad, "--json")
    assert json.loads(out)["suggestion"]["patch"] == [
        {"op": "move", "from": "/promt", "path": "/prompt"},
        {"op": "replace", "path": "/duration", "value": "5"},
    ]


@pytest.mark.parametrize(
    ("provider", "model", "sent", "answers"),
    [
        ("fal", MODEL, BAD, ["literal_error", "missing"]),
        ("runpod", "kling-video-o1-r2v", '{"prompt": 5}', ["invalid-input"] * 2),
        (
            "runware",
            "klingai:kling@o1",
            '{"taskType": "videoInference", "model": "klingai:kling@o1", "positivePrompt": "x", "seed": 1}',
            ["invalidPositivePromptLength", "missingInputs", "missingTaskUUID", "unsupportedParameter"],
        ),
    ],
    ids=["fal", "runpod", "runware"],
)
def test_each_fault_has_what_the_providers_catalogue_of_errors_has_for_it(
    say: Callable[..., Said],
    file: Callable[[str], str],
    provider: str,
    model: str,
    sent: str,
    answers: list[str],
) -> None:
    _, out, _ = say("validate", provider, model, file(sent), "--json")
    told = [fault["answer"] for fault in json.loads(out)["violations"]]
    assert sorted(answer["error"] for answer in told) == answers
    assert all(answer["status"] == find_error(answer["error"], provider).status for answer in told)


def test_an_envelope_is_opened_where_the_provider_has_one(say: Callable[..., Said], file: Callable[[str], str]) -> None:
    request = {"prompt": "x", "images": ["https://pictures.example/cat.png"]}
    for text in (json.dumps(request), json.dumps({"input": request})):
        assert say("validate", "runpod", "kling-video-o1-r2v", file(text))[0] == 0


def test_standard_input_is_a_dash(say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert say("validate", "fal", MODEL, "-")[:2] == (0, "valid\n")


def test_a_price_that_no_source_names_is_unknown_and_not_nothing(
    say: Callable[..., Said], file: Callable[[str], str]
) -> None:
    asked = ("price", "fal", "fal-ai/any-llm", file('{"prompt": "why?"}'))
    assert say(*asked)[:2] == (0, "unknown price\n")
    assert json.loads(say(*asked, "--json")[1]) == {
        "usd": None,
        "how": "unknown price",
        "evidence": "unstated",
        "inferred": [],
    }


def test_the_price_is_exact_and_says_how(say: Callable[..., Said], file: Callable[[str], str]) -> None:
    code, out, _ = say("price", "fal", MODEL, file(GOOD))
    assert code == 0
    assert out.startswith("$1.12")
    assert "10 s" in out
    code, out, _ = say("price", "fal", MODEL, file(GOOD), "--json")
    said = json.loads(out)
    assert (code, float(said["usd"])) == (0, 1.12)
    assert isinstance(said["usd"], str)
    assert {"how", "evidence"} <= set(said)
    assert said["inferred"] == []


def test_a_price_says_what_of_it_is_inferred(say: Callable[..., Said], file: Callable[[str], str]) -> None:
    _, out, _ = say("price", "eachlabs", NEXT, file(NEXT_SHOT))
    assert out.splitlines()[1].startswith("inferred: $0.14 per unit is documented; 1.2 units per second")


NEXT = "kling-o1-video-to-video-reference"
CLIP = "https://clips.example/walk.mp4"
NEXT_SHOT = f'{{"prompt": "the next shot", "video_url": "{CLIP}"}}'


def test_what_is_known_of_input_files_is_judged(
    say: Callable[..., Said], file: Callable[[str], str], tmp_path: Path
) -> None:
    known = tmp_path / "media.json"
    known.write_text(f'{{"{CLIP}": {{"seconds": 12}}}}')
    assert say("validate", "eachlabs", NEXT, file(NEXT_SHOT))[0] == 0
    code, out, _ = say("validate", "eachlabs", NEXT, file(NEXT_SHOT), "--media", str(known))
    assert code == 1
    assert out == (
        "video_url: this clip lasts 12 s; it must last 3 to 10 s (media-too-long) [INPUT_VALIDATION_ERROR]\n"
    )
    code, out, _ = say("validate", "eachlabs", NEXT, file(NEXT_SHOT), "--media", str(known), "--json")
    (told,) = json.loads(out)["violations"]
    assert (code, told["path"], told["rule"]) == (1, "/video_url", "media-too-long")


def test_a_clip_is_priced_by_what_is_known_of_it(
    say: Callable[..., Said], file: Callable[[str], str], tmp_path: Path
) -> None:
    known = tmp_path / "media.json"
    known.write_text(f'{{"{CLIP}": {{"seconds": 8.5}}}}')
    edit = {
        "taskType": "videoInference",
        "taskUUID": "4b240d50-1ef6-40ef-b186-290cc09b3413",
        "model": "klingai:kling@o1",
        "positivePrompt": "rain",
        "inputs": {"video": CLIP},
    }
    code, out, _ = say("price", "runware", "klingai:kling@o1", file(json.dumps(edit)), "--media", str(known))
    assert (code, out.split()[0]) == (0, "$1.512")


@pytest.mark.parametrize("command", ["validate", "price"])
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "media.json: line 1, column 2: the name of a member belongs here"),
        ("[]", "media.json: must be an object of URLs"),
        ('{"u": {"second": 5}}', "media.json: u: 'second' is none of seconds, width, height, bytes, format. Did you"),
        ('{"u": {"bytes": "1 MB"}}', "media.json: u: 'bytes' must be a whole number of bytes above 0; got '1 MB'"),
        (None, "cannot read "),
    ],
    ids=["json", "list", "fact", "value", "missing"],
)
def test_a_file_of_facts_that_makes_no_sense_is_exit_code_2(
    say: Callable[..., Said], file: Callable[[str], str], tmp_path: Path, command: str, text: str | None, says: str
) -> None:
    known = tmp_path / "media.json"
    if text is not None:
        known.write_text(text)
    code, out, err = say(command, "fal", MODEL, file(GOOD), "--media", str(known))
    assert (code, out) == (2, "")
    assert err.startswith("vidmock: --media: ")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["validate", "price"])
def test_an_input_that_is_empty_is_named(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    code, out, err = say(command, "fal", MODEL, "-")
    assert (code, out) == (2, "")
    assert err.startswith("vidmock: standard input is empty")


@pytest.mark.parametrize("command", ["validate", "price"])
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"prompt":\n "x",,}', "line 2, column 6"),
        ('{"prompt": NaN}', "NaN is not JSON"),
        ('{"a": 1, "a": 2}', "line 1, column 10: the key 'a' appears twice in one object"),
        ("", "request.json is empty: it must be a request, such as {"),
        (" \n", "request.json is empty"),
        ('{"prompt": "x"', "request.json is no JSON: line 1, column 15: a comma or the closing bracket belongs here"),
        ("prompt=x", "line 1, column 1: a value belongs here: an object"),
        ("{'prompt': 1}", "line 1, column 2: the name of a member belongs here, in double quotes"),
        ('{"prompt": "x}', "line 1, column 12: this text has no closing quote"),
        ("{} {}", "line 1, column 4: the JSON has ended before this"),
        ('{"prompt" 1}', "line 1, column 11: a colon belongs here"),
        ('"\n"', "line 1, column 2: a line break, or the like, is written as"),
        ('"\\x"', "line 1, column 2: no such escape"),
        ('"\\u12"', "line 1, column 3: four hexadecimal digits belong"),
        ("[" * 200 + "]" * 200, "nested too deeply"),
    ],
    ids=[
        *("syntax", "nan", "twice", "empty", "blank", "end", "form", "quotes", "open", "two", "colon", "break"),
        *("escape", "hexadecimal", "deep"),
    ],
)
def test_text_that_is_not_json_is_exit_code_2_with_the_place(
    say: Callable[..., Said], file: Callable[[str], str], command: str, text: str, says: str
) -> None:
    code, out, err = say(command, "fal", MODEL, file(text))
    assert (code, out) == (2, "")
    assert err.startswith("vidmock: ")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["validate", "price"])
@pytest.mark.parametrize(
    ("provider", "model", "says"),
    [
        ("fall", MODEL, "unknown provider 'fall'. Did you mean 'fal'?"),
        ("fal", "fal-ai/kling-video/o1/reference-to-vide", f"Did you mean '{MODEL}'?"),
    ],
    ids=["provider", "model"],
)
def test_what_is_not_there_is_exit_code_2_with_the_nearest(
    say: Callable[..., Said], file: Callable[[str], str], command: str, provider: str, model: str, says: str
) -> None:
    code, out, err = say(command, provider, model, file(GOOD))
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("command", "name"), [("validate", "missing.json"), ("price", "missing.json"), ("price", ".")])
def test_a_file_that_cannot_be_read_is_exit_code_2(
    say: Callable[..., Said], tmp_path: Path, command: str, name: str
) -> None:
    code, _, err = say(command, "fal", MODEL, str(tmp_path / name))
    assert code == 2
    assert err.startswith(f"vidmock: cannot read {tmp_path / name}: ")
    assert err.count("\n") == 1


def test_an_unknown_provider_has_no_models(say: Callable[..., Said]) -> None:
    assert say("models", "replicate")[0] == 2


@pytest.mark.parametrize("words", [[], ["nonsense"], ["validate"], ["serve", "--port", "x"], ["models", "--nope"]])
def test_a_command_that_makes_no_sense_is_exit_code_2_with_the_usage(
    say: Callable[..., Said], words: list[str]
) -> None:
    code, out, err = say(*words)
    assert (code, out) == (2, "")
    assert "usage: vidmock" in err


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["validate", "--help"]])
def test_help_is_printed(say: Callable[..., Said], words: list[str]) -> None:
    code, out, err = say(*words)
    assert (code, err) == (0, "")
    assert "usage: vidmock" in out


def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "vidmock", "models", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout
    assert command.stderr
    command.stdout.close()
    assert (command.wait(60), command.stderr.read()) == (0, b"")
    command.stderr.close()


def test_the_module_and_the_function_are_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "vidmock", "version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{vidmock.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("chek",), "argument COMMAND: there is no 'chek'. Did you mean 'check'? One of serve, run, "),
        (("env", "--shell", "fsh"), "argument --shell: there is no 'fsh'. Did you mean 'fish'? One of bash, "),
        (
            ("env", "--shell", "x"),
            "argument --shell: there is no 'x'. One of bash, fish, powershell, github, dotenv, json",
        ),
        (
            ("check", "a:B", "--provider", "fall"),
            "argument --provider: there is no 'fall'. Did you mean 'fal'? One of ",
        ),
    ],
)
def test_a_word_that_is_none_of_those_to_choose_from_names_the_nearest(
    say: Callable[..., Said], words: tuple[str, ...], why: str
) -> None:
    code, _, err = say(*words)
    assert (code, why in err) == (2, True), err


def test_the_providers_answer_is_told_with_what_is_wrong(say: Callable[..., Said], file: Callable[[str], str]) -> None:
    wrong = file('{"prompt": "x", "duration": 5}')
    code, out, _ = say("validate", "fal", MODEL, wrong, "--provider-answer")
    said, at_once, later = out.splitlines()[0], *out.splitlines()[-2:]
    assert (code, said[:10]) == (1, "duration: ")
    assert at_once.startswith('fal answers 200 {"status":"IN_QUEUE"')
    assert later.startswith('once the job has ended, fal answers 422 {"detail":[{"type":"literal_error"')
    _, out, _ = say("validate", "fal", MODEL, wrong, "--provider-answer", "--json")
    told = json.loads(out)["provider_answer"]
    assert (told["status"], told["later"]["status"]) == (200, 422)
    assert told["later"]["headers"]["x-fal-billable-units"] == "0"


def test_an_answer_has_no_answer(say: Callable[..., Said], file: Callable[[str], str]) -> None:
    code, _, error = say("validate", "--answer", "fal", file("{}"), "--provider-answer")
    assert (code, "--provider-answer is for requests" in error) == (2, True)
