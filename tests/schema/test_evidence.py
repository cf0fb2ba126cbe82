"""The words of evidence are the same six in every file that gives some, and in Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from vidmock import resources, strict_json
from vidmock.schema.catalog import models
from vidmock.schema.evidence import Evidence, EvidenceKind, read_evidence, stated_evidence
from vidmock.schema.references import reference_target

KINDS = get_args(EvidenceKind)


SEEN = re.compile(r"\b(answers?|captured|failed|live|notes?|outputs|probe|records?|reports?|results)\b|#\d+")
"""Words of somebody who has seen what the provider does."""


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


def _all_evidence(part: object) -> Iterator[tuple[str, str]]:
    """The kind and place of each evidence in a file under ``schemas/``."""
    if isinstance(part, dict):
        if {"kind", "where"} <= part.keys():
            yield part["kind"], part["where"]
        said = part.get("x-evidence", ())
        for each in said.values() if isinstance(said, dict) else [said] if said else []:
            kind, _, where = each.partition(": ")
            yield kind, where
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _all_evidence(inner)


def _is_mislabelled(kind: str, where: str) -> bool:
    """Whether what a source says was only read and is called observed, or the other way round."""
    seen = bool(SEEN.search(where))
    return (kind == "observed" and not seen) or (kind == "client" and seen)


@pytest.mark.parametrize("file", sorted(resources.folder("schemas").rglob("*.json")), ids=lambda file: str(file.stem))
def test_what_was_read_in_a_clients_source_is_not_called_observed(file: Path) -> None:
    evidence = [] if file.parent.name == "meta" else list(_all_evidence(strict_json.loads(file.read_bytes())))
    assert [each for each in evidence if _is_mislabelled(*each)] == []


@pytest.mark.parametrize(
    ("kind", "where", "wrong"),
    [
        ("observed", "fal-client, client.py", True),
        ("observed", "every client sends it so", True),
        ("observed", "a client's record of an answer", False),
        ("client", "a client's record of an answer", True),
        ("client", "fal-client, client.py", False),
        ("inferred", "every client sends it so", False),
    ],
)
def test_a_wrong_label_is_found(kind: str, where: str, *, wrong: bool) -> None:
    assert _is_mislabelled(kind, where) == wrong


@pytest.mark.parametrize("date", ["2026", "2026-08", "2026-08-02"])
def test_a_date_is_a_year_a_month_or_a_day(date: str) -> None:
    pattern = meta("errors")["$defs"]["evidence"]["properties"]["date"]["pattern"]
    assert re.search(pattern, date)
    assert not any(re.search(pattern, wrong) for wrong in (date + "-", date.replace("2026", "26"), date + " or so"))


def test_evidence_reads_as_a_line() -> None:
    assert str(Evidence("documented", "errors page")) == "documented: errors page"
    assert str(Evidence("observed", "a report", "2026-08")) == "observed: a report (2026-08)"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("inferred", Evidence("inferred", "")),
        ("inferred: no page says so: perhaps", Evidence("inferred", "no page says so: perhaps")),
        ("documented: request › seed (2026-11-02)", Evidence("documented", "request › seed", "2026-11-02")),
        ("example: the reply (an old one)", Evidence("example", "the reply (an old one)")),
    ],
)
def test_the_kind_is_the_word_before_the_colon_and_a_date_stands_in_brackets(said: str, read: Evidence) -> None:
    assert read_evidence(said) == read
    assert str(read) == said


@pytest.mark.parametrize(
    ("keyword", "stated"),
    [
        ("minimum", Evidence("inferred", "of its own")),
        ("pattern", Evidence("documented", "the reference")),
        ("maximum", Evidence("documented", "the reference")),
    ],
)
def test_the_innermost_schema_that_speaks_of_a_keyword_counts(keyword: str, stated: Evidence) -> None:
    outer = {"x-evidence": "documented: the object"}
    reference = {"$ref": "#/$defs/x", "x-evidence": {"reference": "documented: the reference"}}
    target = {"minimum": 1, "pattern": "x", "x-evidence": {"minimum": "inferred: of its own"}}
    assert stated_evidence([outer, reference, target], keyword) == stated
    assert stated_evidence([outer, target], "pattern") == Evidence("documented", "the object")


def test_where_nothing_is_said_nothing_is_called_documented() -> None:
    assert stated_evidence([{}, {"x-evidence": {"type": "documented: page › x"}}], "minimum") == Evidence(
        "unstated", ""
    )


def facts_of_files(root: Any, node: Any, chain: tuple[Any, ...], place: str = "") -> Iterator[tuple[str, Evidence]]:
    """Each fact that *node*, a schema in *root*, has of files, with its evidence: that of the schemas around counts."""
    if not isinstance(node, dict):
        return
    chain = (*chain, node)
    said = node.get("x-media", [])
    for limits in said if isinstance(said, list) else [said]:
        for fact in limits.keys() - {"when", "x-evidence"}:
            yield f"{place} {fact}", stated_evidence((*chain, limits), fact)
    if "$ref" in node:
        yield from facts_of_files(root, reference_target(root, node), chain, place)
    for name, member in node.get("properties", {}).items():
        yield from facts_of_files(root, member, chain, f"{place}/{name}")
    for inner in (*node.get("anyOf", ()), *node.get("oneOf", ()), node.get("items")):
        yield from facts_of_files(root, inner, chain, place)


def test_every_shipped_model_says_why_an_input_is_an_object_and_what_its_files_are() -> None:
    assert {model.id for model in models() if not stated_evidence([model.schema], "type").where} == set()
    assert {
        model.id for model in models() if not stated_evidence([model.schema], "additionalProperties").where
    } == set()
    facts = {
        (model.id, place, said.where)
        for model in models()
        for place, said in facts_of_files(model.schema, dict(model.schema), ())
    }
    assert {(name, place) for name, place, where in facts if not where} == set()
    assert len({name for name, _, _ in facts}) > 15
