"""The table of who kills what."""

from __future__ import annotations

from dataclasses import replace

from tests.kit.mutants.catalogue import load_bugs
from tests.kit.mutants.fates import Fate, killed_by, only_killers, table_lines

SAMPLE = replace(load_bugs()[0], id="a", kills=frozenset({"SPEND"}))
PAYS_TWICE = Fate(SAMPLE, frozenset({"SPEND-01", "POLL-02"}))
HURRIES = Fate(replace(SAMPLE, id="bb"), frozenset({"POLL-02"}))
LIVES = Fate(
    replace(SAMPLE, id="c", does="lives", costs="time", kills=frozenset({"HOOK", "SEC"})),
    frozenset(),
    frozenset({"HOOK-02", "HOOK-01"}),
)
FATES = (PAYS_TWICE, HURRIES, LIVES)


def test_a_bug_is_killed_as_foretold_by_a_case_of_a_kind_that_it_names() -> None:
    assert [fate.as_foretold for fate in FATES] == [True, False, False]


def test_a_case_is_told_with_what_it_kills_and_what_it_alone_kills() -> None:
    assert killed_by(FATES, ["POLL-02", "SEC-01"]) == {"POLL-02": (PAYS_TWICE, HURRIES), "SEC-01": ()}
    assert only_killers(FATES) == {"POLL-02": (HURRIES,)}


def test_the_table_has_each_bug_each_case_and_the_share() -> None:
    assert list(table_lines(FATES, ["POLL-02", "SEC-01", "SPEND-01"])) == [
        "a   POLL-02 SPEND-01",
        "bb  POLL-02",
        "c   SURVIVES (not exercised: HOOK-01 HOOK-02)",
        "",
        "POLL-02   kills 2, alone: bb",
        "SEC-01    kills 0",
        "SPEND-01  kills 1",
        "",
        "survives: c, which lives (costs time; HOOK, SEC should kill it)",
        "",
        "of those that survive, 1 left a case unexercised, which the report says",
        "2 of 3 killed (66.7 %), 1 of them by a kind that was foretold",
    ]


def test_a_table_of_nothing_is_short() -> None:
    assert list(table_lines((), [])) == ["", "", "0 of 0 killed (0.0 %), 0 of them by a kind that was foretold"]
