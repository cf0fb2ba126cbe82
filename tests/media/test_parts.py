"""A file of very many parts is not read through: only its format is told."""

from __future__ import annotations

import pytest

from vidmock.media.identity import identify
from vidmock.media.info import NotMedia
from vidmock.media.mp4_reader import read_mp4
from vidmock.media.parts import MOST_MEDIA_PARTS
from vidmock.media.webm_reader import read_webm

FTYP = b"\0\0\0\x14ftypisom\0\0\0\0isom"
MANY = MOST_MEDIA_PARTS + 1
WEBM = b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


@pytest.mark.parametrize("inside", [b"", b"moov"], ids=["above", "inside"])
def test_an_mp4_of_very_many_boxes_is_no_more_than_an_mp4(inside: bytes) -> None:
    boxes = box(b"free", b"") * MANY
    data = FTYP + (box(inside, boxes) if inside else boxes)
    with pytest.raises(NotMedia, match=f"more than {MOST_MEDIA_PARTS} parts"):
        read_mp4(data)
    found = identify(data)
    assert (found.format, found.seconds) == ("mp4", None)


@pytest.mark.parametrize("size", [b"\x01\xff\xff\xff\xff\xff\xff\xff", None], ids=["unknown", "known"])
def test_a_webm_of_very_many_elements_is_no_more_than_a_webm(size: bytes | None) -> None:
    elements = b"\xec\x80" * MANY
    length = size or (0x10000000 | len(elements)).to_bytes(4, "big")
    data = WEBM + b"\x18\x53\x80\x67" + length + elements
    with pytest.raises(NotMedia, match=f"more than {MOST_MEDIA_PARTS} parts"):
        read_webm(data)
    found = identify(data)
    assert (found.format, found.seconds) == ("webm", None)
