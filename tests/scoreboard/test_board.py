"""What the pages and the cases say of real clients is what was measured."""

from __future__ import annotations

import re

import pytest
from tests.scoreboard.clients import CLIENTS, NOT_TRIED
from tests.scoreboard.measure import clients_of
from tests.scoreboard.pages import HTML, MARKDOWN, RED, board, to_html, to_markdown

from vidmock.contract import real_time
from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.script_run import features_of
from vidmock.contract.standing_sets import required_cases, requirement_files
from vidmock.contract.verdict import judge_case

MEASURED = re.compile(r"\b(measured|seen with)\b")
SAID = [(case.id, said) for case in shipped_cases() for said in case.evidence if MEASURED.search(said)]
NAMED = re.compile(r"measured on (\S+) ([0-9][0-9.]*[0-9])\b")


def test_the_board_has_every_client_in_the_version_that_is_pinned() -> None:
    assert {name: entry["version"] for name, entry in board().items()} == {
        client.name: client.version for client in CLIENTS
    }


def test_what_is_not_tried_is_not_on_the_board_and_has_its_reason() -> None:
    assert not {*NOT_TRIED} & {client.package for client in CLIENTS}
    assert all(NOT_TRIED.values())


def test_the_board_finds_no_fault_of_the_kit() -> None:
    for name, entry in board().items():
        assert [case for case, said in entry["cases"].items() if said["verdict"] == "kit error"] == [], name


def test_only_a_client_without_a_time_limit_hangs() -> None:
    endless = {client.name for client in CLIENTS if client.endless}
    hung = {name for name, entry in board().items() for said in entry["cases"].values() if said["verdict"] == "hung"}
    assert hung <= endless


def test_every_client_is_measured_with_every_case_that_is_required() -> None:
    required = required_cases(max(requirement_files()))
    assert {name: required - {*entry["cases"]} for name, entry in board().items()} == {
        client.name: frozenset() for client in CLIENTS
    }


def test_the_pages_are_as_the_board_has_it() -> None:
    seen = board()
    assert MARKDOWN.read_text("utf-8") == to_markdown(seen), "python -m tests.scoreboard --write"
    assert HTML.read_text("utf-8") == to_html(seen), "python -m tests.scoreboard --write"


@pytest.mark.parametrize(("case", "said"), SAID)
def test_what_is_cited_as_measured_is_red_on_the_board(case: str, said: str) -> None:
    named = NAMED.search(said)
    assert named, f"measured on PACKAGE VERSION: {said}"
    package, version = named.groups()
    cited = [client for client in CLIENTS if (client.package, client.version) == (package, version)]
    assert cited, f"{package} {version} is not on the board"
    assert {*RED} & {board()[client.name]["cases"].get(case, {}).get("verdict") for client in cited}


def test_a_program_is_tried_as_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_time, "SHORTER", 2000.0)
    (client,) = (each for each in CLIENTS if each.package == "@eachlabs/aiflow")
    (case,) = find_cases("VAL-03", shipped_cases())
    with clients_of(client) as make:
        report = judge_case(case, client.provider, make, features_of(client.provider, make))
    assert report.verdict == "passed", report
