"""Sound files, for models that make no picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vidmock.media.clip import Clip, Container
from vidmock.media.formats import content_type, made_kind
from vidmock.media.render import render
from vidmock.media.sniffer import sniff


@pytest.mark.parametrize(("container", "codec"), [("wav", "pcm_s16le"), ("mp3", "mp3")])
@pytest.mark.parametrize("seconds", [0.3, 5.0, 120.0])
def test_a_sound_is_decoded_without_complaint_and_lasts_as_long(
    container: Container, codec: str, seconds: float, ffprobe: Callable[[bytes], Any]
) -> None:
    found = ffprobe(render(Clip(128, 128, seconds, ("a",), container, title="fal kite 日本")))
    assert (found["streams"][0]["codec_name"], found["streams"][0]["channels"]) == (codec, 1)
    assert float(found["format"]["duration"]) == pytest.approx(seconds, abs=0.025)
    assert found["format"]["tags"]["title"] == "fal kite 日本"
    assert made_kind(container) == "audio"


@pytest.mark.parametrize("container", ["wav", "mp3"])
def test_a_sound_is_known_for_what_it_is_and_the_same_every_time(container: Container) -> None:
    clip = Clip(128, 128, 1.0, ("a",), container, title="odd")
    assert render(clip) == render(clip)
    found = sniff(render(clip))
    assert found is not None
    assert found.name == container
    assert content_type(container).startswith("audio/")
