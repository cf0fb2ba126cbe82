"""Makes the pictures of the pages: ``python -m tests.pictures``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx

from vidmock import MockServer

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MOST_BYTES = 200_000
"""Of a picture: whoever clones the repository fetches all of them."""


def video_frame() -> bytes:
    """A frame of the README's first video, as PNG."""
    with MockServer(clock="manual") as mock:
        queue = f"{mock.fal.queue_url}/fal-ai/kling-video/o1/reference-to-video"
        key = {"Authorization": "Key any"}
        job = httpx.post(queue, headers=key, json={"prompt": "A red kite over dunes"}).json()
        mock.world("any").clock.advance("1m")
        url = httpx.get(job["response_url"], headers=key).json()["video"]["url"]
        clip = httpx.get(url).content
    drawn = "select=eq(n\\,40)"
    command = ["ffmpeg", "-v", "error", "-i", "-", "-vf", drawn, "-frames:v", "1", "-f", "image2", "-c:v", "png", "-"]
    return subprocess.run(command, input=clip, capture_output=True, check=True, timeout=60).stdout


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "video.png").write_bytes(video_frame())
