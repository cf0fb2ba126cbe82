"""Whatever a user writes into a prompt, the file is whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidmock.media.clip import Clip, Container
from vidmock.media.info import VideoInfo
from vidmock.media.probe import probe
from vidmock.media.render import render
from vidmock.media.webm import nearest_size, prepared_sizes

CONTAINERS: tuple[Container, ...] = ("mp4", "mov", "webm")
ANY_TEXT = st.text(st.characters(), max_size=300)  # lone surrogates as well: JSON can carry them
CLIPS = st.builds(
    Clip,
    width=st.integers(64, 500).map(lambda half: 2 * half),
    height=st.integers(64, 500).map(lambda half: 2 * half),
    seconds=st.floats(0.03, 2),
    lines=st.lists(ANY_TEXT, max_size=7).map(tuple),
    container=st.sampled_from(CONTAINERS),
    audio=st.booleans(),
    title=ANY_TEXT,
)


@settings(max_examples=100)
@given(CLIPS)
def test_any_clip_is_a_whole_file_that_says_what_it_is(clip: Clip) -> None:
    data = render(clip)
    assert data == render(replace(clip))
    width, height = nearest_size(clip.width, clip.height) if clip.container == "webm" else (clip.width, clip.height)
    assert probe(data) == VideoInfo(clip.container, width, height, clip.frames / 24, clip.audio, faststart=True)


@settings(max_examples=8)
@given(clip=CLIPS)
def test_any_clip_is_decoded_without_a_word(clip: Clip, complaints: Callable[[bytes], str]) -> None:
    assert complaints(render(clip)) == ""


@pytest.mark.parametrize(("container", "kept"), [("mp4", 40_000), ("mov", 32_767), ("webm", 40_000)])
def test_a_long_title_is_kept_as_far_as_its_box_goes(container: Container, kept: int) -> None:
    # QuickTime counts the bytes of a text in 16 bits.
    data = render(Clip(128, 128, 1, ("x",), container, title="é" * 40_000))
    assert probe(data).seconds == 1
    assert max(map(len, re.findall("(?:é)+".encode(), data))) == 2 * kept


def test_the_nearest_size_has_the_nearest_shape_first() -> None:
    assert set(prepared_sizes()) == {(1920, 1080), (1080, 1920), (1440, 1440), (1280, 720), (720, 1280), (960, 960)}
    assert all(nearest_size(*size) == size for size in prepared_sizes())
    assert nearest_size(640, 360) == (1280, 720)
    assert nearest_size(3840, 2160) == (1920, 1080)
    assert nearest_size(1000, 1000) == (960, 960)
    assert nearest_size(540, 1000) == (720, 1280)
