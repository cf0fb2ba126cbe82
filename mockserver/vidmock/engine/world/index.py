"""Which worlds know an id: most ids are known in one, those of a forked world's past in several."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_SWEPT_AT_ONCE: Final = 4


class Reference(Generic[T]):
    """A reference to *target*, cleared when that is closed: what holds it does not keep a closed world alive."""

    __slots__ = ("_target",)

    def __init__(self, target: T) -> None:
        self._target: T | None = target

    @property
    def target(self) -> T | None:
        return self._target

    def clear(self) -> None:
        self._target = None


class Index(Generic[T]):
    """Ids, each with references to the worlds that know it, in the order in which they came to know it.

    A closed world leaves in one step, however many ids it had: they are swept away later, a few with each id that is
    added, so that never more of them are held than were in use at some time.
    """

    def __init__(self) -> None:
        self._references: dict[str, tuple[Reference[T], ...]] = {}
        self._names: dict[Reference[T], dict[str, None]] = {}
        self._left: deque[tuple[Reference[T], dict[str, None]]] = deque()

    def add(self, name: str, reference: Reference[T]) -> None:
        self._sweep()
        known = self._references.get(name, ())
        others = tuple(other for other in known if other.target is not None and other is not reference)
        self._references[name] = (*others, reference)
        self._names.setdefault(reference, {})[name] = None

    def discard(self, name: str, reference: Reference[T]) -> None:
        """Have *reference* no longer know *name*; whoever else knows it still does."""
        if name in self._names.get(reference, ()):
            del self._names[reference][name]
            self._forget(name, reference)

    def of(self, name: str) -> Iterator[T]:
        """The worlds that know *name*, the first to know it first."""
        for reference in self._references.get(name, ()):
            if reference.target is not None:
                yield reference.target

    def leave(self, reference: Reference[T]) -> None:
        """Forget all that *reference*, whose world is closed, has known."""
        if names := self._names.pop(reference, None):
            self._left.append((reference, names))

    def __contains__(self, name: str) -> bool:
        """Whether *name* may be known somewhere: that of a closed world counts until it is swept away."""
        return name in self._references

    def __len__(self) -> int:
        """How many ids are held, those still to be swept away included."""
        return len(self._references)

    def _sweep(self) -> None:
        for _ in range(_SWEPT_AT_ONCE):
            if not self._left:
                return
            reference, names = self._left[0]
            self._forget(names.popitem()[0], reference)
            if not names:
                self._left.popleft()

    def _forget(self, name: str, reference: Reference[T]) -> None:
        others = tuple(other for other in self._references.get(name, ()) if other is not reference)
        if others:
            self._references[name] = others
        else:
            self._references.pop(name, None)
