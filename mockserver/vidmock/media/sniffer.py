"""Tells a file's format by its first bytes, whatever it is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from vidmock.media.formats import FORMATS, MediaFormat
from vidmock.media.mp4_reader import FIRST_BOXES
from vidmock.media.webm_reader import WEBM_MAGIC

_STARTS: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpg"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
    (re.compile(rb"BM....\0\0\0\0", re.DOTALL), "bmp"),
    (re.compile(rb"II\*\0|MM\0\*"), "tif"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "avi"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "wav"),
    # A tag, or the header of a frame: layer III, and a bit rate that is not "forbidden".
    (re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\0-\xef]"), "mp3"),
    # The first page has a header of 28 bytes where one packet begins in it.
    (re.compile(rb"OggS.{24}\x80theora", re.DOTALL), "ogv"),
    (re.compile(rb"OggS"), "ogg"),
    (re.compile(rb"glTF"), "glb"),
    (re.compile(rb"%PDF"), "pdf"),
    (re.compile(rb"PK\x03\x04"), "zip"),
    (re.compile(rb"\x1f\x8b"), "gz"),
    (re.compile(rb"#EXTM3U"), "m3u8"),
    (re.compile(rb"(\xef\xbb\xbf)?[ \t\r\n]*<(!doctype html|html|head|body)[\s>]", re.IGNORECASE), "html"),
)
_DOC_TYPE: Final = re.compile(rb"\x42\x82.{1,8}?(webm|matroska)", re.DOTALL)
"""The EBML element that tells WebM from Matroska: its id, a size of one to eight bytes, its text."""
_DOC_TYPES: Final[Mapping[bytes, str]] = {b"webm": "webm", b"matroska": "mkv"}
_PICTURE_BRANDS: Final = (
    ({b"avif", b"avis"}, "avif"),
    ({b"heic", b"heix", b"heim", b"heis"}, "heic"),
    ({b"hevc", b"hevx", b"hevm", b"hevs"}, "heics"),
    ({b"mif1"}, "heif"),
    ({b"msf1"}, "heifs"),
)
"""A file with one of these brands, major or compatible, is a picture. Brands that name a codec come first."""
_MAJOR_BRANDS: Final = (
    (re.compile(rb"qt  "), "mov"),
    (re.compile(rb"3g2."), "3g2"),
    (re.compile(rb"3g.."), "3gp"),
    (re.compile(rb"M4[ABP] "), "m4a"),
    (re.compile(rb"....", re.DOTALL), "mp4"),
)
_BRANDED: Final = (b"ftyp", b"styp")
_PADDING: Final = (b"free", b"skip", b"wide")
_MOST_PADDING: Final = 4
_HEAD: Final = 256
"""All that is looked for stands within so many bytes from the start."""


def sniff(data: bytes) -> MediaFormat | None:
    """The format that the first bytes of *data* show; ``None`` where they show none of the table's."""
    head = data[:_HEAD]
    name = _ebml(head) or _boxed(data) or next((name for start, name in _STARTS if start.match(head)), None)
    return FORMATS[name] if name else None


def _ebml(head: bytes) -> str | None:
    """By the document type in the header (RFC 8794, 11.2, DocType)."""
    found = _DOC_TYPE.search(head) if head.startswith(WEBM_MAGIC) else None
    return _DOC_TYPES[found[1]] if found else None


def _boxed(data: bytes) -> str | None:
    """By the brands (ISO/IEC 14496-12, clause 4.3). QuickTime's own files need none, and padding may come first."""
    if data[4:8] not in FIRST_BOXES:
        return None
    place = 0
    for _ in range(_MOST_PADDING):
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if kind in _BRANDED:
            return _branded(data[place : place + _HEAD], size)
        if kind not in _PADDING:
            break
        place += size
    return "mov"


def _branded(box: bytes, size: int) -> str | None:
    major = box[8:12]
    brands = {major, *(box[place : place + 4] for place in range(16, min(size, len(box)), 4))}
    for wanted, name in _PICTURE_BRANDS:
        if brands & wanted:
            return name
    return next((name for brand, name in _MAJOR_BRANDS if brand.match(major)), None)
