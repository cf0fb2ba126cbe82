"""What ffprobe and ffmpeg, which know nothing of us, find in the files."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import vidmock.media
from vidmock.media.clip import Clip, Container
from vidmock.media.formats import content_type
from vidmock.media.render import render

Probe = Callable[[bytes], dict[str, Any]]
Complaints = Callable[[bytes], str]

SIZES = ((1920, 1080), (1080, 1920), (1440, 1440), (1280, 720), (720, 1280), (960, 960))
CONTAINERS: tuple[Container, ...] = ("mp4", "mov", "webm")
LENGTHS = (3, 5.5, 10, 20, 60, 3.04, 1 / 24)


def streams(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {stream["codec_type"]: stream for stream in found["streams"]}


@pytest.mark.parametrize(
    ("size", "container", "audio"),
    list(product(SIZES, CONTAINERS, (False, True))),
    ids=lambda value: "x".join(map(str, value)) if isinstance(value, tuple) else str(value),
)
def test_a_file_says_exactly_what_its_clip_says(
    size: tuple[int, int],
    container: Container,
    audio: bool,
    lines: tuple[str, ...],
    ffprobe: Probe,
    complaints: Complaints,
) -> None:
    data = render(Clip(*size, 3, lines, container, audio, title="A kite – é"))
    found = ffprobe(data)
    video = streams(found)["video"]
    assert (video["width"], video["height"]) == size
    assert (video["avg_frame_rate"], video["r_frame_rate"], video["nb_read_frames"]) == ("24/1", "24/1", "72")
    colours = {video["color_space"], video["color_transfer"], video["color_primaries"]}
    assert (colours, video["color_range"], video["pix_fmt"]) == ({"bt709"}, "tv", "yuv420p")
    assert found["format"]["duration"] == "3.000000"
    tags = {name.lower(): value for name, value in found["format"]["tags"].items()}
    assert tags["title"] == "A kite – é"
    assert "creation_time" not in tags
    assert ("audio" in streams(found)) == audio
    assert complaints(data) == ""


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("seconds", LENGTHS)
def test_a_file_has_as_many_pictures_and_as_much_sound_as_fit_its_length(
    seconds: float, container: Container, ffprobe: Probe, complaints: Complaints
) -> None:
    clip = Clip(320, 180, seconds, ("length",), container, audio=True)
    found = ffprobe(render(clip))
    exact = round(seconds * 24) / 24
    video, sound = streams(found)["video"], streams(found)["audio"]
    assert int(video["nb_read_frames"]) == round(seconds * 24)
    assert float(found["format"]["duration"]) == pytest.approx(exact, abs=2e-6)
    assert (sound["sample_rate"], sound["channels"]) == ("48000", 1)
    if container == "webm":
        assert (video["codec_name"], sound["codec_name"]) == ("vp9", "opus")
        lasts = float(sound["tags"]["DURATION"].rpartition(":")[2]) + 60 * int(sound["tags"]["DURATION"].split(":")[1])
        assert exact - 0.02 <= lasts <= exact
    else:
        assert (video["profile"], sound["profile"]) == ("Constrained Baseline", "LC")
        assert int(video["nb_frames"]) == round(seconds * 24)
        assert float(video["duration"]) == float(sound["duration"]) == pytest.approx(exact, abs=1e-6)
    assert complaints(render(clip)) == ""


@pytest.mark.parametrize("size", [(128, 128), (4096, 128), (128, 4096), (130, 258), (854, 480), (4096, 4096)])
def test_any_even_size_is_decoded_without_a_word(
    size: tuple[int, int], lines: tuple[str, ...], complaints: Complaints, ffprobe: Probe
) -> None:
    data = render(Clip(*size, 0.25, lines))
    video = streams(ffprobe(data))["video"]
    assert (video["width"], video["height"], video["nb_read_frames"]) == (*size, "6")
    assert complaints(data) == ""


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_the_header_comes_before_the_samples(container: Container) -> None:
    data = render(Clip(1280, 720, 5, ("x",), container, audio=True))
    kinds, place = [], 0
    while place < len(data):
        kinds.append(data[place + 4 : place + 8])
        place += int.from_bytes(data[place : place + 4], "big")
    assert (kinds, place) == ([b"ftyp", b"moov", b"mdat"], len(data))


@pytest.mark.parametrize(("container", "brand"), [("mp4", b"isom"), ("mov", b"qt  ")])
def test_the_brand_tells_mp4_from_quicktime(container: Container, brand: bytes) -> None:
    assert render(Clip(128, 128, 1, ("x",), container))[8:12] == brand


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_without_a_title_has_none(container: Container, ffprobe: Probe) -> None:
    tags = ffprobe(render(Clip(128, 128, 1, ("x",), container)))["format"]["tags"]
    assert "title" not in {name.lower() for name in tags}


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_a_labelled_video_is_small(container: Container, lines: tuple[str, ...]) -> None:
    for seconds in (5, 10):
        assert len(render(Clip(1920, 1080, seconds, lines, container))) <= 25_000


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_webm_of_another_size_is_the_nearest_prepared_one(container: Container, ffprobe: Probe) -> None:
    video = streams(ffprobe(render(Clip(1600, 900, 1, ("x",), container))))["video"]
    assert (video["width"], video["height"]) == ((1920, 1080) if container == "webm" else (1600, 900))


def test_every_process_makes_the_same_bytes(lines: tuple[str, ...]) -> None:
    clips = [Clip(1280, 720, 2, lines, container, True, "Título") for container in CONTAINERS]
    here = [hashlib.sha256(render(clip)).hexdigest() for clip in clips]
    program = (
        "import hashlib; from vidmock.media.clip import Clip; from vidmock.media.render import render\n"
        f"for clip in {clips!r}: print(hashlib.sha256(render(clip)).hexdigest())"
    )
    source = str(Path(vidmock.media.__file__).parents[2])
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": source, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.split() == here


def test_another_job_is_another_file(lines: tuple[str, ...]) -> None:
    clip = Clip(1280, 720, 5, lines)
    assert render(clip) == render(replace(clip))
    assert render(clip) != render(replace(clip, lines=(*lines[:2], "job 2", *lines[3:])))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"width": 1281}, "width"),
        ({"width": 126}, "width"),
        ({"height": 4098}, "height"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": 601}, "seconds"),
        ({"container": "avi"}, "container"),
    ],
    ids=str,
)
def test_a_clip_that_cannot_be_made_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        replace(Clip(1280, 720, 5, ("x",)), **changes)


def test_each_container_has_its_media_type() -> None:
    assert [content_type(container) for container in CONTAINERS] == ["video/mp4", "video/quicktime", "video/webm"]
