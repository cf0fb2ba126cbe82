"""The bits of a NAL unit (ITU-T H.264, clauses 7.2 and 9.1).

They are text of ``0`` and ``1``, because joining text is quick; it is packed into bytes once, at the end.
"""

from __future__ import annotations

import re
from functools import lru_cache

Bits = str

_START_CODE_LIKE = re.compile(rb"\0\0(?=[\0-\3])")


def u(value: int, width: int) -> Bits:
    """``u(n)``: an unsigned integer of *width* bits, most significant first."""
    return format(value, f"0{width}b")


@lru_cache(maxsize=1024)
def ue(value: int) -> Bits:
    """``ue(v)``: unsigned Exp-Golomb (clause 9.1)."""
    binary = format(value + 1, "b")
    return "0" * (len(binary) - 1) + binary


def se(value: int) -> Bits:
    """``se(v)``: signed Exp-Golomb (clause 9.1.1): 0, 1, -1, 2, -2 and so on."""
    return ue(2 * value - 1 if value > 0 else -2 * value)


def nal_unit(header: int, payload: Bits) -> bytes:
    """A NAL unit: the header byte, and the payload with stop bit and emulation prevention bytes (7.3.1, 7.4.1.1)."""
    stopped = payload + "1"
    stopped += "0" * (-len(stopped) % 8)
    raw = int(stopped, 2).to_bytes(len(stopped) // 8, "big")
    if b"\0\0" in raw:
        raw = _START_CODE_LIKE.sub(b"\0\0\3", raw)
    return bytes((header,)) + raw
