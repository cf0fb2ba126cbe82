"""MP4 and QuickTime files around H.264 access units: ``ftyp``, ``moov``, then ``mdat``, so that playing starts at once.

Boxes follow ISO/IEC 14496-12 (structure), 14496-14 (AAC) and 14496-15 (AVC); where QuickTime differs (handler names,
colour box, sound description, title) it follows Apple's QuickTime File Format.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from vidmock.media.audio import AAC_CONFIG, AAC_SAMPLES, AAC_SILENCE, SAMPLE_RATE
from vidmock.media.clip import FRAME_RATE


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)


TIMESCALE = 24_000  # of movie and video track, in units per second: a frame is then a whole number of units
_TICK = TIMESCALE // FRAME_RATE
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # "und", packed as in 14496-12, clause 8.4.2
_SELF_CONTAINED = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
_BT709 = struct.pack(">HHH", 1, 1, 1)


@dataclass(frozen=True, slots=True)
class EncodedVideo:
    """What the headers of a file say of its samples. ``quicktime`` makes it a MOV instead of an MP4."""

    width: int
    height: int
    frames: int
    quicktime: bool
    audio: bool

    @property
    def aac_frames(self) -> int:
        """How many AAC frames cover the video; the last one has a shorter duration."""
        return -(-self.audio_samples // AAC_SAMPLES)

    @property
    def audio_samples(self) -> int:
        return self.frames * SAMPLE_RATE // FRAME_RATE


def prefixed(nal_units: Sequence[bytes]) -> bytes:
    """An access unit as a sample: before each NAL unit, its length in four bytes (14496-15, clause 5.3)."""
    return b"".join([struct.pack(">I", len(unit)) + unit for unit in nal_units])


def mp4_file(
    encoded: EncodedVideo, parameter_sets: tuple[bytes, bytes], first: bytes, others: bytes, sizes: bytes, title: str
) -> bytes:
    """The whole file. *first* is the key frame, *others* the later samples, *sizes* their lengths in 32 bits each."""
    silence = AAC_SILENCE * encoded.aac_frames if encoded.audio else b""
    start = _file_type(encoded.quicktime)
    video, sound = _video_track(encoded, parameter_sets), _audio_track(encoded)
    metadata = _title(title, encoded.quicktime)
    first_size = struct.pack(">I", len(first))

    def header(offset: int) -> bytes:
        tracks = [_track(video, first_size + sizes, offset + len(silence))]
        if encoded.audio:
            tracks.append(_track(sound, b"", offset))
        return start + box(b"moov", _movie_header(encoded), *tracks, metadata)

    # The size of the header does not depend on the offset inside it.
    moov = header(len(header(0)) + 8)
    return b"".join(
        (moov, struct.pack(">I4s", 8 + len(silence) + len(first) + len(others), b"mdat"), silence, first, others)
    )


@dataclass(frozen=True, slots=True)
class _Track:
    """The parts of a track that depend neither on the sizes of its samples nor on where they lie in the file."""

    header: bytes
    media: bytes  # mdhd, hdlr
    information: bytes  # vmhd or smhd, dinf
    table: bytes  # stsd, stts, stss, stsc
    uniform_size: int
    count: int


def _track(track: _Track, sizes: bytes, offset: int) -> bytes:
    """A track whose samples lie in one chunk. The sound, a few kilobytes, lies before the pictures."""
    stsz = full_box(b"stsz", 0, 0, struct.pack(">II", track.uniform_size, track.count), sizes)
    stco = full_box(b"stco", 0, 0, struct.pack(">II", 1, offset))
    minf = box(b"minf", track.information, box(b"stbl", track.table, stsz, stco))
    return box(b"trak", track.header, box(b"mdia", track.media, minf))


def _file_type(quicktime: bool) -> bytes:
    if quicktime:
        return box(b"ftyp", b"qt  ", struct.pack(">I", 0x200), b"qt  ")
    return box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")


def _movie_header(encoded: EncodedVideo) -> bytes:
    fixed = struct.pack(">IIIIIH10x", 0, 0, TIMESCALE, encoded.frames * _TICK, 0x10000, 0x100)
    return full_box(b"mvhd", 0, 0, fixed, _MATRIX, bytes(24), struct.pack(">I", 3))


def _track_header(encoded: EncodedVideo, number: int, sound: bool) -> bytes:
    duration = encoded.frames * _TICK
    width, height = (0, 0) if sound else (encoded.width << 16, encoded.height << 16)
    fixed = struct.pack(">III4xI8xHHHH", 0, 0, number, duration, 0, 1 if sound else 0, 0x100 if sound else 0, 0)
    return full_box(b"tkhd", 0, 3, fixed, _MATRIX, struct.pack(">II", width, height))


def _media_header(timescale: int, duration: int, kind: bytes, name: bytes, quicktime: bool) -> bytes:
    mdhd = full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, duration, _UNDETERMINED, 0))
    return mdhd + _handler(b"mhlr", kind, name, quicktime)


def _handler(component: bytes, kind: bytes, name: bytes, quicktime: bool) -> bytes:
    """``hdlr``: QuickTime names the component and writes a Pascal string, ISO has zeros and a C string."""
    if quicktime:
        return full_box(b"hdlr", 0, 0, component, kind, bytes(12), bytes((len(name),)), name)
    return full_box(b"hdlr", 0, 0, bytes(4), kind, bytes(12), name, b"\0")


def _information(header: bytes, quicktime: bool) -> bytes:
    data_handler = _handler(b"dhlr", b"url ", b"DataHandler", quicktime=True) if quicktime else b""
    return header + data_handler + box(b"dinf", _SELF_CONTAINED)


@lru_cache(maxsize=64)
def _video_track(encoded: EncodedVideo, parameter_sets: tuple[bytes, bytes]) -> _Track:
    sps, pps = parameter_sets
    configuration = box(
        b"avcC",
        bytes((1, *sps[1:4], 0xFC | 3, 0xE0 | 1)),
        struct.pack(">H", len(sps)) + sps + b"\1" + struct.pack(">H", len(pps)) + pps,
    )
    colour = box(b"colr", b"nclc", _BT709) if encoded.quicktime else box(b"colr", b"nclx", _BT709, b"\0")
    picture = struct.pack(">6xH16xHHIIIH32xHh", 1, encoded.width, encoded.height, 72 << 16, 72 << 16, 0, 1, 24, -1)
    entry = box(b"avc1", picture, configuration, box(b"pasp", struct.pack(">II", 1, 1)), colour)
    table = (
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry)
        + full_box(b"stts", 0, 0, struct.pack(">III", 1, encoded.frames, _TICK))
        + full_box(b"stss", 0, 0, struct.pack(">II", 1, 1))
        + full_box(b"stsc", 0, 0, struct.pack(">IIII", 1, 1, encoded.frames, 1))
    )
    return _Track(
        _track_header(encoded, 1, sound=False),
        _media_header(TIMESCALE, encoded.frames * _TICK, b"vide", b"VideoHandler", encoded.quicktime),
        _information(full_box(b"vmhd", 0, 1, bytes(8)), encoded.quicktime),
        table,
        0,
        encoded.frames,
    )


@lru_cache(maxsize=64)
def _audio_track(encoded: EncodedVideo) -> _Track:
    count = encoded.aac_frames
    last = encoded.audio_samples - (count - 1) * AAC_SAMPLES
    durations = [(count - 1, AAC_SAMPLES)] if count > 1 else []
    durations.append((1, last))
    times = b"".join(struct.pack(">II", *run) for run in durations)
    table = (
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), _sound_description(encoded.quicktime))
        + full_box(b"stts", 0, 0, struct.pack(">I", len(durations)), times)
        + full_box(b"stsc", 0, 0, struct.pack(">IIII", 1, 1, count, 1))
    )
    return _Track(
        _track_header(encoded, 2, sound=True),
        _media_header(SAMPLE_RATE, encoded.audio_samples, b"soun", b"SoundHandler", encoded.quicktime),
        _information(full_box(b"smhd", 0, 0, bytes(4)), encoded.quicktime),
        table,
        len(AAC_SILENCE),
        count,
    )


def _sound_description(quicktime: bool) -> bytes:
    """``mp4a`` with its ``esds``; QuickTime wants version 1 of the description and the ``esds`` inside ``wave``."""
    specific = _descriptor(5, AAC_CONFIG)
    rate = len(AAC_SILENCE) * 8 * SAMPLE_RATE // AAC_SAMPLES
    decoder = _descriptor(4, struct.pack(">BBBHII", 0x40, 5 << 2 | 1, 0, 0, rate, rate), specific)
    stream = _descriptor(3, struct.pack(">HB", 2, 0), decoder, _descriptor(6, b"\2"))
    esds = full_box(b"esds", 0, 0, stream)
    if not quicktime:
        return box(b"mp4a", struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, SAMPLE_RATE << 16), esds)
    fixed = struct.pack(">6xHHHIHHhHI", 1, 1, 0, 0, 1, 16, -2, 0, SAMPLE_RATE << 16)
    sizes = struct.pack(">IIII", AAC_SAMPLES, 0, 0, 2)
    wave = box(b"wave", box(b"frma", b"mp4a"), box(b"mp4a", bytes(4)), esds, bytes((0, 0, 0, 8, 0, 0, 0, 0)))
    return box(b"mp4a", fixed, sizes, wave)


def _descriptor(tag: int, *payload: bytes) -> bytes:
    """A descriptor of ISO/IEC 14496-1, clause 7.2.6, shorter than 128 bytes."""
    body = b"".join(payload)
    return bytes((tag, len(body))) + body


def _title(title: str, quicktime: bool) -> bytes:
    if not title:
        return b""
    text = title.encode("utf-8", "replace")
    if quicktime:
        text = text[:0xFFFF].decode("utf-8", "ignore").encode()
        return box(b"udta", box(b"\xa9nam", struct.pack(">HH", len(text), _UNDETERMINED), text))
    data = box(b"data", struct.pack(">II", 1, 0), text)
    handler = full_box(b"hdlr", 0, 0, bytes(4), b"mdirappl", bytes(9))
    return box(b"udta", full_box(b"meta", 0, 0, handler, box(b"ilst", box(b"\xa9nam", data))))
