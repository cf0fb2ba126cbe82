"""Makes the picture of the page: ``python -m tests.page_picture``. It needs Chromium and ffmpeg."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from tests.browser import Browser
from tests.page.visit import Seen, advance, control
from tests.pictures import IMAGES

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer

SIZE = {"width": 1100, "height": 830}
"""In pixels: as wide as a page of documentation shows it."""
PICTURE = ["https://pictures.example/cat.png"]
FAL, RUNPOD = "/fal/queue/fal-ai/kling-video/o1/reference-to-video", "/runpod/v2/kling-video-o1-r2v/run"


def _jobs() -> Iterator[tuple[str, dict[str, object]]]:
    """Where each job is submitted, and with what, in their order."""
    model, clip = "kling-o1-video-to-video-reference", "https://clips.example/walk.mp4"
    for prompt in ("A glass of tea on a train", "A market at dawn"):
        yield "/eachlabs/v1/prediction", {"model": model, "input": {"prompt": prompt, "video_url": clip}}
    yield FAL, {"prompt": "A red kite over dunes"}
    yield RUNPOD, {"input": {"prompt": "A tram in the rain at night", "images": PICTURE}}
    yield FAL, {"prompt": "A paper boat on a canal"}
    yield RUNPOD, {"input": {"prompt": "A lighthouse above the fog", "images": PICTURE}}
    yield FAL, {"prompt": "Two foxes in fresh snow", "fps": 24}


def page_picture() -> bytes:
    """The view of jobs of a server with a few, two of which a fault has struck, as PNG of few colours."""
    settings = Settings(clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(8.0, 8.0)))
    with TemporaryDirectory() as folder, Browser(Path(folder)) as browser, ThreadedServer(settings) as server:
        headers = {"authorization": "Key any"}
        control(server, "POST", "/worlds", {"key": "any"})
        control(server, "POST", "/faults?key=any", {"effect": "moderated", "nth": [6]})
        control(server, "POST", "/faults?key=any", {"effect": "lost", "phase": "after", "nth": [4]})
        for place, body in _jobs():
            given = headers if "fal" in place else {"authorization": "Bearer any"}
            try:
                httpx.post(server.url + place, headers=given, json=body).raise_for_status()
            except httpx.RemoteProtocolError:
                continue
        advance(server, 30)
        httpx.post(server.url + FAL, headers=headers, json={"prompt": "A whale below the ice"}).raise_for_status()
        advance(server, 5)
        with browser.page() as page:
            page.do("Emulation.setDeviceMetricsOverride", **SIZE, deviceScaleFactor=1, mobile=False)
            page.do("Emulation.setScrollbarsHidden", hidden=True)
            seen = Seen(page, server)
            seen.scheme("light")
            seen.go("/jobs")
            seen.text("whale")
            seen.until("document.querySelectorAll('video').length === 6")
            # Each near its second second, so that the pictures of two runs are alike.
            page.run(
                "Promise.all([...document.querySelectorAll('video')].map((it) => new Promise((done) => {"
                " it.pause(); it.onseeked = done; it.currentTime = 2; })))"
            )
            taken = base64.b64decode(page.do("Page.captureScreenshot", format="png")["data"])
    few = "split[a][b];[a]palettegen=max_colors=128[p];[b][p]paletteuse=dither=none"
    command = ["ffmpeg", "-v", "error", "-i", "-", "-vf", few, "-f", "image2", "-c:v", "png", "-"]
    return subprocess.run(command, input=taken, capture_output=True, check=True, timeout=60).stdout


if __name__ == "__main__":
    (IMAGES / "page.png").write_bytes(page_picture())
