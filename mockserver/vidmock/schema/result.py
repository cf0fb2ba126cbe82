"""Builds the JSON that a model answers with: its files, and what else it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from vidmock.schema import pointer, sources
from vidmock.schema.catalog import Model
from vidmock.schema.known_media import nothing_known


@dataclass(frozen=True, slots=True)
class Growth:
    """How an answer is streamed: the member *grows* gets longer; until it is whole, *meanwhile* are further members."""

    grows: str
    meanwhile: Mapping[str, Any]


def model_result(model: Model, payload: Any, files: Sequence[Any]) -> dict[str, Any]:
    """The answer to *payload*, as the model's ``x-result`` says; without one, ``{"video": file}``.

    A member that no source has a value for is ``None``.
    """
    said = model.schema.get("x-result", {"file": "video"})
    answer: dict[str, Any] = {}
    if "file" in said:
        answer[said["file"]] = files[0]
    if "files" in said:
        answer[said["files"]] = list(files)
    for name, source in _beside(model.pattern).items():
        value = source(payload, nothing_known)
        answer[name] = None if value is pointer.MISSING else deepcopy(value)
    return answer


def growth_of(model: Model) -> Growth | None:
    """How *model* streams, if it does."""
    said = model.schema.get("x-result", {}).get("stream")
    return Growth(said["grows"], said["meanwhile"]) if said else None


@cache
def _beside(model: Model) -> Mapping[str, sources.Source]:
    listed = model.schema.get("x-result", {}).get("beside", {})
    return {name: sources.compile_sources(entry, model.schema) for name, entry in listed.items()}
