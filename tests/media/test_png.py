"""Pictures, for models that make no video."""

from __future__ import annotations

import json
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from vidmock.media.clip import Clip
from vidmock.media.formats import content_type
from vidmock.media.render import render


@pytest.mark.parametrize(("width", "height"), [(1024, 1024), (128, 4096), (640, 480)])
def test_a_picture_is_decoded_without_complaint_and_has_its_size(tmp_path: Path, width: int, height: int) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(render(Clip(width, height, 1.0, ("fal", "a kite", "job"), "png", title="fal kite 日本")))
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(file)]
    probed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert not probed.stderr
    (stream,) = json.loads(probed.stdout)["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"], stream["nb_read_frames"]) == (
        "png",
        width,
        height,
        "1",
    )


def test_a_picture_is_titled_and_the_same_every_time() -> None:
    clip = Clip(128, 128, 1.0, ("a", "b"), "png", title="job 1")
    assert render(clip) == render(clip)
    assert b"job 1" in render(clip)
    assert render(clip) != render(Clip(128, 128, 1.0, ("another", "b"), "png", title="job 1"))
    assert content_type("png") == "image/png"


@pytest.mark.parametrize("height", [128, 130, 190, 192, 4096])
def test_its_rows_are_as_many_as_it_is_high_and_add_up(height: int) -> None:
    file = render(Clip(130, height, 1.0, ("a",), "png"))
    start = file.index(b"IDAT")
    (size,) = struct.unpack(">I", file[start - 4 : start])
    rows = zlib.decompress(file[start + 4 : start + 4 + size])
    row = 1 + 3 * 130
    assert len(rows) == height * row
    # A filter of 2: nothing differs from the row above.
    assert {rows[at] for at in range(0, len(rows), row)} == {0, 2}
    assert all(rows[at + 1 : at + row] == bytes(row - 1) for at in range(0, len(rows), row) if rows[at] == 2)
