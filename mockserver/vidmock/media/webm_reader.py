"""Reading WebM files: the Matroska elements (RFC 9559) that tell size and length."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import isfinite

from vidmock.media.info import NotMedia, VideoInfo
from vidmock.media.parts import count_parts, counted_parts

WEBM_MAGIC = b"\x1a\x45\xdf\xa3"
_EBML, _DOC_TYPE, _SEGMENT = 0x1A45DFA3, 0x4282, 0x18538067
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _TYPE, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0x83, 0xE0, 0xB0, 0xBA
_CLUSTER, _TIME, _SIMPLE_BLOCK, _GROUP, _BLOCK = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1
_IN_SEGMENT = frozenset({_INFO, _TRACKS, _CLUSTER, 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0x1941A469, 0x1043A770})

_Element = tuple[int, memoryview]


def read_webm(data: bytes) -> VideoInfo:
    """The first video track of the WebM file *data*. The length is that of the file.

    Raises:
        NotMedia: it is Matroska but not WebM, an element ends after the data does, or there is no picture track
            with a size, or no length.
    """
    try:
        with counted_parts():
            return _read(memoryview(data))
    except (struct.error, IndexError) as error:
        raise NotMedia("a WebM file with a damaged header") from error


def _read(data: memoryview) -> VideoInfo:
    top = _elements(data)
    _, head = next(top)
    kind = bytes(_first(head, _DOC_TYPE) or b"").rstrip(b"\0")
    if kind != b"webm":
        raise NotMedia(f"not a WebM file, but Matroska of the kind {kind.decode('latin-1')!r}")
    segment = next((body for identity, body in top if identity == _SEGMENT), None)
    if segment is None:
        raise NotMedia("a WebM file without a segment: cut short")
    parts = list(_elements(segment))
    tracks = [
        body for identity, part in parts if identity == _TRACKS for kind, body in _elements(part) if kind == _TRACK
    ]
    pictures = [body for track in tracks if (body := _first(track, _VIDEO)) is not None]
    if not pictures:
        raise NotMedia("a WebM file without a picture track")
    width, height = _number(_first(pictures[0], _WIDTH)), _number(_first(pictures[0], _HEIGHT))
    seconds = _seconds(parts)
    if not (width and height and isfinite(seconds) and seconds > 0):
        raise NotMedia("a WebM file that does not say how large or how long it is")
    sound = any(_number(_first(track, _TYPE)) == 2 for track in tracks)
    return VideoInfo("webm", width, height, seconds, sound, faststart=True)


def _elements(data: memoryview) -> Iterator[_Element]:
    """The elements of one level (RFC 8794, section 3). One of unknown size ends where the next of its level begins."""
    place = 0
    while place < len(data):
        count_parts()
        identity, after = _variable(data, place, keep_marker=True)
        size, start = _variable(data, after, keep_marker=False)
        if size == (1 << 7 * (start - after)) - 1:
            end = len(data) if identity == _SEGMENT else _unknown_end(data, start)
        else:
            end = start + size
        if end > len(data):
            raise NotMedia(f"cut short: element {identity:X} has {size} bytes, of which {len(data) - start} are there")
        yield identity, data[start:end]
        place = end


def _unknown_end(data: memoryview, place: int) -> int:
    while place < len(data):
        count_parts()
        identity, after = _variable(data, place, keep_marker=True)
        if identity in _IN_SEGMENT:
            return place
        size, start = _variable(data, after, keep_marker=False)
        place = start + size
    return len(data)


def _variable(data: memoryview, place: int, *, keep_marker: bool) -> tuple[int, int]:
    """A variable-size integer (RFC 8794, section 4) and the place after it."""
    length = 9 - data[place].bit_length()
    if length > 8 or place + length > len(data):
        raise NotMedia("a WebM file that is damaged or cut short")
    value = int.from_bytes(data[place : place + length], "big")
    return value if keep_marker else value & (1 << 7 * length) - 1, place + length


def _first(data: memoryview, identity: int) -> memoryview | None:
    return next((body for found, body in _elements(data) if found == identity), None)


def _number(body: memoryview | None) -> int:
    return int.from_bytes(body, "big") if body is not None else 0


def _seconds(parts: list[_Element]) -> float:
    """``Duration``, or the time of the last block where a live recording has none."""
    information = next((body for identity, body in parts if identity == _INFO), memoryview(b""))
    scale = (_number(_first(information, _SCALE)) or 1_000_000) / 1e9
    duration = _first(information, _DURATION)
    if duration is not None:
        (ticks,) = struct.unpack(">d" if len(duration) == 8 else ">f", duration)
        return float(ticks * scale)
    return max((time for identity, body in parts if identity == _CLUSTER for time in _times(body)), default=0) * scale


def _times(cluster: memoryview) -> Iterator[int]:
    start = _number(_first(cluster, _TIME))
    for identity, body in _elements(cluster):
        block = _first(body, _BLOCK) if identity == _GROUP else body if identity == _SIMPLE_BLOCK else None
        if block is not None:
            _, after = _variable(block, 0, keep_marker=False)
            yield start + int(struct.unpack_from(">h", block, after)[0])
