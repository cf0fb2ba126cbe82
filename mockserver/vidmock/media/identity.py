"""What a file is, whatever it is called: its kind, and of a picture or a clip its size and length."""

from __future__ import annotations

from dataclasses import dataclass

from vidmock.media import pictures
from vidmock.media.info import NotMedia
from vidmock.media.probe import probe

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tif"),
    (b"MM\0*", "tif"),
    (b"%PDF", "pdf"),
    (b"PK\3\4", "zip"),
)
_RIFF = {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav"}
_PAGES = (b"<!doctype html", b"<html")
_HEAD = 64
"""Bytes of a file in which its brands or its document type stand."""


@dataclass(frozen=True, slots=True)
class Identity:
    """*format* is the suffix that such files usually have, *width* and *height* are pixels; ``None`` is not known."""

    format: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def identify(data: bytes) -> Identity:
    """What *data* shows itself to be; of a damaged file, or a kind that is not read here, as much as it shows."""
    kind = _format(data)
    if kind in ("mp4", "mov", "webm"):
        try:
            clip = probe(data)
        except NotMedia:
            return Identity(kind)
        return Identity(kind, clip.width, clip.height, clip.seconds)
    if kind in ("png", "gif", "jpg", "webp") and (size := pictures.picture_size(data, kind)):
        return Identity(kind, *size)
    return Identity(kind)


def _format(data: bytes) -> str | None:
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    head = data[:_HEAD]
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head else "mkv" if b"matroska" in head else None
    if head[4:8] == b"ftyp":
        return _branded(head)
    if head[4:8] in (b"moov", b"mdat", b"wide"):
        return "mov"  # QuickTime's own files need no brand
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return "bmp"
    return "html" if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES) else None


def _branded(head: bytes) -> str | None:
    """By the brands of ISO/IEC 14496-12: the major one, and for still pictures the compatible ones."""
    size, major = int.from_bytes(head[:4], "big"), head[8:12]
    brands = {head[place : place + 4] for place in (8, *range(16, min(size, len(head)), 4))}
    if brands & {b"avif", b"avis"}:
        return "avif"
    if brands & {b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1"}:
        return "heic"
    if len(major) < 4:
        return None
    return "mov" if major == b"qt  " else "mp4"
