from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vidmock.media.clip import Clip, Container
from vidmock.media.render import render

CONTAINERS: tuple[Container, ...] = ("mp4", "mov", "webm")


def test_a_browser_plays_every_container_to_its_end_with_the_label_in_sight(
    chromium: Callable[[Mapping[str, bytes]], dict[str, dict[str, Any]]], lines: tuple[str, ...]
) -> None:
    shapes = ((1920, 1080, 3.0, False), (720, 1280, 2.0, True))
    clips = {
        f"{width}x{height}{'-audio' if audio else ''}.{container}": Clip(
            width, height, seconds, lines, container, audio
        )
        for container in CONTAINERS
        for width, height, seconds, audio in shapes
    }
    report = chromium({name: render(clip) for name, clip in clips.items()})
    assert report.keys() == clips.keys()
    for name, clip in clips.items():
        seen = report[name]
        assert seen["error"] is None, (name, seen)
        assert (seen["width"], seen["height"], seen["end"]) == (clip.width, clip.height, "ended"), (name, seen)
        # WebM's clock is whole milliseconds; with sound it ends with the last packet that is written.
        assert abs(seen["duration"] - clip.seconds) < 0.021, (name, seen)
        assert seen["contrast"] > 60, (name, seen)
        assert seen["contrastAtEnd"] > 60, (name, seen)
        assert bool(seen["audioBytes"]) == clip.audio, (name, seen)
