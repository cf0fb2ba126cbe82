"""Finds the answers that a client has recorded: bodies in files, as requests are found, and exchanges in HAR files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vidmock import strict_json
from vidmock.cli.request_files import FoundRequest, UnreadRequest, read_requests
from vidmock.located_file import lines_of
from vidmock.problems import BadJSON
from vidmock.schema.routes import provider_routes

_HAR = ".har"


def read_answers(file: str, provider: str, *, lines: bool) -> Iterator[FoundRequest | UnreadRequest]:
    """The answers of *provider* in *file*: as :func:`read_requests`; of a HAR file, each whose body is JSON."""
    for found in read_requests(file, lines=lines):
        if isinstance(found, UnreadRequest) or Path(file).suffix != _HAR:
            yield found
            continue
        answers: list[FoundRequest | UnreadRequest] = [*_recorded(found, provider)]
        yield from answers or [UnreadRequest(file, 1, f"{file} is a HAR file without an answer of {provider} in JSON")]


def _recorded(har: FoundRequest, provider: str) -> Iterator[FoundRequest]:
    lines = lines_of(har.text.decode())
    for number, entry in enumerate(_member(_member(har.value, "log"), "entries") or ()):
        asked, content = _member(entry, "request"), _member(_member(entry, "response"), "content")
        if not _is_of(provider, _member(asked, "url")):
            continue
        try:
            value = strict_json.loads(_text(content))
        except (BadJSON, binascii.Error):
            continue
        name = f"{har.file} ({_member(asked, 'method')} {urlsplit(_member(asked, 'url')).path})"
        yield FoundRequest(har.file, name, lines["log", "entries", number], value, b"")


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _text(content: Any) -> str | bytes:
    text = _member(content, "text")
    if not isinstance(text, str):
        return ""
    return base64.b64decode(text, validate=True) if _member(content, "encoding") == "base64" else text


def _is_of(provider: str, url: Any) -> bool:
    """Whether *url* is one of *provider*'s, there or at a mock."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    surfaces = provider_routes(provider).surfaces
    return any(parts.hostname in each.hosts or parts.path.startswith(f"{each.prefix}/") for each in surfaces)
