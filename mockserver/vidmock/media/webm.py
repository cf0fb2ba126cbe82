"""WebM files: Matroska elements (RFC 9559) around a VP9 key frame that was encoded beforehand.

Every picture after the first is one byte that asks the decoder to show the key frame again
(``show_existing_frame`` of slot 0; VP9 bitstream specification 0.6, section 6.2). The pictures cannot be labelled that
way, so a WebM has its label in its title only.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from math import log

from vidmock.media.audio import OPUS_HEAD, OPUS_MILLISECONDS, OPUS_SILENCE, SAMPLE_RATE
from vidmock.media.clip import FRAME_RATE, Clip
from vidmock.resources import folder

_SHOW_AGAIN = bytes((0b10_0_0_1_000,))  # frame_marker, profile 0, show_existing_frame, slot
_CLUSTER_SECONDS = 10  # a block's time is 16 signed bits of milliseconds after its cluster's
_NAME = "vidmock"
_VIDEO, _SOUND = 1, 2  # track numbers


def element(identity: int, payload: bytes) -> bytes:
    """An EBML element (RFC 8794, section 4) with its size in eight bytes, or in one where that is enough."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 0x7F else (1 << 56 | size).to_bytes(8, "big")
    return identity.to_bytes(-(-identity.bit_length() // 8), "big") + length + payload


def _number(identity: int, value: int) -> bytes:
    return element(identity, value.to_bytes(max(1, -(-value.bit_length() // 8)), "big"))


def _real(identity: int, value: float) -> bytes:
    return element(identity, struct.pack(">d", value))


def _text(identity: int, value: str) -> bytes:
    return element(identity, value.encode("utf-8", "replace"))


def prepared_sizes() -> tuple[tuple[int, int], ...]:
    """Width and height in pixels of every key frame under ``fixtures/media/vp9``."""
    return tuple(_key_frames())


def nearest_size(width: int, height: int) -> tuple[int, int]:
    """The prepared size whose shape, and then whose area, is closest to the one asked for."""

    def distance(size: tuple[int, int]) -> tuple[float, float]:
        shape = abs(log(size[0] * height / (size[1] * width)))
        return round(shape, 6), abs(log(size[0] * size[1] / (width * height)))

    return min(prepared_sizes(), key=distance)


@lru_cache(maxsize=1)
def _key_frames() -> dict[tuple[int, int], bytes]:
    frames: dict[tuple[int, int], bytes] = {}
    for path in sorted((folder("fixtures") / "media" / "vp9").glob("*.vp9")):
        width, height = path.stem.split("x")
        frames[int(width), int(height)] = path.read_bytes()
    return frames


def webm_file(clip: Clip) -> bytes:
    """The whole file. Its size is the nearest prepared one (``nearest_size``), whatever the clip asks for."""
    width, height = nearest_size(clip.width, clip.height)
    information = _information(clip)
    tracks = _tracks(width, height, clip.audio)
    tags = _tags(clip)
    before = information + tracks + tags
    # A cue's length does not depend on the position in it, which counts from the start of the segment's payload.
    cues = _cues(len(before) + len(_cues(0)))
    return _header() + element(0x18538067, before + cues + _clusters(width, height, clip.frames, clip.audio))


def _header() -> bytes:
    limits = _number(0x4286, 1) + _number(0x42F7, 1) + _number(0x42F2, 4) + _number(0x42F3, 8)
    return element(0x1A45DFA3, limits + _text(0x4282, "webm") + _number(0x4287, 4) + _number(0x4285, 2))


def _information(clip: Clip) -> bytes:
    """``Info``: the timestamp scale is a millisecond; the duration is exact."""
    title = _text(0x7BA9, clip.title) if clip.title else b""
    duration = _real(0x4489, clip.frames * 1000 / FRAME_RATE)
    return element(
        0x1549A966, _number(0x2AD7B1, 1_000_000) + duration + title + _text(0x4D80, _NAME) + _text(0x5741, _NAME)
    )


def _tracks(width: int, height: int, audio: bool) -> bytes:
    colour = _number(0x55B1, 1) + _number(0x55B9, 1) + _number(0x55BA, 1) + _number(0x55BB, 1)
    picture = element(0xE0, _number(0xB0, width) + _number(0xBA, height) + element(0x55B0, colour))
    every = _number(0x23E383, round(1e9 / FRAME_RATE))
    tracks = _track(_VIDEO, 1, "V_VP9", every + picture)
    if audio:
        sound = element(0xE1, _real(0xB5, SAMPLE_RATE) + _number(0x9F, 1))
        opus = element(0x63A2, OPUS_HEAD) + _number(0x56AA, 0) + _number(0x56BB, 80_000_000)
        tracks += _track(_SOUND, 2, "A_OPUS", opus + sound)
    return element(0x1654AE6B, tracks)


def _track(number: int, kind: int, codec: str, rest: bytes) -> bytes:
    numbers = _number(0xD7, number) + _number(0x73C5, number) + _number(0x83, kind) + _number(0x9C, 0)
    return element(0xAE, numbers + _text(0x22B59C, "und") + _text(0x86, codec) + rest)


def _tags(clip: Clip) -> bytes:
    """The title of the file, and each track's ``DURATION``, which Matroska has no other place for."""
    video, sound = clip.frames * 1_000_000_000 // FRAME_RATE, _opus_packets(clip.frames) * OPUS_MILLISECONDS * 1_000_000
    tags = _tag(0, "TITLE", clip.title) if clip.title else b""
    tags += _tag(_VIDEO, "DURATION", _clock_time(video))
    tags += _tag(_SOUND, "DURATION", _clock_time(sound)) if clip.audio else b""
    return element(0x1254C367, tags)


def _tag(track: int, name: str, value: str) -> bytes:
    target = element(0x63C0, _number(0x63C5, track) if track else b"")
    return element(0x7373, target + element(0x67C8, _text(0x45A3, name) + _text(0x4487, value)))


def _clock_time(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:09d}"


def _opus_packets(frames: int) -> int:
    """Whole packets that end no later than the video: at most 20 ms, half a picture, are missing."""
    return frames * 1000 // FRAME_RATE // OPUS_MILLISECONDS


def _cues(first_cluster: int) -> bytes:
    position = element(0xB7, _number(0xF7, _VIDEO) + element(0xF1, first_cluster.to_bytes(8, "big")))
    return element(0x1C53BB6B, element(0xBB, _number(0xB3, 0) + position))


@lru_cache(maxsize=32)
def _clusters(width: int, height: int, frames: int, audio: bool) -> bytes:
    """All blocks in the order of their times, the sound first where times are equal."""
    key = _key_frames()[width, height]
    blocks = [(round(place * 1000 / FRAME_RATE), _VIDEO, key if place == 0 else _SHOW_AGAIN) for place in range(frames)]
    if audio:
        blocks += [(place * OPUS_MILLISECONDS, _SOUND, OPUS_SILENCE) for place in range(_opus_packets(frames))]
    clusters: dict[int, list[bytes]] = {}
    for time, track, payload in sorted(blocks, key=lambda block: (block[0], -block[1])):
        start = time // 1000 // _CLUSTER_SECONDS * _CLUSTER_SECONDS * 1000
        key_flag = 0x80 if track == _SOUND or time == 0 else 0
        block = struct.pack(">BhB", 0x80 | track, time - start, key_flag) + payload
        clusters.setdefault(start, []).append(element(0xA3, block))
    return b"".join(element(0x1F43B675, _number(0xE7, start) + b"".join(held)) for start, held in clusters.items())
