"""The table of file formats: name, suffixes and media types of each, and the document that defines them.

The media type that IANA registers comes first, other spellings that clients and servers use come after it. WAV and AVI
are exceptions: the media types that RFC 2361 has for them are hardly ever sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from vidmock.media.clip import Container

MediaKind = Literal["image", "video", "audio", "model", "other"]
"""Picture, clip, sound, three-dimensional model, or a file that is none of these."""


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """One format.

    *noun* is what a file of it is, for messages: ``a PNG picture``. The first of *media_types* is what we write, and
    all are read; they are spellings of one type. The first of *suffixes*, without a dot, is also the format's name, in
    listings of known files and in the ``formats`` of a schema. *source* tells where type and first bytes are defined.
    """

    noun: str
    kind: MediaKind
    media_types: tuple[str, ...]
    suffixes: tuple[str, ...]
    source: str

    @property
    def name(self) -> str:
        return self.suffixes[0]

    @property
    def media_type(self) -> str:
        return self.media_types[0]


_HEIF: Final = "IANA image/heif, image/heic and their sequences; ISO/IEC 23008-12, 10 and annex B"
_TABLE: Final = (
    MediaFormat("a PNG picture", "image", ("image/png", "image/x-png"), ("png",), "W3C PNG, 3rd edition, 5.2"),
    MediaFormat(
        "a JPEG picture",
        "image",
        ("image/jpeg", "image/jpg", "image/pjpeg"),
        ("jpg", "jpeg", "jpe", "jfif"),
        "RFC 2046, 4.2; ITU-T T.81, B.1.1.3",
    ),
    MediaFormat("a GIF picture", "image", ("image/gif",), ("gif",), "RFC 2046, 4.2; GIF89a, 17"),
    MediaFormat("a WebP picture", "image", ("image/webp",), ("webp",), "RFC 9649"),
    MediaFormat("a BMP picture", "image", ("image/bmp", "image/x-ms-bmp", "image/x-bmp"), ("bmp", "dib"), "RFC 7903"),
    MediaFormat("a TIFF picture", "image", ("image/tiff",), ("tif", "tiff"), "RFC 3302; TIFF 6.0, 2"),
    MediaFormat("an AVIF picture", "image", ("image/avif",), ("avif",), "IANA image/avif; AV1 Image File Format"),
    MediaFormat("a HEIC picture", "image", ("image/heic",), ("heic",), _HEIF),
    MediaFormat("a sequence of HEIC pictures", "image", ("image/heic-sequence",), ("heics",), _HEIF),
    MediaFormat("a HEIF picture", "image", ("image/heif",), ("heif",), _HEIF),
    MediaFormat("a sequence of HEIF pictures", "image", ("image/heif-sequence",), ("heifs",), _HEIF),
    MediaFormat("an MP4 file", "video", ("video/mp4", "video/x-m4v"), ("mp4", "m4v", "mpg4"), "RFC 4337"),
    MediaFormat(
        "a QuickTime file",
        "video",
        ("video/quicktime",),
        ("mov", "qt", "quicktime"),  # the last is no suffix, but what people call it
        "IANA video/quicktime; QuickTime File Format, Movie Atoms",
    ),
    MediaFormat("a 3GPP file", "video", ("video/3gpp",), ("3gp", "3gpp"), "RFC 3839; 3GPP TS 26.244"),
    MediaFormat("a 3GPP2 file", "video", ("video/3gpp2",), ("3g2", "3gpp2"), "RFC 4393; 3GPP2 C.S0050"),
    MediaFormat("a WebM file", "video", ("video/webm",), ("webm",), "WebM Container Guidelines; RFC 8794"),
    MediaFormat("a Matroska file", "video", ("video/matroska", "video/x-matroska"), ("mkv",), "RFC 9559, 27.18"),
    MediaFormat(
        "an AVI file",
        "video",
        ("video/x-msvideo", "video/avi", "video/msvideo", "video/vnd.avi"),
        ("avi",),
        "RFC 2361, and what is sent instead",
    ),
    MediaFormat("an Ogg video", "video", ("video/ogg",), ("ogv",), "RFC 5334"),
    MediaFormat(
        "a WAV file",
        "audio",
        ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"),
        ("wav",),
        "RFC 2361, and what is sent instead",
    ),
    MediaFormat(
        "an MP3 file",
        "audio",
        ("audio/mpeg", "audio/mp3", "audio/x-mp3"),
        ("mp3",),
        "RFC 3003; ISO/IEC 11172-3, 2.4.1.3; ID3v2.4, 3.1",
    ),
    MediaFormat("an M4A file", "audio", ("audio/mp4", "audio/x-m4a", "audio/m4a"), ("m4a", "m4b"), "RFC 4337"),
    MediaFormat("an Ogg file", "audio", ("audio/ogg", "application/ogg"), ("ogg", "oga"), "RFC 5334"),
    MediaFormat("a glTF model", "model", ("model/gltf-binary",), ("glb",), "IANA model/gltf-binary; glTF 2.0, 4.4.2"),
    MediaFormat("a PDF document", "other", ("application/pdf",), ("pdf",), "RFC 8118"),
    MediaFormat("a ZIP archive", "other", ("application/zip",), ("zip",), "IANA application/zip"),
    MediaFormat("gzip data", "other", ("application/gzip", "application/x-gzip"), ("gz",), "RFC 6713; RFC 1952, 2.3.1"),
    MediaFormat(
        "an HLS playlist",
        "other",
        ("application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl"),
        ("m3u8",),
        "RFC 8216, 4 and 10",
    ),
    MediaFormat("an HTML page", "other", ("text/html",), ("html", "htm"), "RFC 2854; WHATWG MIME Sniffing, 7.1"),
)

FORMATS: Final[Mapping[str, MediaFormat]] = MappingProxyType({entry.name: entry for entry in _TABLE})
"""Every format, by its name."""

_BY_SUFFIX: Final = {suffix: entry for entry in _TABLE for suffix in entry.suffixes}
_BY_MEDIA_TYPE: Final = {media_type: entry for entry in _TABLE for media_type in entry.media_types}


def format_of_suffix(suffix: str) -> MediaFormat | None:
    """The format of files whose names end in *suffix*, in capitals or not, with its dot or without."""
    return _BY_SUFFIX.get(suffix.lower().removeprefix("."))


def format_of_media_type(media_type: str) -> MediaFormat | None:
    """The format that a ``Content-Type`` names; its parameters and its case do not matter (RFC 9110, 8.3.1)."""
    return _BY_MEDIA_TYPE.get(media_type.partition(";")[0].strip().lower())


def made_kind(container: Container) -> MediaKind:
    """What a file of ours is: a picture, a clip or sound."""
    return FORMATS[container].kind


def content_type(container: Container) -> str:
    """The media type that an HTTP answer carries for a file of ours."""
    return FORMATS[container].media_type
