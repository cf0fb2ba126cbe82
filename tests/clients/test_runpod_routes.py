"""The runpod package, unmodified: streams, cancelling, purging; and what has no method in it, by its own client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
import runpod  # type: ignore[import-untyped]  # the package ships no types

from vidmock.server.server import ThreadedServer

ENDPOINT, KEY = "kling-video-o1-r2v", "runpod-key"
GOOD: dict[str, Any] = {"prompt": "a red kite over dunes", "images": ["https://example.com/kite.png"]}


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Callable[[ThreadedServer], Any]:
    def make(mock: ThreadedServer) -> Any:
        # With a slash at its end, as it is often written: the client then asks for //.
        monkeypatch.setattr(runpod, "endpoint_url_base", f"{mock.url}/runpod/v2/")
        return runpod.Endpoint(ENDPOINT, api_key=KEY)

    return make


def test_a_stream_has_nothing_and_ends(mock: ThreadedServer, endpoint: Callable[[ThreadedServer], Any]) -> None:
    job = endpoint(mock).run(GOOD)
    assert list(job.stream()) == []
    assert job.status() == "COMPLETED"


def test_a_queue_is_purged(held: ThreadedServer, endpoint: Callable[[ThreadedServer], Any]) -> None:
    target = endpoint(held)
    jobs = [target.run(GOOD) for _ in range(2)]
    assert target.purge_queue() == {"removed": 2, "status": "completed"}
    assert target.health()["jobs"]["inQueue"] == 0
    for job in jobs:
        with pytest.raises(Exception, match="404"):
            job.status()


def test_a_failed_job_is_retried(
    held: ThreadedServer, endpoint: Callable[[ThreadedServer], Any], pass_time: Callable[[str, float], None]
) -> None:
    target = endpoint(held)
    job = target.run({"input": {"prompt": "no pictures"}, "policy": {"ttl": 3_600_000}})
    pass_time(KEY, 2.0)
    assert target.rp_client.get(f"{ENDPOINT}/status/{job.job_id}")["status"] == "FAILED"
    again = target.rp_client.post(f"{ENDPOINT}/retry/{job.job_id}", data=None)
    assert again == {"id": job.job_id, "status": "IN_QUEUE"}
    pass_time(KEY, 2.0)
    assert target.rp_client.get(f"{ENDPOINT}/status/{job.job_id}")["retries"] == 1


def test_the_asyncio_endpoint_streams_and_cancels(mock: ThreadedServer, held: ThreadedServer) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as session:
            runpod.endpoint_url_base = f"{mock.url}/runpod/v2"
            job = await runpod.AsyncioEndpoint(ENDPOINT, session, api_key=KEY).run(GOOD)
            assert [chunk async for chunk in job.stream()] == []
            assert await job.status() == "COMPLETED"

            runpod.endpoint_url_base = f"{held.url}/runpod/v2"
            job = await runpod.AsyncioEndpoint(ENDPOINT, session, api_key=KEY).run(GOOD)
            assert (await job.cancel())["status"] == "CANCELLED"
            assert await job.status() == "CANCELLED"

    before = runpod.endpoint_url_base
    try:
        asyncio.run(work())
    finally:
        runpod.endpoint_url_base = before
