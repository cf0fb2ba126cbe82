"""The memory of all worlds: counted as things come and go, bounded, and taken from the idlest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.bounded_log import BoundedLog
from vidmock.engine.memory import MOST_VALUES, Full, Holding, Memory, json_size
from vidmock.problems import Unavailable


class Shelf:
    """A store of numbered things."""

    def __init__(self, kind: str, holding: Holding) -> None:
        self.kind = kind
        self.things: BoundedLog[int] = BoundedLog(100, 10**9, holding=holding)
        holding.add_store(self)

    @property
    def oldest(self) -> int | None:
        return self.things.oldest

    def give_up(self) -> None:
        self.things.pop()


def joined(memory: Memory) -> tuple[Holding, Shelf, Shelf]:
    holding = Holding(base=0)
    shelves = Shelf("books", holding), Shelf("films", holding)
    holding.join(memory)
    return (holding, *shelves)


def test_the_oldest_thing_of_the_idlest_holding_goes_first() -> None:
    memory = Memory(100)
    idle, books, films = joined(memory)
    _, later, _ = joined(memory)
    films.things.add(1, 30)
    books.things.add(2, 30)
    later.things.add(3, 30)
    idle.use()
    later.things.add(4, 30)
    assert (list(films.things), list(books.things), list(later.things)) == ([1], [2], [4]), "the other one is idler"
    later.things.add(5, 30)
    assert (list(films.things), list(books.things), list(later.things)) == ([1], [2], [5])
    assert memory.dropped == {"books": 2}
    assert memory.held == 90
    films.things.add(6, 60)
    assert (list(films.things), list(books.things), list(later.things)) == ([6], [2], []), "then what is oldest in it"


def test_what_is_larger_than_the_bound_is_not_kept_at_all() -> None:
    memory = Memory(100)
    _, books, _ = joined(memory)
    books.things.add(1, 101)
    assert (list(books.things), memory.held) == ([], 0)


def test_what_is_pinned_is_never_dropped_and_refused_before_it_is_half_of_all() -> None:
    memory, said = Memory(100), list[Full]()
    memory.on_full(said.append)
    holding, books, _ = joined(memory)
    holding.check_room(50)
    holding.pin(50)
    with pytest.raises(Unavailable):
        holding.check_room(1)
    books.things.add(1, 60)
    assert (list(books.things), memory.held, memory.pinned, memory.refused) == ([], 50, 50, 1)
    assert said == ["refused", "dropped"]
    holding.pin(-50)
    holding.check_room(50)
    assert (memory.held, memory.pinned) == (0, 0)


def test_a_request_under_way_takes_room_until_its_end() -> None:
    memory = Memory(100)
    with memory.lease() as first, memory.lease() as second:
        first.grow(30)
        with pytest.raises(Unavailable):
            second.grow(21)
        second.grow(20)
        assert memory.pinned == 50
    assert (memory.held, memory.pinned) == (0, 0)


def test_a_holding_that_has_not_joined_has_no_bound() -> None:
    holding = Holding()
    holding.check_room(10**12)
    holding.use()
    holding.leave()
    assert holding.give_up() == ""


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "use", "pin", "unpin", "leave", "pop"]), st.integers(0, 3), st.integers(0, 60)),
    max_size=60,
)


@given(STEPS)
def test_the_account_is_what_is_held_after_any_steps(steps: list[Step]) -> None:
    memory = Memory(200)
    everybody = [joined(memory) for _ in range(4)]
    pins, away = [0, 0, 0, 0], set[int]()
    for step, who, size in steps:
        holding, books, _ = everybody[who]
        if step == "add":
            books.things.add(size, size)
        elif step == "use":
            holding.use()
        elif step == "pin":
            holding.pin(size)
            pins[who] += size
        elif step == "unpin":
            holding.pin(-pins[who])
            pins[who] = 0
        elif step == "leave":
            holding.leave()
            away.add(who)
        elif len(books.things):
            books.things.pop()
        here = [who for who in range(4) if who not in away]
        weights = [sum(everybody[who][1].things) + pins[who] for who in range(4)]
        assert [everybody[who][0].held for who in range(4)] == weights
        assert memory.held == sum(weights[who] for who in here)
        assert memory.pinned == sum(pins[who] for who in here)
        assert memory.held <= 200 or memory.held == memory.pinned


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=10), inner),
)


@given(JSON, st.booleans())
def test_the_size_of_json_is_no_less_than_that_of_its_texts(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped).encode(errors="surrogatepass")
    assert json_size(text) >= sum(len(part) * _width(part) for part in _texts(value))


def test_a_long_text_is_taken_to_have_as_many_values_as_it_may() -> None:
    assert json_size(b" " * 2**21) == 2**21 + 64 * MOST_VALUES


def _width(text: str) -> int:
    """Bytes of each character, as Python keeps *text*."""
    highest = ord(max(text, default="a"))
    return 1 if highest < 256 else 2 if highest < 65536 else 4


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
