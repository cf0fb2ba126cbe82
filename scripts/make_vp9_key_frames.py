"""Makes the VP9 key frames in fixtures/media/vp9/, one for each size: a test card without a job's name.

Run it from the top of a checkout: ``python scripts/make_vp9_key_frames.py``. It needs ffmpeg with libvpx. The same
version of libvpx gives the same bytes.
"""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "mockserver"))

from vidmock.media import card, h264, layout  # noqa: E402 - the path to a checkout comes first

SIZES = ((1920, 1080), (1080, 1920), (1440, 1440), (1280, 720), (720, 1280), (960, 960))
SLATE = (12, -4)
MAX_BYTES = 15_000
"""The size of one key frame, at most: they are part of the package."""
_START_CODE = b"\0\0\0\1"


def picture(width: int, height: int) -> bytes:
    """The card as an H.264 byte stream of one picture (ITU-T H.264, annex B), without panel and clock."""
    place = layout.frame(width, height)
    texts = (
        "vidmock",
        "WebM",
        "The name of the job is in the title of this file; an MP4 shows it.",
        f"{width}×{height}",
    )
    bits = card.above_panel(replace(place, panel=place.rows), layout.arrange(place, texts), SLATE)
    units = (*h264.parameter_sets(width, height), h264.idr_slice(0, bits))
    return b"".join(_START_CODE + unit for unit in units)


def key_frame(stream: bytes) -> bytes:
    """*stream* decoded and encoded again as a VP9 key frame, without a container."""
    command = "ffmpeg -v error -f h264 -i - -frames:v 1 -c:v libvpx-vp9 -b:v 0 -crf 34 -deadline best -cpu-used 0"
    colours = "-pix_fmt yuv420p -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"
    single = "-lag-in-frames 0 -auto-alt-ref 0 -threads 1 -fflags +bitexact -flags +bitexact -f ivf -"
    ivf = subprocess.run(f"{command} {colours} {single}".split(), input=stream, capture_output=True, check=True).stdout
    header, (size,) = struct.unpack("<H", ivf[6:8])[0], struct.unpack("<I", ivf[32:36])
    return ivf[header + 12 : header + 12 + size]


def main() -> None:
    target = TOP / "fixtures" / "media" / "vp9"
    target.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        frame = key_frame(picture(width, height))
        if len(frame) > MAX_BYTES:
            sys.exit(f"{width}x{height}: {len(frame)} bytes are too many")
        (target / f"{width}x{height}.vp9").write_bytes(frame)


if __name__ == "__main__":
    main()
