"""The providers' own clients, unmodified, on a job of 15 minutes: nobody waits for it, and their time limits are kept.

The clock is manual: for a client that really slept, no time would pass, and its job would never end. How long they
take is measured by benchmarks/virtual.py.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import fal_client
import pytest
import runpod  # type: ignore[import-untyped]  # the package ships no types
import runware

from vidmock import MockServer, MockWorld

MODEL = "fal-ai/kling-video/o1/reference-to-video"
ENDPOINT = "kling-video-o1-r2v"
KITE: dict[str, Any] = {"prompt": "a red kite"}
PICTURES = KITE | {"images": ["https://example.com/kite.png"]}
PATIENT = {"input": PICTURES, "policy": {"executionTimeout": 3_600_000}}
"""By itself RunPod ends a job after ten minutes."""
TASK: dict[str, Any] = {
    "taskType": "videoInference",
    "model": "klingai:kling@o1-standard",
    "positivePrompt": "a red kite",
    "width": 1280,
    "height": 720,
    "duration": 5,
}


@pytest.fixture
def led(mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[MockWorld]:
    """The world of one key, to which all clients of this process are led."""
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path))
    world = mock.world("vidmock:a-key-that-every-client-takes")
    with world.lead_clients():
        yield world


@pytest.fixture
def world(led: MockWorld) -> Iterator[MockWorld]:
    """The same, with this process living on its clock."""
    with led.virtual_time():
        yield led


def runs(world: MockWorld, work: Callable[[], object]) -> None:
    """*work* is a job of 15 minutes, all of which pass on the mock's clock."""
    began = world.clock.now
    work()
    assert world.clock.now - began == pytest.approx(900)


def test_fal_subscribe(world: MockWorld) -> None:
    seen: list[str] = []

    def work() -> None:
        seen.clear()
        result = fal_client.subscribe(MODEL, KITE, on_queue_update=lambda status: seen.append(type(status).__name__))
        assert result["video"]["url"].startswith(world.url)

    runs(world, work)
    assert list(dict.fromkeys(seen)) == ["Queued", "InProgress", "Completed"]
    world.assert_no_orphans()


def test_fal_subscribe_async(world: MockWorld) -> None:
    async def work() -> None:
        fal = fal_client.AsyncClient()
        http = await fal._client

        assert (await fal.subscribe(MODEL, KITE, client_timeout=3600))["video"]
        await http.aclose()

    runs(world, lambda: asyncio.run(work()))
    world.assert_no_orphans()


@pytest.mark.parametrize("limit", [100, 600])
def test_fal_gives_up_at_its_time_limit_and_cancels(world: MockWorld, limit: int) -> None:
    began = world.clock.now
    with pytest.raises(fal_client.FalClientTimeoutError):
        fal_client.subscribe(MODEL, KITE, client_timeout=limit)
    assert world.clock.now - began == pytest.approx(limit, abs=1)
    assert world.jobs.one().state == "cancelled"


def test_fal_async_gives_up_at_its_time_limit_and_cancels(world: MockWorld) -> None:
    async def work() -> None:
        fal = fal_client.AsyncClient()
        with pytest.raises(fal_client.FalClientTimeoutError):
            await fal.subscribe(MODEL, KITE, client_timeout=100)
        await (await fal._client).aclose()

    began = world.clock.now
    asyncio.run(work())
    assert world.clock.now - began == 100
    assert world.jobs.one().state == "cancelled"


def test_runpod_run_sync(world: MockWorld) -> None:
    endpoint = runpod.Endpoint(ENDPOINT)

    def work() -> None:
        assert endpoint.run_sync(PATIENT)["cost"] == 0.56

    runs(world, work)


def test_runpod_run_and_output(world: MockWorld) -> None:
    endpoint = runpod.Endpoint(ENDPOINT)

    def work() -> None:
        assert endpoint.run(PATIENT).output(timeout=3600)["cost"] == 0.56

    runs(world, work)


def test_runpod_counts_its_sleeps_so_its_time_limit_wants_no_leaps(led: MockWorld) -> None:
    began = led.clock.now
    with led.virtual_time(leap=False):
        job = runpod.Endpoint(ENDPOINT).run(PATIENT)
        with pytest.raises(TimeoutError, match="Job timed out"):
            job.output(timeout=60)
    assert led.clock.now - began == 60


def test_runpod_async(world: MockWorld) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as session:
            # This client can say no policy: RunPod ends its job after ten minutes at work.
            job = await runpod.AsyncioEndpoint(ENDPOINT, session).run(PICTURES)
            assert await job.output(timeout=3600) is None

    began = world.clock.now
    asyncio.run(work())
    assert world.clock.now - began == pytest.approx(690)


def test_runpod_async_gives_up_at_its_time_limit(world: MockWorld) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as session:
            job = await runpod.AsyncioEndpoint(ENDPOINT, session).run(PICTURES)
            with pytest.raises(TimeoutError, match="Job timed out"):
                await job.output(timeout=60)

    began = world.clock.now
    asyncio.run(work())
    assert world.clock.now - began == 60


def runware_client(world: MockWorld, poll_timeout: int = 3_600_000) -> runware.Runware:
    return runware.Runware(transport="rest", http_base_url=world.runware.url, poll_timeout=poll_timeout)


def test_runware(world: MockWorld) -> None:
    async def work() -> None:
        async with runware_client(world) as client:
            (item,) = await client.run(TASK)
            assert item["status"] == "success"

    runs(world, lambda: asyncio.run(work()))


def test_runware_gives_up_at_its_time_limit(world: MockWorld) -> None:
    async def work() -> None:
        async with runware_client(world, poll_timeout=60_000) as client:
            with pytest.raises(runware.RunwareError, match="timed out after"):
                await client.run(TASK)

    began = world.clock.now
    asyncio.run(work())
    assert world.clock.now - began == pytest.approx(60, abs=10)


def test_several_clients_at_once_end_together(world: MockWorld) -> None:
    async def work() -> None:
        async with runware_client(world) as client, aiohttp.ClientSession() as session:
            fal = fal_client.AsyncClient()
            endpoint = runpod.AsyncioEndpoint(ENDPOINT, session)
            jobs = [endpoint.run(PICTURES) for _ in range(3)]
            outputs = [job.output(timeout=3600) for job in await asyncio.gather(*jobs)]
            await asyncio.gather(*outputs, fal.subscribe(MODEL, KITE), client.run(TASK), client.run(TASK))
            await (await fal._client).aclose()

    began = world.clock.now
    asyncio.run(work())
    assert world.clock.now - began == pytest.approx(900, abs=30)
    assert len(world.jobs) == 6


def test_clients_are_as_they_were_afterwards(mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path))
    module = sys.modules["fal_client.client"]

    def seen() -> list[object]:
        attributes = [vars(module)["QUEUE_URL_FORMAT"], runpod.endpoint_url_base, runpod.api_key]
        return [*attributes, dict(vars(fal_client.sync_client))]

    before = seen()
    with mock.world("one").lead_clients() as variables:
        assert variables["FAL_KEY"] == "one"
        fal_client.submit(MODEL, KITE)
    with mock.world("two").lead_clients():
        fal_client.submit(MODEL, KITE)
    assert [len(mock.world(key).jobs) for key in ("one", "two")] == [1, 1]
    assert seen() == before
