"""Reading MP4 and QuickTime files: the boxes of ISO/IEC 14496-12 that tell size and length."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from vidmock.media.info import NotMedia, VideoInfo
from vidmock.media.parts import count_parts, counted_parts

FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"})
_QUARTER_TURNS = {(0, 1), (0, -1)}  # a and b of the matrix in tkhd, as signs


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    body: memoryview


def read_mp4(data: bytes) -> VideoInfo:
    """The first video track of the MP4 or QuickTime file *data*.

    Raises:
        NotMedia: a box ends after the data does, there are more than ``MOST_MEDIA_PARTS``, or no video track, or
            it has no size or length.
    """
    try:
        with counted_parts():
            return _read(memoryview(data))
    except struct.error as error:
        raise NotMedia("an MP4 or MOV file with a damaged header") from error


def _read(data: memoryview) -> VideoInfo:
    top = list(_boxes(data))
    kinds = [box.kind for box in top]
    movie = next((box for box in top if box.kind == b"moov"), None)
    if movie is None:
        raise NotMedia("an MP4 or MOV file without a moov box: cut short, or never finished")
    brand = next((bytes(box.body[:4]) for box in top if box.kind == b"ftyp"), b"qt  ")
    tracks = [_Track.read(box) for box in _boxes(movie.body) if box.kind == b"trak"]
    video = next((track for track in tracks if track.handler == b"vide" and track.width and track.height), None)
    if video is None:
        raise NotMedia("an MP4 or MOV file without a picture track")
    seconds = video.seconds or _movie_seconds(movie) or _fragment_seconds(video, movie, top)
    if not seconds:
        raise NotMedia("an MP4 or MOV file without a length: an unfinished recording?")
    return VideoInfo(
        container="mov" if brand == b"qt  " else "mp4",
        width=video.width,
        height=video.height,
        seconds=seconds,
        has_audio=any(track.handler == b"soun" for track in tracks),
        faststart=b"mdat" not in kinds or kinds.index(b"moov") < kinds.index(b"mdat"),
    )


def _boxes(data: memoryview) -> Iterator[_Box]:
    """The boxes of one level (clause 4.2). Size 1 says that a 64-bit size follows, 0 that the box goes to the end."""
    place = 0
    while len(data) - place >= 8:
        count_parts()
        size, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        elif size == 0:
            size = len(data) - place
        if size < head:
            return  # QuickTime may end a list with four zero bytes, and readers ignore what follows
        if place + size > len(data):
            name = kind.decode("latin-1")
            raise NotMedia(f"cut short: the {name!r} box has {size} bytes, of which {len(data) - place} are there")
        yield _Box(kind, data[place + head : place + size])
        place += size


def _find(data: memoryview, *path: bytes) -> memoryview | None:
    for kind in path:
        found = next((box.body for box in _boxes(data) if box.kind == kind), None)
        if found is None:
            return None
        data = found
    return data


def _is_long(header: memoryview) -> bool:
    """Whether a header box is of version 1, in which times and durations have 64 bits."""
    return len(header) > 0 and header[0] == 1


def _seconds(body: memoryview) -> float:
    """Duration over timescale of ``mdhd`` or ``mvhd``, version 0 or 1; 0 where unknown (all bits set)."""
    if _is_long(body):
        scale, duration = struct.unpack_from(">IQ", body, 20)
        unknown = 2**64 - 1
    else:
        scale, duration = struct.unpack_from(">II", body, 12)
        unknown = 2**32 - 1
    return duration / scale if scale and duration != unknown else 0.0


def _movie_seconds(movie: _Box) -> float:
    """The length that ``mvhd`` has, or ``mehd`` in a fragmented file; 0 where neither has one."""
    header = _find(movie.body, b"mvhd")
    if header is None:
        return 0.0
    extended = _find(movie.body, b"mvex", b"mehd")
    if extended is None or _seconds(header):
        return _seconds(header)
    (scale,) = struct.unpack_from(">I", header, 20 if _is_long(header) else 12)
    (duration,) = struct.unpack_from(">Q" if _is_long(extended) else ">I", extended, 4)
    return float(duration / scale) if scale else 0.0


def _fragment_seconds(video: _Track, movie: _Box, top: list[_Box]) -> float:
    """The sum of the durations in the movie fragments of a file whose header has none (clause 8.8)."""
    extends = _find(movie.body, b"mvex")
    presets = {
        number: ticks
        for box in (_boxes(extends) if extends is not None else ())
        if box.kind == b"trex"
        for number, _, ticks in [struct.unpack_from(">III", box.body, 4)]
    }
    fragments = (part for box in top if box.kind == b"moof" for part in _boxes(box.body) if part.kind == b"traf")
    ticks = sum(_fragment_ticks(part.body, video.number, presets.get(video.number, 0)) for part in fragments)
    return ticks / video.timescale if video.timescale else 0.0


def _fragment_ticks(fragment: memoryview, number: int, preset: int) -> int:
    header = _find(fragment, b"tfhd")
    if header is None or struct.unpack_from(">I", header, 4)[0] != number:
        return 0
    (flags,) = struct.unpack_from(">I", header)
    if flags & 0x08:  # default-sample-duration, after base-data-offset and sample-description-index
        (preset,) = struct.unpack_from(">I", header, 8 + (8 if flags & 0x01 else 0) + (4 if flags & 0x02 else 0))
    return sum(_run_ticks(box.body, preset) for box in _boxes(fragment) if box.kind == b"trun")


def _run_ticks(run: memoryview, preset: int) -> int:
    flags, count = struct.unpack_from(">II", run)
    if not flags & 0x100:  # sample-duration-present
        return int(count) * preset
    count_parts(count)
    start = 8 + (4 if flags & 0x001 else 0) + (4 if flags & 0x004 else 0)
    step = 4 * (flags >> 8 & 0xF).bit_count()
    return sum(struct.unpack_from(">I", run, start + sample * step)[0] for sample in range(count))


@dataclass(frozen=True, slots=True)
class _Track:
    number: int
    timescale: int
    handler: bytes
    width: int
    height: int
    seconds: float

    @classmethod
    def read(cls, box: _Box) -> _Track:
        handler = _find(box.body, b"mdia", b"hdlr")
        header = _find(box.body, b"tkhd")
        length = _find(box.body, b"mdia", b"mdhd")
        if handler is None or header is None or length is None:
            return cls(0, 0, b"", 0, 0, 0.0)
        kind = bytes(handler[8:12])
        width = height = 0
        descriptions = _find(box.body, b"mdia", b"minf", b"stbl", b"stsd")
        if kind == b"vide" and descriptions is not None:
            width, height = struct.unpack_from(">HH", descriptions, 8 + 8 + 24)
            if _turned(header):
                width, height = height, width
        (number,) = struct.unpack_from(">I", header, 20 if _is_long(header) else 12)
        (timescale,) = struct.unpack_from(">I", length, 20 if _is_long(length) else 12)
        return cls(number, timescale, kind, width, height, _seconds(length))


def _turned(header: memoryview) -> bool:
    a, b = struct.unpack_from(">ii", header, 52 if _is_long(header) else 40)
    return ((a > 0) - (a < 0), (b > 0) - (b < 0)) in _QUARTER_TURNS
