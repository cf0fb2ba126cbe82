"""What a job at fal must remember of its request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vidmock.engine.codec import plain_field
from vidmock.engine.jobs.notes import Notes, notes_of


@notes_of("fal")
@dataclass(frozen=True, slots=True)
class FalNotes(Notes):
    """*file_seconds* is how long the client asked to keep the job's files; ``None`` if it did not ask.

    *refused* are the error items with which Pydantic refused the input.
    """

    file_seconds: float | None = None
    refused: tuple[Mapping[str, Any], ...] = plain_field((), sparse=True)
