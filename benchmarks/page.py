"""The page while jobs come in: ``python benchmarks/page.py [JOBS A SECOND] [SECONDS]``.

Chromium shows the page at rest, and then while jobs are submitted, which end after about a second each. Long tasks are
those that keep the page from answering for more than 50 ms, as the browser itself counts them. What other programs take
of the cores is in that; what a task has used of one itself is told besides.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from load import Connection

from server import started

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser import Browser, Page

RATE, SECONDS, WIDTH, LONG = 200, 10.0, 8, 50
SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
BODY = json.dumps({"prompt": "a red kite over dunes"}).encode()
WATCH = """
window.seen = { long: [], frames: [], last: performance.now() };
new PerformanceObserver((list) => window.seen.long.push(...list.getEntries().map((one) => one.duration)))
  .observe({ type: "longtask" });
const frame = (now) => {
  window.seen.frames.push(now - window.seen.last);
  window.seen.last = now;
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""
TAKE = (
    "(() => { const found = window.seen; window.seen = { long: [], frames: [], last: found.last }; return found; })()"
)


class Trace:
    """What the tasks of the page's main thread take of a core, by the browser's own trace."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def begin(self) -> None:
        self._browser.do("Tracing.start", categories="toplevel,blink,devtools.timeline", transferMode="ReportEvents")

    def end(self) -> list[float]:
        """The milliseconds of each task, the longest first."""
        events: list[dict[str, Any]] = []

        def over(message: Mapping[str, Any]) -> bool:
            if message.get("method") == "Tracing.dataCollected":
                events.extend(message["params"]["value"])
            return message.get("method") == "Tracing.tracingComplete"

        self._browser.do("Tracing.end")
        self._browser.wait(over)
        laid_out = Counter((one["pid"], one["tid"]) for one in events if one["name"] == "UpdateLayoutTree")
        # A page at rest may have drawn nothing.
        threads = [thread for thread, _ in laid_out.most_common(1)]
        tasks = (one for one in events if (one["pid"], one["tid"]) in threads and one["name"].endswith("RunTask"))
        return sorted((one.get("tdur", 0) / 1000 for one in tasks), reverse=True) or [0.0]


async def flood(url: str, rate: float, seconds: float) -> float:
    """Submit *rate* jobs a second for so many *seconds*; returns the rate that was reached."""
    connections = [await Connection.to(url, "bench") for _ in range(WIDTH)]
    began, sent = time.perf_counter(), 0

    async def work(connection: Connection) -> None:
        nonlocal sent
        while (now := time.perf_counter() - began) < seconds:
            if sent < now * rate:
                sent += 1
                await connection.ask("POST", SUBMIT, BODY, scheme="Key")
            else:
                await asyncio.sleep(0.002)

    await asyncio.gather(*map(work, connections))
    for connection in connections:
        connection.close()
    return sent / (time.perf_counter() - began)


def row(what: str, rate: float, page: Page, seconds: float, used: Sequence[float]) -> str:
    found: dict[str, Any] = page.run(TAKE)
    frames = sorted(found["frames"]) or [0.0]
    slow = frames[int(len(frames) * 0.99)]
    tiles = page.run("document.querySelectorAll('.tile').length")
    longest = max(found["long"], default=0)
    return (
        f"{what:10} {rate:6.0f} jobs a second  {len(frames) / seconds:5.0f} frames a second, "
        f"99 % within {slow:4.0f} ms  {len(found['long']):3} long tasks, the longest {longest:4.0f} ms, "
        f"{sum(found['long']) / seconds / 10:4.1f} % of the time  {tiles} tiles  "
        f"on its core the longest task {used[0]:3.0f} ms, {sum(one > LONG for one in used)} of more than {LONG} ms"
    )


def main(rate: float = RATE, seconds: float = SECONDS) -> None:
    command = (sys.executable, "-m", "vidmock", "serve", "--port", "0", "--clock", "scaled:60")
    with (
        started(*command) as (url, _),
        tempfile.TemporaryDirectory() as folder,
        Browser(Path(folder)) as browser,
        browser.page() as page,
    ):
        assert page.go(f"{url}/_vidmock/#/jobs") == ""
        page.run("new Promise((done) => setTimeout(done, 2000))")
        page.run(WATCH)
        trace = Trace(browser)
        for what, wanted in (("at rest", 0.0), ("at half", rate / 2), ("at full", rate), ("afterwards", 0.0)):
            page.run(TAKE)
            trace.begin()
            reached = asyncio.run(flood(url, wanted, seconds)) if wanted else 0.0
            if not wanted:
                time.sleep(seconds / 2)
            print(row(what, reached, page, seconds if wanted else seconds / 2, trace.end()), flush=True)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
