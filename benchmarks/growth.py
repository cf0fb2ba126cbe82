"""What a call costs among 10, 1,000 and 10,000 jobs that have not ended: ``python benchmarks/growth.py [100000]``.

In process, without a socket: CPU milliseconds of a call, and how many times as much it is as among the fewest.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx

from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message
from vidmock.engine.world.settings import Settings
from vidmock.server.app import App

SIZES = (10, 1_000, 10_000)
CALLS = 40
HEADERS = {"authorization": "Bearer a-key", "x-vidmock": "1"}
FAL_HEADERS = {"authorization": "Key a-key"}
FAL, RUNPOD = "/fal/queue/fal-ai/kling-video", "/runpod/v2/kling-video-o1-r2v"
PROMPT = "a kite over dunes"


@dataclass(frozen=True)
class Route:
    """A call: *path* may have ``{job}``, the id of a job of *provider* that waits; *name* is the member that has it."""

    provider: str
    method: str
    path: str
    body: Any = None
    name: str = ""


ROUTES = (
    Route(
        "runpod", "POST", f"{RUNPOD}/run", {"input": {"prompt": PROMPT, "images": ["https://p.example/a.png"]}}, "id"
    ),
    Route("runpod", "GET", f"{RUNPOD}/status/{{job}}"),
    Route("runpod", "GET", f"{RUNPOD}/health"),
    Route("fal", "POST", f"{FAL}/o1/reference-to-video", {"prompt": PROMPT}, "request_id"),
    Route("fal", "GET", f"{FAL}/requests/{{job}}/status"),
    Route("fal", "GET", f"{FAL}/requests/{{job}}"),
    Route(
        "eachlabs",
        "POST",
        "/eachlabs/v1/prediction",
        {
            "model": "kling-o1-video-to-video-reference",
            "input": {"prompt": PROMPT, "video_url": "https://clips.example/walk.mp4"},
        },
        "predictionID",
    ),
    Route("eachlabs", "GET", "/eachlabs/v1/prediction/{job}"),
    Route("eachlabs", "GET", "/eachlabs/v1/executions?limit=5"),
    Route("control", "GET", "/_vidmock/jobs?limit=5"),
    Route("control", "GET", "/_vidmock/jobs?limit=5&state=queued"),
    Route("control", "GET", "/_vidmock/worlds?limit=5"),
    Route("control", "GET", "/_vidmock/clock?limit=5"),
    Route("control", "GET", "/_vidmock/journal?limit=5"),
    Route("control", "GET", "/_vidmock/deliveries?limit=5"),
    Route("control", "GET", "/_vidmock/ledger"),
)


class Program:
    """The whole application in this process."""

    def __init__(self) -> None:
        settings = Settings(clock=Mode("manual"), behaviours={"eachlabs.limits": "off", "runpod.limits": "off"})
        self.app = App(settings, _receive)
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://mock.test")

    async def ask(self, route: Route, job: str) -> httpx.Response:
        headers = FAL_HEADERS if route.provider == "fal" else HEADERS
        more = {} if route.body is None else {"json": route.body}
        return await self._client.request(route.method, route.path.replace("{job}", job), headers=headers, **more)

    def fill(self, job_id: str, number: int) -> None:
        """Have *number* jobs like that of *job_id* wait, behind those that are there."""
        world = self.app.engine.worlds.world("a-key")
        job = world.jobs[job_id]
        for place in range(number):
            name = f"{job_id}-{len(world.jobs)}-{place}"
            outputs = tuple(replace(output, id=f"{name}-{output.id}") for output in job.outputs)
            like = replace(job, id=name, outputs=outputs)
            world.jobs.accept(like, public=True)
            self.app.engine.plan_end(world, like)

    async def cost(self, route: Route, job: str) -> float:
        """CPU seconds of a call, the least of some."""
        await self.ask(route, job)
        gc.collect()
        found = []
        for _ in range(CALLS):
            began = time.process_time()
            await self.ask(route, job)
            found.append(time.process_time() - began)
        return sorted(found)[CALLS // 4]


async def _receive(message: Message, timeout: float) -> tuple[int | None, str]:
    return 200, ""


async def measured(route: Route, sizes: tuple[int, ...]) -> list[float]:
    """The cost of *route* among each number of jobs of its provider, or of all for the control API."""
    program, costs = Program(), []
    submits = [each for each in ROUTES if each.name and route.provider in (each.provider, "control")]
    jobs = [(await program.ask(submit, "")).json()[submit.name] for submit in submits]
    for before, size in zip((0, *sizes), sizes, strict=False):
        for job in jobs:
            program.fill(job, (size - before) // len(jobs))
        costs.append(await program.cost(route, jobs[0]))
    return costs


def rows(sizes: tuple[int, ...]) -> Iterator[str]:
    yield f"{'':60}" + "".join(f"{size:>10,} ms{'×':>7}" for size in sizes)
    for route in ROUTES:
        costs = asyncio.run(measured(route, sizes))
        yield f"{f'{route.method} {route.path}':60}" + "".join(
            f"{1000 * cost:>13.2f}{cost / costs[0]:>7.2f}" for cost in costs
        )


if __name__ == "__main__":
    for row in rows((*SIZES, *map(int, sys.argv[1:]))):
        print(row, flush=True)
