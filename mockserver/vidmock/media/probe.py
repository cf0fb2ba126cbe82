"""Reading a video back: its size, its length and whether it has sound, from the headers alone."""

from __future__ import annotations

from vidmock.media import mp4_reader, webm_reader
from vidmock.media.info import NotMedia, VideoInfo

_OTHERS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\3\4", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"RIFF", "a RIFF file (WAV, AVI or WebP)"),
    (b"#EXTM3U", "an HLS playlist"),
)


def probe(data: bytes) -> VideoInfo:
    """What the MP4, MOV or WebM file *data* says of itself.

    Raises:
        NotMedia: it is something else, it is cut short, or it has no picture track with a size and a length.
    """
    if not data:
        raise NotMedia("the file is empty")
    if data.startswith(webm_reader.WEBM_MAGIC):
        return webm_reader.read_webm(data)
    if data[4:8] in mp4_reader.FIRST_BOXES:
        return mp4_reader.read_mp4(data)
    raise NotMedia(f"not an MP4, MOV or WebM file, but {_looks_like(data)}")


def _looks_like(data: bytes) -> str:
    for magic, name in _OTHERS:
        if data.startswith(magic):
            return name
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page"
    if start.startswith(b"<"):
        return "XML or HTML"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return f"unknown data that starts with {data[:8].hex(' ')}"
