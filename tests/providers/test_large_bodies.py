"""A body is read once, and how much work that is does not depend on who sent it."""

from __future__ import annotations

import asyncio
import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from vidmock import strict_json
from vidmock.engine.memory import MOST_VALUES, json_size
from vidmock.problems import BadJSON
from vidmock.providers.exchange.beside import WORKED_AT_ONCE, beside
from vidmock.providers.exchange.body_reader import BodyReader
from vidmock.schema.validate import find_violations

if TYPE_CHECKING:
    from tests.conftest import House, Wire

    from vidmock.engine.world.world import World


TASK_ID = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"


def good_body(wire: Wire) -> bytes:
    """A submit; Runware's has an id."""
    body: Any = wire.body
    return json.dumps([body[0] | {"taskUUID": TASK_ID}] if isinstance(body, list) else body).encode()


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


@pytest.mark.parametrize("size", [10, WORKED_AT_ONCE + 1], ids=["small", "large"])
def test_a_body_is_read_once_and_a_large_one_beside_the_loop(readers: list[str], size: int) -> None:
    reader = BodyReader(json.dumps({"prompt": "x" * size}).encode(), {})
    asyncio.run(reader.read_ahead())
    for _ in range(3):
        assert len(reader.json()["prompt"]) == size
    here = threading.current_thread().name
    assert readers == [here] if size == 10 else len(readers) == 1 and readers != [here]


def test_a_large_body_that_is_no_json_is_refused_each_time_and_read_once(readers: list[str]) -> None:
    reader = BodyReader(b'{"prompt": "' + b"x" * WORKED_AT_ONCE, {"content-encoding": "gzip"})
    asyncio.run(reader.read_ahead())
    for _ in range(2):
        with pytest.raises(BadJSON, match="Content-Encoding 'gzip'; send it without"):
            reader.json()
    assert len(readers) == 1


def test_a_file_is_not_read_as_json(readers: list[str]) -> None:
    asyncio.run(BodyReader(b"\x89PNG" + b"x" * WORKED_AT_ONCE, {}).read_ahead())
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
    padded = json.dumps(body).encode() + b" " * (WORKED_AT_ONCE + 1)
    assert house.post(wire.submit_path, content=padded).status_code == house.post(wire.submit_path, body).status_code


@pytest.mark.parametrize("size", [10, WORKED_AT_ONCE], ids=["small", "large"])
def test_an_input_is_judged_once_and_a_large_one_beside_the_loop(
    house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    threads: list[str] = []
    plain = find_violations

    def counting(*given: Any) -> Any:
        threads.append(threading.current_thread().name)
        return plain(*given)

    monkeypatch.setattr("vidmock.schema.judged.find_violations", counting)
    assert house.post(wire.submit_path, content=good_body(wire) + b" " * size).is_success
    assert len(threads) == 1
    assert threads[0].startswith("asyncio_") is (size == WORKED_AT_ONCE)


def test_a_body_of_many_tasks_is_weighed_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def counting(text: bytes) -> int:
        threads.append(threading.current_thread().name)
        return json_size(text)

    for module in ("providers.exchange.body_reader", "engine.world.journal"):
        monkeypatch.setattr(f"vidmock.{module}.json_size", counting)
    task = {"taskType": "videoInference", "model": "klingai:kling@o1-standard", "positivePrompt": "a kite"}
    sizes = {"width": 1280, "height": 720, "duration": 5}
    tasks = [task | sizes | {"taskUUID": f"{number:08}{TASK_ID[8:]}"} for number in range(5)]
    answer = house.post("/runware/v1", content=json.dumps(tasks).encode() + b" " * WORKED_AT_ONCE)
    assert len(answer.json()["data"]) == 5
    assert len(threads) == 1
    assert threads[0].startswith("asyncio_")


def test_large_bodies_have_the_thread_one_after_the_other_and_small_ones_pass_them() -> None:
    order: list[str] = []
    go_on = threading.Event()

    def large(name: str) -> None:
        order.append(f"{name} begins")
        go_on.wait()
        order.append(f"{name} ends")

    async def run() -> None:
        waiting = [asyncio.ensure_future(beside(WORKED_AT_ONCE + 1, partial(large, name))) for name in "ab"]
        while not order:
            await asyncio.sleep(0)
        await beside(WORKED_AT_ONCE, lambda: order.append("small"))
        go_on.set()
        await asyncio.gather(*waiting)

    asyncio.run(run())
    assert order == ["a begins", "small", "a ends", "b begins", "b ends"]


def test_a_world_that_is_reset_while_a_body_is_judged_takes_the_job_as_a_new_one(
    house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = house.app.engine.worlds
    closed: list[World] = []

    async def resetting(size: int, work: Any) -> Any:
        found = await beside(size, work)
        if not closed:
            closed.extend(world for world in worlds if world.key)
            for world in closed:
                worlds.close(world.key)
        return found

    monkeypatch.setattr("vidmock.providers.exchange.judging.beside", resetting)
    answer = house.post(wire.submit_path, content=good_body(wire) + b" " * WORKED_AT_ONCE)
    assert answer.is_success
    (old,) = closed
    assert not old.jobs
    assert len(worlds.world(old.key).jobs) == 1


@pytest.mark.parametrize("source", ["https://" + "a" * 50_000 + " ", "https://pictures.example/" + "/" * 50_000])
def test_a_long_address_is_no_file_at_runware_and_soon_refused(house: House, source: str) -> None:
    task = {"taskType": "imageUpload", "taskUUID": TASK_ID, "image": source}
    (error,) = house.post("/runware/v1", [task]).json()["errors"]
    assert error["message"].endswith("It must be a URL, a data URI or base64.")
