"""Tells what the files will be that a request asks for: how many, how large, how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from vidmock.schema import sources
from vidmock.schema.catalog import Model
from vidmock.schema.known_media import Probe, nothing_known

if TYPE_CHECKING:  # the package comes with the writers of videos, which a check of an input does not need
    from vidmock.media.clip import Container


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """*count* files of *width* x *height* pixels and a length of *seconds*; *audio* tells whether they have sound.

    *seed* is that of the first file, where the input has one.
    """

    width: int
    height: int
    seconds: float
    count: int
    container: Container
    audio: bool
    prompt: str
    seed: int | None = None


def output_spec(model: Model, payload: Any, media: Probe = nothing_known) -> OutputSpec:
    """The files that *payload*, a valid input of *model*, asks for; *media* tells what is known of its clips."""
    said = {name: source(payload, media) for name, source in _sources(model.pattern).items()}
    return OutputSpec(
        width=int(said["width"]),
        height=int(said["height"]),
        seconds=float(said["seconds"]),
        count=int(said["count"]),
        container=said["container"],
        audio=said["audio"] is True,
        prompt=str(said["prompt"]),
        seed=said["seed"] if isinstance(said.get("seed"), int) else None,
    )


def prompt_of(model: Model, payload: Any) -> str:
    """The prompt in *payload*, valid or not; empty where there is none."""
    said = _sources(model.pattern)["prompt"](payload, nothing_known)
    return said if isinstance(said, str) else ""


def makes_videos(model: Model) -> bool:
    """Whether a job of *model* has files at all: one that writes text has none."""
    return bool(_sources(model.pattern)["count"]({}, nothing_known) != 0)


@cache
def _sources(model: Model) -> Mapping[str, sources.Source]:
    return {name: sources.compile_sources(listed, model.schema) for name, listed in model.schema["x-video"].items()}
