"""Makes sound files, for models that make no picture: a soft tone as WAV, and silence as MP3, with a title."""

from __future__ import annotations

import math
import struct
from typing import Final

from vidmock.media.clip import Clip

_WAV_RATE: Final = 8_000  # samples per second
_PERIOD: Final = 20  # samples of one swing of the tone: 400 Hz
_TONE: Final = struct.pack(
    f"<{_PERIOD}h", *(round(2_000 * math.sin(2 * math.pi * at / _PERIOD)) for at in range(_PERIOD))
)

# ISO/IEC 11172-3, 2.4.1.3: MPEG-1, layer III, no CRC, 32 kbit/s, 48 kHz, one channel, an original.
_MP3_HEADER: Final = b"\xff\xfb\x14\xc4"
_MP3_RATE: Final = 48_000
_MP3_SAMPLES: Final = 1_152  # per frame
_MP3_FRAME: Final = 144 * 32_000 // _MP3_RATE  # bytes, the header's included
_SIDE_INFORMATION: Final = 17  # bytes, for one channel
_FEWEST_FRAMES: Final = 12  # of fewer, programs cannot tell that they are MP3
# All side information is zero: no granule has any bits, which is silence.
_MP3_SILENCE: Final = _MP3_HEADER.ljust(_MP3_FRAME, b"\0")


def wav_file(clip: Clip) -> bytes:
    """The bytes of *clip* as sound: 16-bit PCM (RFC 2361; Multimedia Programming Interface and Data Specifications)."""
    samples = max(1, round(clip.seconds * _WAV_RATE))
    data = (_TONE * -(-samples // _PERIOD))[: 2 * samples]
    form = struct.pack("<HHIIHH", 1, 1, _WAV_RATE, 2 * _WAV_RATE, 2, 16)
    about = b"INFO" + _chunk(b"INAM", clip.title.encode("utf-8", "replace") + b"\0")
    inside = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"LIST", about) + _chunk(b"data", data)
    return _chunk(b"RIFF", inside)


def mp3_file(clip: Clip) -> bytes:
    """The bytes of *clip* as sound: an ID3 tag (ID3v2.4, 3.1 and 4.2.1), and silent frames."""
    frames = max(_FEWEST_FRAMES, round(clip.seconds * _MP3_RATE / _MP3_SAMPLES))
    # Xing's header, by its name for a constant bit rate: how many frames and bytes follow. It is behind the side
    # information of a frame of its own, which a decoder does not play.
    counted = b"Info" + struct.pack(">III", 3, frames, (frames + 1) * _MP3_FRAME)
    first = (_MP3_HEADER.ljust(4 + _SIDE_INFORMATION, b"\0") + counted).ljust(_MP3_FRAME, b"\0")
    text = b"\x03" + clip.title.encode("utf-8", "replace")
    tag = b"TIT2" + _synchsafe(len(text)) + b"\0\0" + text
    return b"ID3\x04\0\0" + _synchsafe(len(tag)) + tag + first + _MP3_SILENCE * frames


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _synchsafe(number: int) -> bytes:
    """*number* in four bytes of seven bits."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
