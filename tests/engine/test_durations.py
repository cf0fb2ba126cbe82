"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from vidmock.engine.time.durations import to_seconds
from vidmock.problems import BadRequest


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2h", 7200.0),
        ("90s", 90.0),
        ("1h30m", 5400.0),
        ("1h 30m", 5400.0),
        ("250ms", 0.25),
        ("1.5h", 5400.0),
        ("7d", 604800.0),
        ("2H", 7200.0),
        (5, 5.0),
        (0.5, 0.5),
        (0, 0.0),
        (timedelta(minutes=2), 120.0),
    ],
    ids=str,
)
def test_a_length_of_time_is_read(written: str | float | timedelta, meant: float) -> None:
    assert to_seconds(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2", "2 hours", "h2", "-5s", "5s-", "1h junk", -1, True, float("nan"), float("inf"), timedelta(-1)],
    ids=repr,
)
def test_anything_else_is_refused_with_an_example(written: str | float | timedelta) -> None:
    with pytest.raises(BadRequest, match="length of time"):
        to_seconds(written)


@pytest.mark.parametrize(
    "written",
    [1e10, 10**400, "9" * 400, "9" * 400 + "h", "9" * 40 + "h", "1" * 100_000, timedelta.max],
    ids=["number", "large number", "digits", "many hours", "hours", "very many digits", "timedelta"],
)
def test_what_is_longer_than_anything_is_refused_in_few_words(written: str | float | timedelta) -> None:
    with pytest.raises(BadRequest, match="length of time") as refused:
        to_seconds(written)
    assert len(str(refused.value)) < 200
