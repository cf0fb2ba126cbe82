"""A clock read in virtual time is a float, and tells what it is compared with."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.testing.virtual_time.clock_reading import ClockReading

NOW, START = 1000.0, 940.0


@pytest.mark.parametrize(
    ("compare", "moment"),
    [
        (lambda now, start: now < start + 300, 1240.0),
        (lambda now, start: start + 300 > now, 1240.0),
        (lambda now, start: now - start > 300, 1240.0),
        (lambda now, start: (now - start) * 1000 >= 300_000, 1240.0),
        (lambda now, start: 1000 * (now - start) >= 300_000, 1240.0),
        (lambda now, start: (now - start) / 60 > 5, 1240.0),
        (lambda now, start: 300 - (now - start) <= 0, 1240.0),
        (lambda now, start: (start + 300) - now <= 0, 1240.0),
        (lambda now, start: -(now - start) + 300 < 0, 1240.0),
        (lambda now, start: now * 1000 - start * 1000 > 300_000, 1240.0),
        (lambda now, start: 1240.0 - now < 0, 1240.0),
        (lambda now, start: max(0.0, start + 300 - now) > 0, 1240.0),
    ],
    ids=[
        "deadline",
        "turned",
        "elapsed",
        "milliseconds",
        "milliseconds-turned",
        "minutes",
        "rest",
        "remaining",
        "negated",
        "two-scales",
        "plain-deadline",
        "clipped",
    ],
)
def test_a_comparison_names_the_moment_at_which_it_turns(
    compare: Callable[[ClockReading, ClockReading], bool], moment: float
) -> None:
    seen: list[float] = []
    watch = seen.append
    compare(ClockReading(watch, NOW), ClockReading(watch, START))
    ahead = {round(found, 6) for found in seen if found > NOW}
    assert moment in ahead


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(-1e6, 1e6))
def test_it_computes_as_a_float_does(a: float, b: float, n: float) -> None:
    def watch(moment: float) -> None: ...

    x, y = ClockReading(watch, a), ClockReading(watch, b)
    assert x == a
    assert hash(x) == hash(a)
    assert x + n == n + x == a + n
    assert x - y == a - b
    assert x - n == a - n
    assert n - x == pytest.approx(n - a)
    assert x * 2 == 2 * x == a * 2
    assert x / 4 == pytest.approx(a / 4)
    assert -x == -a
    assert (x < y, x <= y, x > y, x >= y) == (a < b, a <= b, a > b, a >= b)
    assert int(x) == int(a)
    assert json.dumps(x) == json.dumps(a)


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda reading: pickle.loads(pickle.dumps(reading))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_of_it_is_a_plain_float(copied: Callable[[ClockReading], float]) -> None:
    made = copied(ClockReading(lambda moment: None, NOW, START))
    assert (type(made), made) == (float, NOW - START)


def test_other_kinds_of_numbers_compute_with_it_as_with_a_float() -> None:
    reading = ClockReading(lambda moment: None, 2.0)
    assert Fraction(1, 2) + reading == reading + Fraction(1, 2) == 2.5
    assert Fraction(1, 2) - reading == -1.5
    assert reading - Fraction(1, 2) == 1.5
    assert reading * Fraction(1, 2) == reading / Fraction(2) == 1.0
    for compute in (lambda: reading - "x", lambda: "x" - reading, lambda: reading + "x", lambda: reading < "x"):
        with pytest.raises(TypeError):
            compute()
    with pytest.raises(ZeroDivisionError):
        reading / 0
