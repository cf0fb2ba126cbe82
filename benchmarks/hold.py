"""For how long one request keeps all others waiting, at worst: ``python benchmarks/hold.py``.

The application runs in this process. While it answers the worst bodies of up to 20 MiB, a heartbeat on the same event
loop notes its longest pause, which is what everybody else waits for, by the wall's clock and by the processor time of
this process: on a machine that is busy with other programs, only the second is ours.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "mockserver"))

from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.app import App

ROUNDS = 3
MIB = 2**20
CHUNK = 64 * 1024
FAL = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
RUNPOD = "/runpod/v2/kling-video-o1-r2v/run"
RUNWARE = "/runware/v1"
UUID = "4b240d50-1ef6-40ef-b186-290cc09b3413"
KITE = {"prompt": "a kite"}
TASK = {"taskType": "videoInference", "taskUUID": UUID, "model": "klingai:kling@o1", "positivePrompt": "A kite"}
EACHLABS, V2V = "/eachlabs/v1/prediction", "kling-o1-video-to-video-reference"
UPLOAD = {"taskType": "mediaStorage", "taskUUID": UUID, "operation": "upload"}
BOXES = base64.b64encode(b"\0\0\0\x14ftypisom\0\0\0\0isom" + b"\0\0\0\x08free" * (13 * MIB // 8)).decode()
PICTURE = "data:image/png;base64," + "A" * (18 * MIB)


def bodies() -> Iterator[tuple[str, str, bytes]]:
    """What each is, its path, and the body."""

    def given(what: str, path: str, body: Any) -> tuple[str, str, bytes]:
        return what, path, json.dumps(body).encode()

    yield given("a small input", FAL, KITE)
    yield given("20,000 bad pictures", RUNPOD, {"input": KITE | {"images": ["x"] * 20_000}})
    yield given("20,000 bad pictures", FAL, KITE | {"image_urls": [1] * 20_000})
    yield given("10,000 unknown keys", RUNPOD, {"input": KITE | {f"imagos{n}": n for n in range(10_000)}})
    yield given("10,000 unknown keys", RUNWARE, [TASK | {f"widht{n}": n for n in range(10_000)}])
    yield given("a wrong word of 19 MiB", FAL, KITE | {"aspect_ratio": "16:9" * (19 * MIB // 4)})
    yield given("a prompt of 19 MiB", FAL, {"prompt": "@Image1, a kite. " * (19 * MIB // 17)})
    yield given("a prompt of half markers", FAL, {"prompt": "[[vidmock" * 100_000})
    yield given("a picture of 18 MiB", FAL, KITE | {"image_urls": [PICTURE]})
    yield given("a picture of 18 MiB", RUNPOD, {"input": KITE | {"images": [PICTURE]}})
    yield given("a picture of 18 MiB, no prompt", FAL, {"image_urls": [PICTURE]})
    yield given("a picture of 18 MiB", EACHLABS, {"model": V2V, "input": KITE | {"image_urls": [PICTURE]}})
    yield given("a picture that breaks off", FAL, KITE | {"image_urls": [PICTURE + "!"]})
    yield given("an address of 19 MiB", FAL, KITE | {"image_urls": ["https://" + "a." * (19 * MIB // 2)]})
    yield given("a clip of very many boxes", RUNWARE, [UPLOAD | {"media": BOXES}])
    yield given("an address with a space", RUNWARE, [UPLOAD | {"media": "https://" + "a" * MIB + " "}])
    yield given("200 tasks", RUNWARE, [TASK | {"width": 1}] * 200)
    yield given("20,000 tasks", RUNWARE, [1] * 20_000)
    yield given("200 tasks of 18 MiB", RUNWARE, [TASK | {"positivePrompt": "x" * 90_000}] * 200)
    yield given("a model's name of 19 MiB", RUNWARE, [TASK | {"model": "x" * (19 * MIB)}])
    yield "20 MiB of numbers", FAL, b"[" + b"1," * (10 * MIB - 1) + b"1]"
    yield "20 MiB of brackets", FAL, b"[" * (20 * MIB)
    yield "20 MiB of keys", FAL, b"{" + b",".join(b'"%d":1' % n for n in range(1_800_000)) + b"}"
    yield "20 MiB of spaces", FAL, b" " * (20 * MIB) + b"{}"
    yield "20 MiB of spaces inside", FAL, b"{" + b" " * (20 * MIB) + b'"prompt": "a kite"}'
    yield "20 MiB that break off", FAL, b'{"prompt": "' + b"x" * (20 * MIB)
    yield "20 MiB of escapes", FAL, b'{"prompt": "' + b"\\u00e9" * (20 * MIB // 6) + b'"}'


async def heartbeat(longest: list[float]) -> None:
    """Keeps the longest pause in *longest*, as wall and as processor time, in seconds."""
    last = perf_counter(), process_time()
    while True:
        await asyncio.sleep(0)
        now = perf_counter(), process_time()
        longest[:] = (max(pair) for pair in zip(longest, (now[0] - last[0], now[1] - last[1]), strict=True))
        last = now


async def post(app: App, path: str, body: bytes) -> int:
    """The status of the answer to *body*, which arrives in chunks as from a socket."""
    parts = [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)] or [b""]
    statuses: list[int] = []

    async def receive() -> Mapping[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"authorization", b"Key k"), (b"content-type", b"application/json"), (b"host", b"bench")]
    if not path.startswith("/fal"):
        headers[0] = (b"authorization", b"Bearer k")
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("bench", 80),
        "client": ("bench", 1),
        "http_version": "1.1",
        "root_path": "",
        "state": {},
    }
    await app(scope, receive, send)  # type: ignore[arg-type]  # the protocol's own types are wider
    return statuses[0]


async def no_webhooks(message: object, timeout: float) -> tuple[int | None, str]:
    return 200, ""


async def measured(path: str, body: bytes) -> tuple[int, float, float, float]:
    """The status; the heartbeat's longest pause, twice, and the time until the answer, in milliseconds, at best."""
    best = (0, float("inf"), float("inf"), float("inf"))
    for _ in range(ROUNDS):
        app, longest = App(Settings(clock=Mode("manual")), no_webhooks), [0.0, 0.0]
        beat = asyncio.create_task(heartbeat(longest))
        await asyncio.sleep(0)
        start = perf_counter()
        status = await post(app, path, body)
        took = perf_counter() - start
        await asyncio.sleep(0)
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat
        best = min(best, (status, longest[0] * 1e3, longest[1] * 1e3, took * 1e3), key=lambda found: found[2])
    return best


async def main() -> None:
    row = "{:<32} {:<9} {:>9} {:>7} {:>12} {:>12} {:>12}"
    print(row.format("body", "provider", "bytes", "status", "held, ms", "by us, ms", "answered, ms"))
    for what, path, body in bodies():
        status, *times = await measured(path, body)
        print(row.format(what, path.split("/")[1], len(body), status, *(f"{each:.1f}" for each in times)))


if __name__ == "__main__":
    asyncio.run(main())
