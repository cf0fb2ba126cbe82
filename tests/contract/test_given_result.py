"""What a client gives in place of a result: it is told what would be one, once where it is so in every call."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from vidmock.cli import main
from vidmock.contract.given_result import NoResult, as_result
from vidmock.kit.client import Result

FORM = (
    "Right is vidmock.kit.client.Result(videos, job_id, cost): a tuple of bytes or Paths, a str, and a Decimal or None"
)


def _result(videos: Any = (b"",), job: Any = "a-job", cost: Any = None) -> Result:
    return Result(videos, job, cost)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "the call gave None, and no Result"),
        (Path("a.mp4"), "the call gave a PosixPath, and no Result"),
        (_result("a.mp4"), "the result's videos are a str"),
        (_result(b"bytes"), "the result's videos are a bytes"),
        (_result(("https://files.example/a.mp4",)), "one of the result's videos is a str"),
        (_result(job=7), "the result's job_id is an int"),
        (_result(cost=0.56), "the result's cost is the float 0.56, and must be Decimal('0.56')"),
    ],
    ids=str,
)
def test_what_is_no_result_is_told_with_what_would_be_one(given: object, said: str) -> None:
    found = as_result(given)
    assert isinstance(found, NoResult)
    assert str(found) == f"{said}. {FORM}"


@pytest.mark.parametrize("given", [_result(), _result(()), _result(cost=Decimal("0.56")), _result((Path(__file__),))])
def test_a_result_is_taken_as_it_is(given: Result) -> None:
    assert as_result(given) is given


GOOD = Path(__file__).parents[2] / "contracts" / "clients" / "runpod.py"
CLIENT = """
from pathlib import Path

from vidmock.kit.loading import load_module

class Client(load_module(Path({good!r})).Client):
    def generate(self, model, input, *, deadline):
        result = super().generate(model, input, deadline=deadline)
        return {gives}

class Short(Client):
    def generate(self, model, input):
        return None
"""


def _client(tmp_path: Path, gives: str, name: str = "Client") -> str:
    file = tmp_path / f"client_{abs(hash(gives))}.py"
    file.write_text(CLIENT.format(gives=gives, good=str(GOOD)), "utf-8")
    return f"{file}:{name}"


def test_who_gives_no_result_when_nothing_goes_wrong_is_not_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", _client(tmp_path, "result.videos[0]"), "--provider", "runpod"])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert "nothing went wrong, and the call gave a" in err
    assert FORM in err


def test_who_cannot_be_called_is_not_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", _client(tmp_path, "result", "Short"), "--provider", "runpod"])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert "its generate(model, input) is called as generate(model, input, deadline=…): got an unexpected" in err


def test_who_gives_no_result_when_something_goes_wrong_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gives = "result.job_id if input.get('duration') == 3 else result"
    main(["check", _client(tmp_path, gives), "--provider", "runpod", "--case", "VAL-03"])
    out, _ = capsys.readouterr()
    assert "VAL-03    FAILED" in out
    assert "told: the call gave a str, and no Result. Right is" in out
