"""The words of evidence are the same four in every file that gives some, and in Python."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from vidmock import resources, strict_json
from vidmock.schema.evidence import Evidence, EvidenceKind, evidence_kind

KINDS = get_args(EvidenceKind)


def meta(name: str) -> Any:
    return strict_json.loads((resources.folder("schemas") / "meta" / f"{name}.json").read_bytes())


def test_a_models_evidence_begins_with_one_of_the_words() -> None:
    assert meta("model")["$defs"]["evidence"]["pattern"] == f"^({'|'.join(KINDS)})(: .+)?$"


@pytest.mark.parametrize("name", ["errors", "behaviours", "routes"])
def test_the_evidence_of_a_list_is_of_one_form(name: str) -> None:
    evidence = meta(name)["$defs"]["evidence"]
    assert evidence == meta("errors")["$defs"]["evidence"]
    assert evidence["properties"]["kind"]["enum"] == list(KINDS)
    assert set(evidence["properties"]) == set(Evidence.__slots__)


@pytest.mark.parametrize("date", ["2026", "2026-08", "2026-08-02"])
def test_a_date_is_a_year_a_month_or_a_day(date: str) -> None:
    pattern = meta("errors")["$defs"]["evidence"]["properties"]["date"]["pattern"]
    assert re.search(pattern, date)
    assert not any(re.search(pattern, wrong) for wrong in (date + "-", date.replace("2026", "26"), date + " or so"))


def test_evidence_reads_as_a_line() -> None:
    assert str(Evidence("documented", "errors page")) == "documented: errors page"
    assert str(Evidence("observed", "a report", "2026-08")) == "observed: a report (2026-08)"


@pytest.mark.parametrize("said", ["inferred", "inferred: no page says so: perhaps"])
def test_the_kind_is_the_word_before_the_colon(said: str) -> None:
    assert evidence_kind(said) == "inferred"
