"""What the time of a call is spent on: ``python benchmarks/hot_path.py [SECONDS]``.

The application is called without its sockets, and interrupted a thousand times a second of its processor time. Each
time counts for the innermost function of the product that was at work, with what that had others do: JSON, Starlette.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any

from load import RUNPOD

import vidmock
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.app import App

SECONDS = 5.0
WARM = 300
PRODUCT = f"{Path(vidmock.__file__).parent}/"
HEADERS = {"host": "127.0.0.1:8000", "accept": "*/*", "content-type": "application/json", "connection": "keep-alive"}
FAL = json.dumps({"prompt": "a kite like @Image1", "image_urls": ["https://example.com/kite.png"]}).encode()
PURPOSES = (
    ("validation, price and footage", ("schema/",)),
    ("drawing the job", ("engine/service/submission", "engine/jobs/timeline", "engine/world/world.py")),
    ("jobs, their order and states, money", ("engine/jobs/", "engine/service/", "engine/money")),
    ("faults", ("engine/faults/", "providers/exchange/call_faults")),
    ("journal", ("engine/world/journal", "engine/bounded_log", "providers/exchange/trace", "engine/codec")),
    ("bounds of memory", ("engine/memory",)),
    ("keys, worlds and clocks", ("engine/world/", "engine/time/", "providers/exchange/whereabouts", "engine/")),
    ("what reached the client", ("providers/exchange/written", "providers/exchange/receipt")),
    ("reading JSON strictly", ("strict_json", "providers/exchange/body_reader")),
    ("steps of a call, and writing JSON", ("providers/exchange/",)),
    ("the provider's form", ("providers/",)),
    ("host, path, origin, what browsers may do", ("server/",)),
    ("other", ("",)),
)
"""By purpose, how the names of its modules begin: the first that fits counts."""

Ask = Callable[[], Awaitable[dict[str, Any]]]


async def no_post(*_: object, **__: object) -> Any:
    raise OSError("nothing is sent")


async def ask(app: App, method: str, path: str, key: str, body: bytes = b"") -> dict[str, Any]:
    """The answer's body to a request, which must succeed."""
    headers = {**HEADERS, "authorization": key, "content-length": str(len(body))}
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path, "query_string": b"",
        "raw_path": path.encode(), "root_path": "", "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "state": {},
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answer = b"".join(message.get("body", b"") for message in sent)
    if sent[0]["status"] >= 300:
        raise RuntimeError(f"{method} {path}: {sent[0]['status']} {answer[:200]!r}")
    return json.loads(answer)


async def calls() -> dict[str, Ask]:
    # So quick a clock that jobs end as soon as others begin, and their ends are in it.
    app = App(Settings(clock=Mode.parse("scaled:1000"), keep_jobs=1000, behaviours={"runpod.limits": "off"}), no_post)
    endpoint, queue = "/runpod/v2/kling-video-o1-r2v", "/fal/queue/fal-ai/kling-video"
    # It is polled for ever, on a clock that stands still.
    still = App(Settings(clock=Mode.parse("manual")), no_post)
    fal = (await ask(still, "POST", f"{queue}/o1/reference-to-video", "Key k", FAL))["request_id"]
    return {
        "submit (RunPod)": lambda: ask(app, "POST", f"{endpoint}/run", "Bearer k", RUNPOD),
        "submit (fal)": lambda: ask(app, "POST", f"{queue}/o1/reference-to-video", "Key k", FAL),
        "poll (fal)": lambda: ask(still, "GET", f"{queue}/requests/{fal}/status", "Key k"),
    }


def purpose(frame: FrameType | None) -> str:
    while frame:
        if frame.f_code.co_filename.startswith(PRODUCT):
            module = frame.f_code.co_filename.removeprefix(PRODUCT)
            return next(name for name, beginnings in PURPOSES if module.startswith(beginnings))
        frame = frame.f_back
    return ""


async def measure(call: Ask, seconds: float) -> tuple[float, Counter[str]]:
    """Microseconds of a call, and how often which purpose was at work."""
    found: Counter[str] = Counter()
    for _ in range(WARM):
        await call()
        await asyncio.sleep(0)
    signal.signal(signal.SIGPROF, lambda _, frame: found.update([purpose(frame)]))
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    number, began = 0, time.process_time()
    while time.process_time() < began + seconds:
        await call()
        number += 1
        await asyncio.sleep(0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    taken = 1e6 * (time.process_time() - began) / number
    outside = found.pop("", 0)
    return taken * found.total() / (found.total() + outside), found


async def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    names = []
    columns = []
    for name, call in (await calls()).items():
        names.append(name)
        columns.append(await measure(call, seconds))
    print(f"| µs of a call | {' | '.join(names)} |")
    print(f"|---|{'--:|' * len(names)}")
    for what, _ in PURPOSES:
        print(f"| {what} | {' | '.join(f'{us * seen[what] / seen.total():.0f}' for us, seen in columns)} |")
    print(f"| all | {' | '.join(f'{us:.0f}' for us, _ in columns)} |")


if __name__ == "__main__":
    asyncio.run(main())
