"""The stream around the macroblocks: parameter sets and slices (ITU-T H.264, clauses 7.3.2, 7.3.3, annexes A and E)."""

from __future__ import annotations

from functools import lru_cache
from math import isqrt

from vidmock.media.bits import Bits, nal_unit, se, u, ue
from vidmock.media.clip import FRAME_RATE
from vidmock.media.macroblock import CHROMA_QP_OFFSET, QP, SIDE

# nal_ref_idc 3 or 2, nal_unit_type: 7 SPS, 8 PPS, 5 IDR slice, 1 other slice (table 7-1).
_SPS, _PPS, _IDR, _P = 0x67, 0x68, 0x65, 0x41
_CONSTRAINED_BASELINE = u(66, 8) + "11000000"  # profile_idc, constraint_set0_flag and constraint_set1_flag
_SQUARE, _BT709 = u(1, 8), u(1, 8)
_NO_DEBLOCKING = ue(1)
_FRAME_NUM_BITS = 4

# Table A-1: level_idc, MaxMBPS, MaxFS.
_LEVELS = (
    (30, 40500, 1620),
    (31, 108000, 3600),
    (32, 216000, 5120),
    (40, 245760, 8192),
    (50, 589824, 22080),
    (51, 983040, 36864),
    (60, 4177920, 139264),
)


def in_macroblocks(width: int, height: int) -> tuple[int, int]:
    """How many columns and rows of macroblocks cover a picture of that many pixels."""
    return -(-width // SIDE), -(-height // SIDE)


def level(columns: int, rows: int) -> int:
    """The lowest ``level_idc`` of table A-1, from 3 upwards, that allows the size at 24 frames per second."""
    size = columns * rows
    for idc, per_second, per_frame in _LEVELS:
        if size <= per_frame and size * FRAME_RATE <= per_second and max(columns, rows) <= isqrt(8 * per_frame):
            return idc
    raise ValueError(f"no level holds {columns}×{rows} macroblocks")


@lru_cache(maxsize=64)
def parameter_sets(width: int, height: int) -> tuple[bytes, bytes]:
    """SPS and PPS of a 24 fps BT.709 stream with one reference frame; sides in pixels, even."""
    columns, rows = in_macroblocks(width, height)
    crop_right, crop_bottom = (columns * SIDE - width) // 2, (rows * SIDE - height) // 2
    cropping = "1" + ue(0) + ue(crop_right) + ue(0) + ue(crop_bottom) if crop_right or crop_bottom else "0"
    sps = (
        _CONSTRAINED_BASELINE
        + u(level(columns, rows), 8)
        + ue(0)  # seq_parameter_set_id
        + ue(_FRAME_NUM_BITS - 4)
        + ue(2)  # pic_order_cnt_type: output order is decoding order
        + ue(1)  # max_num_ref_frames
        + "0"
        + ue(columns - 1)
        + ue(rows - 1)
        + "1"  # frame_mbs_only_flag
        + "1"  # direct_8x8_inference_flag
        + cropping
        + "1"
        + _usability()
    )
    pps = (
        ue(0)
        + ue(0)
        + "00"  # CAVLC, no bottom field order
        + ue(0)  # one slice group
        + ue(0) * 2  # one reference each way
        + "000"  # no weighted prediction
        + se(QP - 26)
        + se(0)
        + se(CHROMA_QP_OFFSET)
        + "100"  # deblocking is controlled per slice; intra prediction may use inter neighbours; no redundancy
    )
    return nal_unit(_SPS, sps), nal_unit(_PPS, pps)


def _usability() -> Bits:
    """``vui_parameters`` (clause E.1.1): square pixels, BT.709 limited range, fixed 24 fps, no reordering."""
    return (
        "1"
        + _SQUARE
        + "0"
        + "1"
        + u(5, 3)  # video_format: unspecified
        + "0"  # limited range
        + "1"
        + _BT709 * 3
        + "0"
        + "1"
        + u(1, 32)
        + u(2 * FRAME_RATE, 32)
        + "1"
        + "00"  # no HRD
        + "0"
        + "1"
        + "1"
        + ue(0) * 2
        + ue(10) * 2  # motion vector range: any
        + ue(0)  # max_num_reorder_frames
        + ue(1)  # max_dec_frame_buffering
    )


def idr_slice(first: int, macroblocks: Bits) -> bytes:
    """An I slice of the first picture (IDR); *first* is the address of its first macroblock."""
    header = ue(first) + ue(7) + ue(0) + u(0, _FRAME_NUM_BITS) + ue(0) + "00" + se(0) + _NO_DEBLOCKING
    return nal_unit(_IDR, header + macroblocks)


def p_slice(frame: int, macroblocks: Bits) -> bytes:
    """The only slice of picture *frame*, counted from the IDR picture; *macroblocks* hold their skip runs."""
    header = ue(0) + ue(5) + ue(0) + u(frame % 2**_FRAME_NUM_BITS, _FRAME_NUM_BITS) + "000" + se(0) + _NO_DEBLOCKING
    return nal_unit(_P, header + macroblocks)
