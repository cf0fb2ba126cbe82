"""Boxes of the ISO base media file format (ISO/IEC 14496-12, clause 4.2): size, type, payload; all big-endian."""

from __future__ import annotations

import struct


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)
