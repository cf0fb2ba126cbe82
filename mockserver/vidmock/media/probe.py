"""Reads the headers of a video: its size, its length and whether it has sound."""

from __future__ import annotations

from vidmock.media import mp4_reader, webm_reader
from vidmock.media.info import NotMedia, VideoInfo
from vidmock.media.sniffer import sniff


def probe(data: bytes) -> VideoInfo:
    """What the MP4, MOV or WebM file *data* says of itself.

    Raises:
        NotMedia: it is something else, it is cut short, or it has no picture track with a size and a length.
    """
    if not data:
        raise NotMedia("the file is empty")
    found = sniff(data)
    if found and found.kind != "video":
        raise NotMedia(f"not an MP4, MOV or WebM file, but {found.noun}")
    if data.startswith(webm_reader.WEBM_MAGIC):
        return webm_reader.read_webm(data)
    if data[4:8] in mp4_reader.FIRST_BOXES:
        return mp4_reader.read_mp4(data)
    raise NotMedia(f"not an MP4, MOV or WebM file, but {found.noun if found else _looks_like(data)}")


def _looks_like(data: bytes) -> str:
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return "XML or HTML"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return f"unknown data that starts with {data[:8].hex(' ')}"
