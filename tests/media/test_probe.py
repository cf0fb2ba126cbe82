from __future__ import annotations

import shutil
import struct
import subprocess
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidmock.media.clip import Clip, Container
from vidmock.media.info import NotMedia, VideoInfo
from vidmock.media.mp4 import box, full_box
from vidmock.media.probe import probe
from vidmock.media.render import render

CONTAINERS: tuple[Container, ...] = ("mp4", "mov", "webm")
CLIP = Clip(1280, 720, 2.5, ("probe",), audio=True, title="probe")
FILES = {container: render(replace(CLIP, container=container)) for container in CONTAINERS}


@pytest.mark.parametrize(("container", "audio"), list(product(CONTAINERS, (False, True))))
def test_our_own_files_are_read_back(container: Container, audio: bool) -> None:
    data = render(Clip(720, 1280, 5, ("x",), container, audio))
    assert probe(data) == VideoInfo(container, 720, 1280, 5.0, audio, faststart=True)


@pytest.mark.parametrize(
    ("output", "options", "expected"),
    [
        ("a.mp4", "", VideoInfo("mp4", 320, 180, 2.0, False, faststart=False)),
        ("a.mp4", "-movflags +faststart", VideoInfo("mp4", 320, 180, 2.0, False, faststart=True)),
        ("a.mp4", "turned", VideoInfo("mp4", 180, 320, 2.0, False, faststart=False)),
        ("a.mp4", "-movflags frag_keyframe+empty_moov -g 12", VideoInfo("mp4", 320, 180, 2.0, False, faststart=True)),
        ("a.mp4", "-f ismv -g 12", VideoInfo("mp4", 320, 180, 2.0, False, faststart=True)),
        ("a.mov", "", VideoInfo("mov", 320, 180, 2.0, False, faststart=False)),
        ("a.webm", "-c:v libvpx -deadline realtime", VideoInfo("webm", 320, 180, 2.0, False, faststart=True)),
        ("a.webm", "-c:v libvpx -deadline realtime -live 1", VideoInfo("webm", 320, 180, 1.96, False, faststart=True)),
    ],
    ids=["plain", "faststart", "turned", "fragmented", "smooth", "mov", "webm", "webm-live"],
)
def test_files_of_other_makers_are_read(output: str, options: str, expected: VideoInfo, tmp_path: Path) -> None:
    program = shutil.which("ffmpeg")
    assert program, "ffmpeg is not installed: apt-get install ffmpeg"
    path = tmp_path / output
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"]
    picture = ["-pix_fmt", "yuv420p"]
    if options == "turned":
        # Rotation is written by copying a stream whose input says that it is turned.
        first = tmp_path / "first.mp4"
        subprocess.run([program, "-v", "error", *source, *picture, str(first)], check=True)
        turned = ["-metadata:s:v:0", "rotate=90", "-c", "copy"]
        subprocess.run([program, "-v", "error", "-i", str(first), *turned, str(path)], check=True)
    else:
        subprocess.run([program, "-v", "error", *source, *picture, *options.split(), str(path)], check=True)
    found = probe(path.read_bytes())
    assert found == replace(expected, seconds=found.seconds)
    assert found.seconds == pytest.approx(expected.seconds, abs=0.05)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway", "an HTML page"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><Error/>", "XML or HTML"),
        (b'{"detail": "not found"}', "JSON"),
        (b"\x89PNG\r\n\x1a\n....", "a PNG picture"),
        (b"\xff\xd8\xff\xe0....", "a JPEG picture"),
        (b"RIFF....WEBP", "a WebP picture"),
        (b"no idea", "unknown data that starts with 6e 6f 20"),
        (b"\0\0\0\x14ftypavif\0\0\0\0avif", "an AVIF picture"),
        (b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x08moov", "without a picture track"),
        (b"\0\0\0\x14ftypisom\0\0\0\0isom" + struct.pack(">I4sQ", 1, b"mdat", 2**40), "'mdat' box has 1099511627776"),
        (b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska", "Matroska of the kind 'matroska'"),
        (b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm", "without a segment"),
        (b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\x80", "without a picture track"),
        (b"\x1a\x45\xdf\xa3", "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_video_is_refused_in_words(data: bytes, message: str) -> None:
    with pytest.raises(NotMedia, match=message):
        probe(data)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_cut_short_is_refused(container: Container) -> None:
    data = FILES[container]
    for length in (*range(1, 200), len(data) // 2, len(data) - 1):
        with pytest.raises(NotMedia):
            probe(data[:length])
    with pytest.raises(NotMedia, match="cut short"):
        probe(data[:-1])


@pytest.mark.parametrize("container", CONTAINERS)
def test_sound_alone_is_no_video(container: Container) -> None:
    data = FILES[container]
    if container == "webm":
        video = data.index(b"\xe0", data.index(b"V_VP9"))
        silent = data[:video] + b"\xe2" + data[video + 1 :]
    else:
        silent = data.replace(b"vide", b"zzzz")
    with pytest.raises(NotMedia, match="without a picture track"):
        probe(silent)


def test_a_file_without_a_length_is_refused() -> None:
    data = FILES["mp4"]
    for kind in (b"mdhd", b"mvhd"):
        at = data.index(kind) + 20
        data = data[:at] + bytes(4) + data[at + 4 :]
    with pytest.raises(NotMedia, match="without a length"):
        probe(data)


def test_a_live_webm_is_as_long_as_its_last_block() -> None:
    data = render(Clip(1280, 720, 12, ("live",), "webm"))
    unknown = b"\x01" + b"\xff" * 7
    for identity in (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"):
        head, *bodies = data.split(identity)
        data = head + b"".join(identity + unknown + body[8:] for body in bodies)
    assert probe(data.replace(b"\x44\x89\x88", b"\x44\x88\x88", 1)).seconds == 11.958


def hand_made(extra: bytes = b"", *, after: bytes = b"") -> bytes:
    """An MP4 of one empty video track of 320×180 without a length."""
    times = struct.pack(">IIII", 0, 0, 1000, 0)
    entry = box(b"avc1", bytes(24), struct.pack(">HH", 320, 180), bytes(50))
    table = box(b"stbl", full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry))
    media = box(b"mdia", full_box(b"mdhd", 0, 0, times), full_box(b"hdlr", 0, 0, b"\0\0\0\0vide"), box(b"minf", table))
    track = box(b"trak", full_box(b"tkhd", 0, 0, struct.pack(">III", 0, 0, 1), bytes(68)), media)
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", full_box(b"mvhd", 0, 0, times), track, extra) + after


def test_a_fragmented_file_may_say_its_length_ahead() -> None:
    for length in (full_box(b"mehd", 0, 0, struct.pack(">I", 2500)), full_box(b"mehd", 1, 0, struct.pack(">Q", 2500))):
        assert probe(hand_made(box(b"mvex", length))) == VideoInfo("mp4", 320, 180, 2.5, False, faststart=True)


def test_fragments_of_other_tracks_do_not_count() -> None:
    presets = [full_box(b"trex", 0, 0, struct.pack(">IIIII", number, 1, 500, 0, 0)) for number in (1, 2)]
    runs = [
        box(
            b"traf",
            full_box(b"tfhd", 0, 0, struct.pack(">I", number)),
            full_box(b"trun", 0, 0, struct.pack(">I", count)),
        )
        for number, count in ((1, 3), (2, 50))
    ]
    data = hand_made(box(b"mvex", *presets), after=box(b"moof", *runs))
    assert probe(data).seconds == 1.5


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (hand_made(), "without a length"),
        (hand_made().replace(b"mvhd", b"free"), "without a length"),
        (hand_made(after=box(b"moof", box(b"traf"))), "without a length"),
        (
            box(b"ftyp", b"isom") + box(b"moov", box(b"trak", box(b"tkhd"), box(b"mdia", box(b"mdhd"), box(b"hdlr")))),
            "damaged header",
        ),
        (box(b"ftyp", b"isom") + box(b"moov", box(b"trak")), "without a picture track"),
        (box(b"ftyp", b"isom") + b"\0\0\0\4moov", "without a moov"),
        (FILES["webm"].replace(b"\xb0\x82\x05\0", b"\xb0\x82\0\0", 1), "how large or how long"),
    ],
    ids=[
        "no-length",
        "no-movie-header",
        "empty-fragment",
        "empty-headers",
        "empty-track",
        "bad-size",
        "webm-without-width",
    ],
)
def test_a_header_with_holes_is_refused_in_words(data: bytes, message: str) -> None:
    with pytest.raises(NotMedia, match=message):
        probe(data)


@settings(max_examples=200)
@given(
    container=st.sampled_from(CONTAINERS),
    changes=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_damaged_file_is_read_or_refused_but_breaks_nothing(
    container: Container, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(FILES[container])
    for place, value in changes:
        data[place] = value
    with suppress(NotMedia):
        info = probe(bytes(data))
        assert info.width > 0
        assert info.seconds > 0


@given(
    head=st.sampled_from([b"", b"\x1a\x45\xdf\xa3", b"\0\0\0\x10ftyp", b"\0\0\0\0moov"]), tail=st.binary(max_size=200)
)
def test_noise_is_refused(head: bytes, tail: bytes) -> None:
    with pytest.raises(NotMedia):
        probe(head + tail)
