"""Fake videos that play: labelled MP4 and MOV and titled WebM, made without a codec; and a reader of such files."""

from __future__ import annotations

from vidmock.media.clip import Clip, Container
from vidmock.media.formats import content_type
from vidmock.media.identity import Identity, identify
from vidmock.media.info import NotMedia, VideoInfo
from vidmock.media.probe import probe
from vidmock.media.render import render

__all__ = ["Clip", "Container", "Identity", "NotMedia", "VideoInfo", "content_type", "identify", "probe", "render"]
