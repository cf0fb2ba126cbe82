"""Facts about the files that a request points to. They are told by the user; nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vidmock import strict_json
from vidmock.problems import BadJSON, BadRequest, did_you_mean
from vidmock.user_files import explain_json, read_user_file

if TYPE_CHECKING:  # see media_kind
    from vidmock.media.formats import MediaKind


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What is known of a picture or a clip; ``None`` is not known.

    *width* and *height* are pixels. *bytes* is the size of the file. *format* is a name from the table of formats, such
    as ``mp4`` or ``jpg``; how the file's own name ends says nothing about it.
    """

    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    format: str | None = None


Probe = Callable[[str], MediaInfo]
"""A function from a file's URL, or an upload's id, to what is known of the file."""

Listing = Mapping[str, Mapping[str, Any]]
"""What is known, by URL: ``{"https://…/clip.mp4": {"seconds": 4.2, "width": 1280, "format": "mp4"}}``."""

UNKNOWN: Final = MediaInfo()
# 6 s: with it, both printed edits on Runware come out at their printed cost.
_TYPICAL: Final[Mapping[str, float]] = {"seconds": 6.0, "width": 1920, "height": 1080}
_FACTS: Final = ("seconds", "width", "height", "bytes", "format")
_UNITS: Final[Mapping[str, str]] = {"width": "pixels", "height": "pixels", "bytes": "bytes"}


def nothing_known(_url: str) -> MediaInfo:
    """The default probe: it knows nothing of any file."""
    return UNKNOWN


def assume(about: MediaInfo, fact: str) -> float:
    """That *fact* of a clip. An unknown clip is taken to last 6 s and to have 1920 x 1080 pixels."""
    known: float | None = getattr(about, fact)
    return _TYPICAL[fact] if known is None else known


# The three below import the media package when they are called: most requests hold no files and tell of none, and the
# table and the readers of files come with the writers of videos.


def media_kind(format: str) -> MediaKind | None:
    """What files of *format* are; ``None`` where it is not in the table of formats."""
    from vidmock.media.formats import FORMATS

    return FORMATS[format].kind if format in FORMATS else None


def spelled_format(format: str) -> str:
    """*format* by its name in the table of formats: ``jpg`` for ``.JPEG``. What is not in the table stays as it is."""
    from vidmock.media.formats import format_of_suffix

    known = format_of_suffix(format)
    return known.name if known else format.lower().removeprefix(".")


def media_of_bytes(data: bytes) -> MediaInfo:
    """What the file *data* tells of itself."""
    from vidmock.media.identity import identify

    found = identify(data)
    return MediaInfo(found.seconds, found.width, found.height, len(data), found.format)


def media_from_mapping(listing: Listing) -> Probe:
    """A probe that knows what *listing* says.

    Raises:
        ValueError: an entry is no object of facts; the message names the URL and what was expected.
    """
    known = {url: _entry(url, about) for url, about in listing.items()}
    return lambda url: known.get(url, UNKNOWN)


def media_from_file(file: Path) -> Probe:
    """A probe that knows what the JSON file *file* says, which holds a :data:`Listing`.

    Raises:
        BadRequest: the file cannot be read.
        BadJSON: it is not JSON.
        ValueError: it holds something else.
    """
    content = strict_json.loads(read_user_file(file))
    if not isinstance(content, dict):
        raise ValueError(f"{file}: must be an object of URLs")
    try:
        return media_from_mapping(content)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def read_media(file: str | Path) -> Probe:
    """:func:`media_from_file`, of a file that a user has named.

    Raises:
        BadRequest: it cannot be read, or holds something else; the message says where, and what would be right.
    """
    try:
        return media_from_file(Path(file))
    except BadJSON as problem:
        place = f"line {problem.line}, column {problem.column}: " if problem.line else ""
        raise BadRequest(f"{file}: {place}{explain_json(problem)}") from problem
    except ValueError as error:
        raise BadRequest(str(error)) from error


def _entry(url: str, about: object) -> MediaInfo:
    if not isinstance(about, Mapping):
        raise ValueError(f"{url}: must be an object of {', '.join(_FACTS)}")
    for fact, value in about.items():
        if fact not in _FACTS:
            raise ValueError(f"{url}: {fact!r} is none of {', '.join(_FACTS)}.{did_you_mean(str(fact), _FACTS)}")
        if wanted := _wanted(fact, value):
            raise ValueError(f"{url}: {fact!r} must be {wanted}; got {value!r}")
    suffix = about.get("format")
    return MediaInfo(**{**about, "format": None if suffix is None else spelled_format(suffix)})


def _wanted(fact: str, value: object) -> str:
    """What *fact* must be, in words; empty where *value* is right."""
    if fact == "format":
        good = isinstance(value, str) and spelled_format(value).isalnum()
        return "" if good else 'the name of a format, such as "mp4"'
    number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    if fact == "seconds":
        return "" if number else "a number of seconds above 0"
    return "" if number and isinstance(value, int) else f"a whole number of {_UNITS[fact]} above 0"
