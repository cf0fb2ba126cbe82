"""Files of cases: what comes with the package, and what is said of a file that makes no sense."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from tests.case_table import PAGE, not_covered, with_tables

from vidmock import resources
from vidmock.contract.case_files import find_cases, read_cases, shipped_cases
from vidmock.contract.standing_sets import required_cases, requirement_files
from vidmock.problems import BadRequest

CASES = shipped_cases()
GOOD = """\
- id: POLL-99
  asks: A look fails.
  must: The client looks again.
  severity: S2
  evidence: [somewhere#1]
  deadline: 2m
  scripts:
    - {name: one, faults: [{effect: lost, phase: poll, times: 1}]}
    - {name: two, deadline: 30, told: [refused, unknown], wire: {spent: "0", waits: 20s}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cases.yaml"


def test_every_case_has_a_name_of_its_own_and_says_what_must_hold() -> None:
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids)) > 40
    assert all(case.asks.endswith(".") and case.must.endswith(".") and case.evidence for case in CASES)


def test_the_page_lists_every_case() -> None:
    page = PAGE.read_text("utf-8")
    assert with_tables(page) == page, "python -m tests.case_table writes it anew"


def test_what_is_no_case_says_why_and_is_none() -> None:
    reasons = not_covered()
    assert not reasons.keys() & {case.id for case in CASES}
    assert all(re.fullmatch(r"[A-Z]+-\d\d", check) and why.endswith(".") for check, why in reasons.items())


def test_each_kind_stands_in_one_file() -> None:
    folder = resources.folder("contracts") / "cases"
    kinds = [{case.id.partition("-")[0] for case in read_cases(file)} for file in sorted(folder.glob("*.yaml"))]
    assert sum(map(len, kinds)) == len(set().union(*kinds))


def test_a_script_has_what_its_case_says_and_not_it(file: Path) -> None:
    file.write_text(GOOD)
    (case,) = read_cases(file)
    one, two = case.scripts
    assert [one.deadline, two.deadline] == [120, 30]
    assert [one.told, two.told] == [("video",), ("refused", "unknown")]
    assert [rule.effect.name for rule in one.scenario.faults] == ["lost"]
    assert [two.wire.spent, two.wire.waits] == [Decimal(0), 20]
    assert one.played["faults"] == [{"effect": "lost", "phase": "poll", "times": 1}]


def test_a_case_says_which_provider_asks_for_it(file: Path) -> None:
    file.write_text(GOOD.replace("  deadline: 2m", "  documented: {fal: its page of webhooks}"))
    assert read_cases(file)[0].documented == {"fal": "its page of webhooks"}


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("severity: S2", "severity: S9", 4, "S9"),
        ("id: POLL-99", "id: poll", 1, "id"),
        ("  must: The client looks again.\n", "", 1, "must"),
        ("effect: lost", "effect: lots", 1, "POLL-99: .*lots.*lost"),
        ("spent:", "spend:", 9, "spend"),
        ("deadline: 2m", "deadline: soon", 1, "soon"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line(file: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(BadRequest) as refused:
        read_cases(file)
    assert re.search(rf"cases\.yaml, line {line}: .*{said}", str(refused.value), re.DOTALL), refused.value


def test_cases_are_found_by_id_and_by_kind() -> None:
    assert [case.id for case in find_cases("POLL-01", CASES)] == ["POLL-01"]
    assert {case.id.partition("-")[0] for case in find_cases("HOOK", CASES)} == {"HOOK"}
    with pytest.raises(BadRequest, match=r"no case 'POL-01'. Did you mean 'POLL-01'"):
        find_cases("POL-01", CASES)


@pytest.mark.parametrize("name", requirement_files())
def test_what_a_set_requires_is_there(name: str) -> None:
    required = required_cases(name)
    assert required
    assert required <= {case.id for case in shipped_cases()}
