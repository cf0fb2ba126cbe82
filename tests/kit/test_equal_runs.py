"""Verdicts that differ from one run to the next are told; those of a reference client do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kit.equal_runs import differences, main

FLIPS = """
from pathlib import Path
from vidmock.kit.client import Refused
from vidmock.kit.loading import load_module
Good = load_module(Path({good!r})).Client
runs = []

class Client(Good):
    def generate(self, *words, **named):
        runs.append(1)
        if len(runs) % 2:
            raise Refused("today I would rather not")
        return super().generate(*words, **named)
"""


def test_a_reference_client_is_judged_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["3", "--provider", "runpod", "--case", "CANC-02", "--case", "POLL-02"]) == 0
    assert capsys.readouterr().out == "runpod.py:Client with runpod, cases: 2, times: 3: equal\n"


def test_what_differs_is_told_with_how_often_it_was(
    contracts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file := tmp_path / "client.py").write_text(FLIPS.format(good=str(contracts / "clients" / "runpod.py")))
    assert main(["2", "--client", f"{file}:Client", "--provider", "runpod", "--case", "POLL-12"]) == 1
    first, *others = capsys.readouterr().out.splitlines()
    assert first == "client.py:Client with runpod, cases: 1, times: 2: NOT EQUAL"
    assert others == ["  POLL-12: failed told, 1 of 2 times", "  POLL-12: passed, 1 of 2 times"]


def test_two_runs_that_say_the_same_do_not_differ() -> None:
    one = frozenset({("POLL-01", "", "passed"), ("POLL-02", "a page", "failed wire")})
    assert differences([one, one]) == ()
    other = frozenset({("POLL-01", "", "passed"), ("POLL-02", "a page", "passed")})
    assert differences([one, one, other]) == (
        "POLL-02 a page: failed wire, 2 of 3 times",
        "POLL-02 a page: passed, 1 of 3 times",
    )


def test_a_client_needs_its_provider() -> None:
    with pytest.raises(SystemExit):
        main(["--client", "a:B"])
