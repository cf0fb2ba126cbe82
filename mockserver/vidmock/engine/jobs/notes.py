"""What a provider must remember of a request beside what the engine does: a value of a type of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from vidmock.engine.codec import from_plain

K = TypeVar("K", bound="type[Notes]")


@dataclass(frozen=True, slots=True)
class Notes:
    """The base of all such types: frozen dataclasses of what the codec can encode, whose fields have defaults."""

    @property
    def waits_aside(self) -> bool:
        """Whether the provider starts no worker for the job while it waits."""
        return False

    @classmethod
    def of(cls, notes: Notes | Mapping[str, Any]) -> Self:
        """*notes*, which are of this type, or plain data of it. Raises TypeError or ValueError: they are not."""
        return notes if isinstance(notes, cls) else from_plain(cls, notes)


_KINDS: dict[str, type[Notes]] = {}


def notes_of(provider: str) -> Callable[[K], K]:
    """Decorates the type of the notes of *provider*."""

    def register(kind: K) -> K:
        _KINDS[provider] = kind
        return kind

    return register


def read_notes(provider: str, data: Mapping[str, Any]) -> Notes | Mapping[str, Any]:
    """Decode *data* as the notes of *provider*; it stays as it is where none are registered.

    Raises:
        TypeError, ValueError: it is no such notes.
    """
    kind = _KINDS.get(provider)
    return from_plain(kind, data) if kind else data
