"""Programs that tell the same story each time: ``python -m tests.testing.stories [ROUNDS [LOOPS]]`` shows it.

Each of the providers' clients runs ROUNDS times, beside LOOPS processes that keep the machine busy. A story is every
exchange byte for byte with its moment, every webhook, every job with its times, and the money. Two rounds differ only
in the names that the client draws, which are numbered here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import fal_client
import runpod  # type: ignore[import-untyped]  # the package ships no types
import runware

from vidmock import MockServer, MockWorld

KEY = "vidmock:stories"
FAL, RUNPOD = "fal-ai/kling-video/o1/reference-to-video", "kling-video-o1-r2v"
KITE = {"prompt": "a red kite"}
ROBOT = {"input": KITE | {"images": ["https://example.com/robot.png"]}, "policy": {"executionTimeout": 3_600_000}}
SIZE = {"width": 1920, "height": 1080}
TASK = {"taskType": "videoInference", "model": "klingai:kling@o1", "positivePrompt": "a kite", "duration": 5} | SIZE
Program = Callable[[MockWorld], object]
"""What one story is about: it gets its world, and gives what its client said."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BUSY = "while True: pass"


@contextlib.contextmanager
def fal() -> Iterator[fal_client.SyncClient]:
    client = fal_client.SyncClient(key=KEY)
    try:
        yield client
    finally:
        client._client.close()


def fal_subscribe(world: MockWorld) -> object:
    with fal() as client:
        return client.subscribe(FAL, KITE, client_timeout=3600)["video"]


def fal_gives_up(world: MockWorld) -> object:
    with fal() as client:
        try:
            return client.subscribe(FAL, KITE, client_timeout=200)
        except fal_client.FalClientTimeoutError as error:
            # The thread that polls learns of it a little later, and ends.
            time.sleep(60)
            return type(error).__name__


def fal_run(world: MockWorld) -> object:
    with fal() as client:
        return client.run(FAL, KITE)["video"]


def fal_subscribe_async(world: MockWorld) -> object:
    async def work() -> list[object]:
        client = fal_client.AsyncClient(key=KEY)
        orders = ({"prompt": f"kite {number}"} for number in range(3))
        told: list[object] = [await client.subscribe(FAL, order, client_timeout=3600) for order in orders]
        await (await client._client).aclose()
        return told

    return asyncio.run(work())


def fal_side_by_side(world: MockWorld) -> object:
    """Threads that begin one after the other: of what begins at once, nobody could say which is first."""
    with fal() as client, ThreadPoolExecutor(3) as pool:

        def follow(number: int) -> list[str]:
            time.sleep(1 + number)
            handle = client.submit(FAL, {"prompt": f"kite {number}"})
            return [type(event).__name__ for event in handle.iter_events(interval=7)]

        return list(pool.map(follow, range(3)))


def fal_subscribe_with_a_large_input(world: MockWorld) -> object:
    """One that the server reads and judges in a thread, while time is not to pass."""
    picture = fal_client.encode(bytes(range(256)) * 1024, "image/png")
    with fal() as client:
        return client.subscribe(FAL, KITE | {"image_urls": [picture]}, client_timeout=3600)["video"]


def runpod_run_sync(world: MockWorld) -> object:
    return runpod.Endpoint(RUNPOD, api_key=KEY).run_sync(ROBOT, timeout=3600)


def runpod_output(world: MockWorld) -> object:
    return runpod.Endpoint(RUNPOD, api_key=KEY).run(ROBOT).output(timeout=3600)


def runpod_async(world: MockWorld) -> object:
    import aiohttp
    from runpod.endpoint.asyncio.asyncio_runner import Endpoint  # type: ignore[import-untyped]

    async def work() -> object:
        async with aiohttp.ClientSession() as session:
            runpod.api_key = KEY
            job = await Endpoint(RUNPOD, session).run(ROBOT)
            return await job.output(timeout=3600)

    return asyncio.run(work())


def _runware(world: MockWorld, transport: str, base: dict[str, str]) -> object:
    async def work() -> object:
        async with runware.Runware(api_key=KEY, transport=transport, max_retries=0, **base) as client:
            return [item["cost"] if "cost" in item else sorted(item) for item in await client.run(TASK)]

    return asyncio.run(work())


def runware_rest(world: MockWorld) -> object:
    return _runware(world, "rest", {"http_base_url": world.runware.url})


def runware_websocket(world: MockWorld) -> object:
    return _runware(world, "websocket", {"ws_base_url": world.runware.url.replace("http", "ws", 1)})


PROGRAMS: tuple[Program, ...] = (
    fal_subscribe,
    fal_gives_up,
    fal_run,
    fal_subscribe_async,
    fal_side_by_side,
    fal_subscribe_with_a_large_input,
    runpod_run_sync,
    runpod_output,
    runpod_async,
    runware_rest,
    runware_websocket,
)


def story(program: Program) -> str:
    """All that happened when *program* ran in a world of its own, as text."""
    with MockServer(seed=1, clock="manual", latency="5m") as mock:
        world = mock.world(KEY)
        with world.lead_clients(), world.virtual_time():
            try:
                said: object = program(world)
            except Exception as error:  # noqa: BLE001 - that it fails, and how, is part of the story
                said = repr(error)
        lines = [f"{said}"]
        for each in world.journal:
            lines += [f"{each.at!r} {each.took!r} {each.method} {each.target} {each.request_body!r}"]
            lines += [f"  {each.status} {each.response_body!r}"]
        lines += [f"{sent.message.body!r} {sent.attempts}" for sent in world.webhooks]
        lines += [f"{job.id} {job.state} {job.history}" for job in world.jobs]
        lines += [f"{world.ledger.charged} {world.ledger.spent} {world.ledger.wasted}", f"{world.clock.now!r}"]
        text = "\n".join(lines).replace(mock.url.rpartition("/")[2], "HOST")
    names = {name: f"<{number}>" for number, name in enumerate(dict.fromkeys(_UUID.findall(text)))}
    return _UUID.sub(lambda found: names[found[0]], text)


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep the machine busy with so many processes."""
    started = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(loops)]
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


def main() -> None:
    rounds, loops = (*map(int, sys.argv[1:3]), 200, 6)[:2] if len(sys.argv) != 2 else (int(sys.argv[1]), 6)
    alone = {program.__name__: story(program) for program in PROGRAMS}
    with busy(loops):
        for program in PROGRAMS:
            told = Counter(story(program) for _ in range(rounds))
            same = told[alone[program.__name__]]
            sys.stdout.write(f"{program.__name__:<22}{same:>5} of {rounds} as alone, {len(told)} stories\n")
            sys.stdout.flush()


if __name__ == "__main__":
    logging.disable()
    main()
