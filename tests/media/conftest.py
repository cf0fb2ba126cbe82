"""Fixtures that make and check files with real tools: ffmpeg, file, Chromium.

A test whose tool is missing fails, and names the Debian package.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.browser import Browser, Site

Probe = Callable[[bytes], dict[str, Any]]
Complaints = Callable[[bytes], str]
Planes = tuple[bytes, bytes, bytes]
Decode = Callable[[bytes, int, int], list[Planes]]
Make = Callable[[str, str], bytes]
MediaTypeOf = Callable[[bytes], str]
Play = Callable[[Mapping[str, bytes]], dict[str, dict[str, Any]]]


def tool(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not installed: apt-get install {package}")
    return path


def run(*command: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=data, capture_output=True, check=False)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a file with ffmpeg, by its name and further options; the same file is made only once.

    It has 0.4 s of a picture of 322 x 180 pixels, or of a tone where the name has the suffix of a sound.
    """
    program, folder = tool("ffmpeg", "ffmpeg"), tmp_path_factory.mktemp("made")
    picture, tone = "testsrc2=size=322x180:rate=25:duration=0.4", "sine=duration=0.4"
    sounds = {".wav", ".mp3", ".m4a", ".mka", ".oga", ".opus"}
    stills = {".png", ".jpg", ".gif", ".webp", ".bmp", ".tiff"}

    @cache
    def make(name: str, options: str) -> bytes:
        path = folder / name
        source = ["-f", "lavfi", "-i", tone if path.suffix in sounds else picture]
        pixels = [] if path.suffix in sounds | stills else ["-pix_fmt", "yuv420p"]
        done = run(program, "-v", "error", "-y", *source, *pixels, *options.split(), str(path))
        assert (done.returncode, done.stderr) == (0, b"")
        return path.read_bytes()

    return make


@pytest.fixture(scope="session")
def media_type_of() -> MediaTypeOf:
    """The media type that the command ``file`` finds."""
    program = tool("file", "file")
    return lambda data: run(program, "--brief", "--mime-type", "-", data=data).stdout.decode().strip()


@pytest.fixture(scope="session")
def ffprobe(tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """The JSON that ffprobe prints for a file; it must not print anything on its error output."""
    program, path = tool("ffprobe", "ffmpeg"), tmp_path_factory.mktemp("ffprobe") / "file"

    def probe(data: bytes) -> dict[str, Any]:
        path.write_bytes(data)
        done = run(
            program, *["-v", "warning", "-count_frames", "-show_streams", "-show_format", "-of", "json"], str(path)
        )
        assert (done.returncode, done.stderr) == (0, b"")
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    return probe


@pytest.fixture(scope="session")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> Complaints:
    """The warnings and errors of ffmpeg as it decodes every stream of a file with all checks; none if all is well."""
    program, path = tool("ffmpeg", "ffmpeg"), tmp_path_factory.mktemp("ffmpeg") / "file"

    def decode(data: bytes) -> str:
        path.write_bytes(data)
        checks = ["-v", "warning", "-xerror", "-err_detect", "explode", "-i"]
        done = run(program, *checks, str(path), "-map", "0", "-f", "null", "-")
        return done.stderr.decode() + (f"exit {done.returncode}" if done.returncode else "")

    return decode


@pytest.fixture(scope="session")
def decode(tmp_path_factory: pytest.TempPathFactory) -> Decode:
    """Decodes a file of a width and height: each picture as its planes Y, Cb and Cr, a byte per sample, row by row."""
    program, path = tool("ffmpeg", "ffmpeg"), tmp_path_factory.mktemp("decode") / "file"

    def decode(data: bytes, width: int, height: int) -> list[Planes]:
        path.write_bytes(data)
        done = run(program, "-v", "warning", "-i", str(path), "-an", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-")
        assert (done.returncode, done.stderr) == (0, b"")
        luma, chroma = width * height, width * height // 4
        return [
            (raw[:luma], raw[luma : luma + chroma], raw[luma + chroma :])
            for start in range(0, len(done.stdout), luma + 2 * chroma)
            for raw in [done.stdout[start : start + luma + 2 * chroma]]
        ]

    return decode


@pytest.fixture(scope="session")
def chromium(browser: Browser) -> Play:
    """Plays files in headless Chromium; ``chromium.html`` says what it reports of each."""
    page = Path(__file__).with_name("chromium.html").read_bytes()

    def play(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
        pages = {"/": page, "/files": json.dumps(list(files)).encode()} | {f"/{name}": files[name] for name in files}
        with Site(pages) as site, browser.page(f"http://127.0.0.1:{site.port}/") as shown:
            report: dict[str, dict[str, Any]] = shown.run("report")
            return report

    return play


@pytest.fixture(scope="session")
def lines() -> tuple[str, ...]:
    """The lines of a label, as of a provider's job."""
    return (
        "fal",
        "fal-ai/kling-video/o1/reference-to-video",
        "job 764cabcf-19bd-4b3e-8d2a-0f1e2d3c4b5a",
        "a red kite over dunes at dusk, the camera follows slowly while sand drifts over the ridge",
        "5 s · 1920×1080",
    )
