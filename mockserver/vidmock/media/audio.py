"""Encoded silence: one AAC-LC frame and one Opus packet, to be repeated for as long as the video is."""

from __future__ import annotations

from vidmock.media.bits import u

SAMPLE_RATE = 48_000
AAC_SAMPLES = 1024  # per frame
OPUS_MILLISECONDS = 20  # per packet

# AudioSpecificConfig (ISO/IEC 14496-3, table 1.15): AAC LC, 48 kHz (index 3), one channel, frames of 1024.
AAC_CONFIG = int(u(2, 5) + u(3, 4) + u(1, 4) + "000", 2).to_bytes(2, "big")


def _aac_silence() -> bytes:
    """A raw_data_block (ISO/IEC 14496-3, table 4.3): a single_channel_element without a band, then the end."""
    element = u(0, 3) + u(0, 4)  # ID_SCE, element_instance_tag
    stream = u(0, 8) + "0" + u(0, 2) + "0" + u(0, 6) + "0"  # global_gain; ics_info with max_sfb 0
    tools = "000"  # no pulse, no TNS, no gain control
    bits = element + stream + tools + u(7, 3)  # ID_END
    return int(bits + "0" * (-len(bits) % 8), 2).to_bytes(-(-len(bits) // 8), "big")


AAC_SILENCE = _aac_silence()

# RFC 6716, section 3.1: configuration 31 (CELT, full band, 20 ms), mono, one frame; then the shortest silent frame.
OPUS_SILENCE = b"\xf8\xff\xfe"

# RFC 7845, section 5.1: version 1, one channel, no pre-skip, 48 kHz, no gain, mapping family 0.
OPUS_HEAD = b"OpusHead" + bytes((1, 1)) + (0).to_bytes(2, "little") + SAMPLE_RATE.to_bytes(4, "little") + bytes(3)
