"""Time and size of labelled videos, compared with x264 ultrafast on the same pictures: ``python benchmarks/video.py``.

For each size, length and container: the time of the first file (cold), the median and 99th percentile of 300 more,
each for a new job (warm), the bytes of a file, and how many times slower and larger x264 is. Needs ffmpeg with libx264.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mockserver"))

from vidmock.media.clip import Clip, Container
from vidmock.media.render import render

SIZES = ((1920, 1080), (1080, 1920), (1440, 1440), (1280, 720), (720, 1280), (960, 960))
ROUNDS = 300
CASES: tuple[tuple[tuple[int, int], float, Container, bool], ...] = (
    *((size, 5.0, "mp4", False) for size in SIZES),
    *((SIZES[0], seconds, "mp4", False) for seconds in (3.0, 10.0, 20.0)),
    *((SIZES[0], 5.0, container, audio) for container in ("mov", "webm") for audio in (False, True)),
)


def clip(size: tuple[int, int], seconds: float, container: Container, audio: bool) -> Clip:
    width, height = size
    job, prompt = f"job {uuid.uuid4()}", "a red kite over dunes at dusk, the camera follows slowly while sand drifts"
    model = "fal-ai/kling-video/o1/reference-to-video"
    return Clip(width, height, seconds, ("fal", model, job, prompt, f"{seconds:g} s"), container, audio, job)


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def x264(data: bytes, size: tuple[int, int], folder: Path) -> tuple[float, int]:
    """Milliseconds (best of 3) and bytes of x264 ultrafast, for the pictures of *data*, which are decoded before.

    The time for one picture, which is the start of ffmpeg, is subtracted.
    """
    source, raw, target = folder / "source", folder / "raw", folder / "target.mp4"
    source.write_bytes(data)
    quiet = ("ffmpeg", "-v", "error", "-y")
    subprocess.run([*quiet, "-i", source, "-f", "rawvideo", "-pix_fmt", "yuv420p", raw], check=True)
    shape = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}", "-r", "24", "-i", raw)
    encode = ("-c:v", "libx264", "-preset", "ultrafast", "-movflags", "+faststart", target)
    one = min(
        milliseconds(lambda: subprocess.run([*quiet, *shape, "-frames:v", "1", *encode], check=True)) for _ in "123"
    )
    all_of_it = min(milliseconds(lambda: subprocess.run([*quiet, *shape, *encode], check=True)) for _ in "123")
    raw.unlink()
    return all_of_it - one, target.stat().st_size


def main() -> None:
    out = sys.stdout.write
    out("      size    s       file  cold ms  warm ms    p99   bytes  x264 ms  ratio  bytes\n")
    with tempfile.TemporaryDirectory() as folder:
        for size, seconds, container, audio in CASES:
            cold = milliseconds(lambda: render(clip(size, seconds, container, audio)))  # noqa: B023 - called at once
            clips = [clip(size, seconds, container, audio) for _ in range(ROUNDS)]
            warm = [milliseconds(lambda: render(each)) for each in clips]  # noqa: B023 - called at once
            data = render(clips[-1])
            theirs, their_bytes = x264(data, size, Path(folder))
            kind = container + ("+audio" if audio else "")
            out(
                f"{size[0]}x{size[1]}".rjust(10) + f" {seconds:4g} {kind:>10} {cold:8.1f} {median(warm):8.3f}"
                f" {quantiles(warm, n=100)[98]:6.2f} {len(data):7d} {theirs:8.0f} {theirs / median(warm):5.0f}x"
                f" {their_bytes / len(data):5.1f}x\n"
            )


if __name__ == "__main__":
    main()
