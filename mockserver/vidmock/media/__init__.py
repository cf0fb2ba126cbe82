"""Makes fake videos that play, without a codec, and tells of any file what it is.

An MP4 or MOV has its label in the picture, a WebM or PNG in its title.
"""

from __future__ import annotations

from vidmock.media.clip import Clip, Container
from vidmock.media.formats import content_type
from vidmock.media.identity import Identity, identify
from vidmock.media.info import NotMedia, VideoInfo
from vidmock.media.probe import probe
from vidmock.media.render import render

__all__ = ["Clip", "Container", "Identity", "NotMedia", "VideoInfo", "content_type", "identify", "probe", "render"]
