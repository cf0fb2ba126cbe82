"""How many of vidmock's modules one request passes through, and how many of their functions it calls.

Run with the project's Python: ``python benchmarks/modules.py``. Counted by profiling one request in this process, after
another of its kind, so that nothing is imported or filled in meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "mockserver"))

import httpx

from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message
from vidmock.engine.world.settings import Settings
from vidmock.server.app import App

TOP = str(Path(__file__).parents[1] / "mockserver")
QUEUE = "/fal/queue/fal-ai/kling-video"
MODEL = f"{QUEUE}/o1/reference-to-video"
HOOK = {"fal_webhook": "http://receiver.test/"}
FAULT = "a kite [[vidmock: edge_page=502 at=after]]"


async def post(message: Message, timeout: float) -> tuple[int | None, str]:
    """Take every webhook."""
    return 200, ""


class Passed:
    """The modules that are entered, and how often."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.calls = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(TOP):
            self.modules.add(file)
            self.calls += 1


def passed(run: Callable[[Coroutine[Any, Any, Any]], Any], work: Callable[[], Coroutine[Any, Any, Any]]) -> Passed:
    """What *work* passes the second time that it is done."""
    run(work())
    counted = Passed()
    again = work()
    sys.setprofile(counted)
    try:
        run(again)
    finally:
        sys.setprofile(None)
    return counted


def main() -> None:
    app = App(Settings(clock=Mode("manual")), post)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://mock.test", headers={"Authorization": "Key a-key"})
    with asyncio.Runner() as runner:

        async def submit() -> str:
            answer = await client.post(MODEL, json={"prompt": "a kite"}, params=HOOK)
            return str(answer.json()["request_id"])

        job = runner.run(submit())
        world = app.engine.worlds.world("a-key")

        async def advance() -> None:
            await world.clock.advance(10)

        def submit_and_advance() -> Coroutine[Any, Any, None]:
            runner.run(submit())
            return advance()

        rows = {
            "a submit": passed(runner.run, submit),
            "a poll": passed(runner.run, lambda: client.get(f"{QUEUE}/requests/{job}/status")),
            "an advance of the clock: a job ends, its webhook is sent": passed(runner.run, submit_and_advance),
            "a submit with a fault in its prompt": passed(
                runner.run, lambda: client.post(MODEL, json={"prompt": FAULT})
            ),
        }
        runner.run(client.aclose())
    for what, counted in rows.items():
        print(f"{what}: {len(counted.modules)} modules, {counted.calls} calls")


if __name__ == "__main__":
    main()
