"""What the pages and the cases say of real clients is what was measured."""

from __future__ import annotations

import re

import pytest
from tests.scoreboard.clients import CLIENTS
from tests.scoreboard.pages import HTML, MARKDOWN, RED, board, to_html, to_markdown

from vidmock.contract.case_files import shipped_cases

CITATIONS = [
    (case.id, package, version)
    for case in shipped_cases()
    for said in case.evidence
    for package, version in re.findall(r"measured on (\S+) ([0-9][0-9.]*[0-9])", said)
]


def test_the_board_has_every_client_in_the_version_that_is_installed() -> None:
    assert {name: entry["version"] for name, entry in board().items()} == {
        client.name: client.version for client in CLIENTS
    }


def test_the_board_finds_no_fault_of_the_kit() -> None:
    for name, entry in board().items():
        assert [case for case, said in entry["cases"].items() if said["verdict"] in ("kit error", "hung")] == [], name


def test_the_pages_are_as_the_board_has_it() -> None:
    seen = board()
    assert MARKDOWN.read_text("utf-8") == to_markdown(seen), "python -m tests.scoreboard --write"
    assert HTML.read_text("utf-8") == to_html(seen), "python -m tests.scoreboard --write"


@pytest.mark.parametrize(("case", "package", "version"), CITATIONS)
def test_what_is_cited_as_measured_is_red_where_it_is_on_the_board(case: str, package: str, version: str) -> None:
    entries = [board()[client.name] for client in CLIENTS if client.package == package]
    tried = [entry["cases"][case]["verdict"] for entry in entries if case in entry["cases"]]
    assert {entry["version"] for entry in entries} <= {version}
    assert not tried or {*RED} & {*tried}


def test_whatever_was_measured_names_its_client_and_version() -> None:
    said = [said for case in shipped_cases() for said in case.evidence if "measured" in said]
    assert len(said) == len(CITATIONS)
