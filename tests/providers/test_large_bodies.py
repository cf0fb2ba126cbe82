"""A body is read once, and how much work that is does not depend on who sent it."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from vidmock import strict_json
from vidmock.problems import BadJSON
from vidmock.providers.exchange.body_reader import MOST_VALUES, READ_AT_ONCE, BodyReader

if TYPE_CHECKING:
    from tests.conftest import House, Wire


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that read a body."""
    names: list[str] = []

    plain = strict_json.loads

    def counting(text: bytes, **limits: Any) -> Any:
        names.append(threading.current_thread().name)
        return plain(text, **limits)

    monkeypatch.setattr(strict_json, "loads", counting)
    return names


@pytest.mark.parametrize("size", [10, READ_AT_ONCE + 1], ids=["small", "large"])
def test_a_body_is_read_once_and_a_large_one_beside_the_loop(readers: list[str], size: int) -> None:
    reader = BodyReader(json.dumps({"prompt": "x" * size}).encode(), {})
    asyncio.run(reader.read_ahead())
    for _ in range(3):
        assert len(reader.json()["prompt"]) == size
    here = threading.current_thread().name
    assert readers == [here] if size == 10 else len(readers) == 1 and readers != [here]


def test_a_large_body_that_is_no_json_is_refused_each_time_and_read_once(readers: list[str]) -> None:
    reader = BodyReader(b'{"prompt": "' + b"x" * READ_AT_ONCE, {"content-encoding": "gzip"})
    asyncio.run(reader.read_ahead())
    for _ in range(2):
        with pytest.raises(BadJSON, match="Content-Encoding 'gzip'; send it without"):
            reader.json()
    assert len(readers) == 1


def test_a_file_is_not_read_as_json(readers: list[str]) -> None:
    asyncio.run(BodyReader(b"\x89PNG" + b"x" * READ_AT_ONCE, {}).read_ahead())
    assert readers == []


@pytest.mark.parametrize(
    "text",
    [
        "[" + "1," * MOST_VALUES + "1]",
        "{" + ",".join(f'"{number}":1' for number in range(MOST_VALUES + 1)) + "}",
        '["' + ',\\"' * 10 + '"' + ",[]" * MOST_VALUES + "]",
    ],
    ids=["list", "object", "beside a string"],
)
def test_more_values_than_anybody_sends_are_not_read(text: str) -> None:
    with pytest.raises(BadJSON, match=f"more than {MOST_VALUES} values"):
        strict_json.loads(text, most=MOST_VALUES)
    assert strict_json.loads(text), "who may take his time sets no limit"


def test_commas_in_a_text_are_no_values() -> None:
    text = json.dumps({"prompt": 'a, "b", ' * MOST_VALUES, "more": [1, 2]})
    assert strict_json.loads(text, most=MOST_VALUES)["more"] == [1, 2]


def test_each_provider_refuses_too_many_values_in_its_own_form(house: House, wire: Wire) -> None:
    answer = house.post(wire.submit_path, content=b"[" + b"1," * MOST_VALUES + b"1]")
    assert 400 <= answer.status_code < 500
    assert f"more than {MOST_VALUES} values" in answer.text


def test_a_large_input_makes_a_job_like_a_small_one(house: House, wire: Wire) -> None:
    body: Any = json.loads(json.dumps(wire.body))
    padded = json.dumps(body).encode() + b" " * (READ_AT_ONCE + 1)
    assert house.post(wire.submit_path, content=padded).status_code == house.post(wire.submit_path, body).status_code
