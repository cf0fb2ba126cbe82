"""The journal is bounded by number and by bytes, and counts what it no longer holds."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.world.journal import Exchange, Journal
from vidmock.schema.catalog import find_model
from vidmock.schema.judged import Judged

MODEL = find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
ODD, PLAIN = Judged(MODEL, {"prompt": "a kite", "nothing": 1}), Judged(MODEL, {"prompt": "a kite"})


def _exchange(number: int, request: bytes = b"", response: bytes = b"") -> Exchange:
    return Exchange(float(number), "fal", "POST", "/x", (), request, 200, (), response)


def test_the_newest_exchanges_are_held_and_all_are_counted() -> None:
    journal = Journal(keep=3)
    for number in range(5):
        journal.record(_exchange(number))
    assert [exchange.at for exchange in journal] == [2, 3, 4]
    assert (len(journal), journal.seen) == (3, 5)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=30), st.integers(0, 10), st.integers(0, 5_000)
)
def test_neither_bound_is_ever_passed(sizes: list[tuple[int, int]], keep: int, keep_bytes: int) -> None:
    journal = Journal(keep, keep_bytes)
    for number, (asked, answered) in enumerate(sizes):
        journal.record(_exchange(number, b"x" * asked, b"y" * answered))
        assert len(journal) <= keep
        assert sum(exchange.weight for exchange in journal) <= keep_bytes
    assert journal.seen == len(sizes)


def test_a_body_beyond_the_bound_is_not_held_at_all() -> None:
    journal = Journal(keep=10, keep_bytes=_exchange(1).weight + 100)
    journal.record(_exchange(1, b"x" * 101))
    assert list(journal) == []
    journal.record(_exchange(2, b"x" * 10))
    assert len(journal) == 1


def test_reading_the_journal_while_it_grows_sees_it_as_it_was() -> None:
    journal = Journal(keep=10)
    journal.record(_exchange(1))
    for exchange in journal:
        journal.record(_exchange(int(exchange.at) + 1))
    assert len(journal) == 2


def _submit(number: int, **became: Judged) -> Exchange:
    return replace(_exchange(number), became=tuple(became), judged=tuple(became.values()))


def _lints(journal: Journal, job_id: str) -> int | None:
    lints = journal.lints(job_id)
    return None if lints is None else len(lints)


def test_the_input_of_a_job_is_known_for_as_long_as_the_call_that_made_it() -> None:
    journal = Journal(keep=2)
    journal.record(_submit(1, first=ODD, second=PLAIN))
    assert [_lints(journal, job) for job in ("first", "second", "other")] == [1, 0, None]
    journal.record(_exchange(2))
    assert _lints(journal, "first") == 1
    journal.record(_exchange(3))
    assert [_lints(journal, job) for job in ("first", "second")] == [None, None]


def test_an_id_that_is_used_once_more_has_the_newer_input() -> None:
    journal = Journal(keep=2)
    for number, judged in enumerate((ODD, PLAIN)):
        journal.record(_submit(number, a_job=judged))
    assert _lints(journal, "a_job") == 0
    journal.give_up()
    assert _lints(journal, "a_job") == 0
    journal.clear()
    assert _lints(journal, "a_job") is None


def test_a_refused_input_is_no_jobs() -> None:
    journal = Journal(keep=2)
    journal.record(replace(_exchange(1), became=("", "a_job"), judged=(ODD, PLAIN)))
    assert (_lints(journal, ""), _lints(journal, "a_job")) == (None, 0)


def test_the_input_of_a_job_is_known_while_it_begins_though_its_exchange_has_not_ended() -> None:
    journal = Journal(keep=1)
    with journal.making("a_job", ODD):
        assert [_lints(journal, job) for job in ("a_job", "other")] == [1, None]
    assert _lints(journal, "a_job") is None
