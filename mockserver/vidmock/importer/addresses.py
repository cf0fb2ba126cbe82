"""Tells which parameters are addresses of files, of what kind, and how a provider takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from vidmock.importer.file_limits import file_limits
from vidmock.importer.page import Parameter

_URL: Final = re.compile(r"\bURLs?\b")
_MORE: Final = re.compile(r"\bor path\b|base ?64|\bdata[ -]?ur[il]|\b(?:or|and) ids?\b|\buuids?\b", re.IGNORECASE)
_IN_NAME: Final = re.compile(r"(?:^|_)ur[il]s?$", re.IGNORECASE)
_KINDS: Final[Mapping[str, re.Pattern[str]]] = {
    "video": re.compile(r"video|clip|movie", re.IGNORECASE),
    "audio": re.compile(r"audio|voice|song|music|sound|speech", re.IGNORECASE),
    "image": re.compile(r"image|picture|photo|mask|frame|face|portrait|sketch", re.IGNORECASE),
}
_TAKEN: Final[Mapping[str, Mapping[str, str]]] = {
    "runpod": {"image": "url-or-image-data", "video": "url-or-video-data"},
    "fal": {"image": "url-or-image-data", "video": "url-or-video-data"},
    "eachlabs": {"image": "public-https-url", "video": "public-https-url", "audio": "public-https-url"},
}
"""The definition in ``schemas/shared/media.json`` for a file of each kind; else it is ``url``."""


def file_kind(parameter: Parameter) -> str:
    """``video``, ``audio`` or ``image`` by the parameter's name, or else by its prose; empty where neither says."""
    for text in (parameter.name, parameter.about):
        for kind, pattern in _KINDS.items():
            if pattern.search(text):
                return kind
    return ""


def is_address(parameter: Parameter) -> bool:
    """Whether the values of *parameter*, or its items, are for certain addresses of files."""
    if parameter.members or "enum" in parameter.keywords or parameter.type not in ("string", "array"):
        return False
    if _MORE.search(parameter.about) or re.search(r"webhook|callback|endpoint", parameter.name, re.IGNORECASE):
        return False
    return bool(_IN_NAME.search(parameter.name) or (file_kind(parameter) and _URL.search(parameter.about)))


def address_schema(parameter: Parameter, provider: str) -> dict[str, Any]:
    """What a value of the address *parameter*, or each item of its list, must be; and what the file must be."""
    kind = file_kind(parameter)
    definition = _TAKEN.get(provider, {}).get(kind, "public-https-url" if provider == "eachlabs" else "url")
    single = {"$ref": f"#/$defs/{definition}"}
    media = {"x-media": {"kind": kind, **file_limits(parameter.about)}} if kind in ("image", "video") else {}
    if parameter.type == "array":
        return {"type": "array", "items": single, **media}
    return {**single, **media}
