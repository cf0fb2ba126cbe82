"""What an error repeats of an input: all of it, as fal does, up to a bound that is ours."""

from __future__ import annotations

from typing import Any, Final

MOST_REPEATED: Final = 16 * 1024
"""Characters and values that one error repeats of an input: with a picture inside, an input has millions."""


def echoed(value: Any) -> Any:
    """*value*, of which strings, lists and objects are cut once ``MOST_REPEATED`` is used up."""
    return _Echo().of(value)


class _Echo:
    def __init__(self) -> None:
        self._left = MOST_REPEATED

    def of(self, value: Any) -> Any:
        self._left -= 1
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, dict):
            return self._object(value)
        return value

    def _text(self, text: str) -> str:
        room = max(self._left, 0)
        self._left -= len(text)
        return text if len(text) <= room else f"{text[:room]}…"

    def _list(self, items: list[Any]) -> list[Any]:
        made = []
        for item in items:
            if self._left <= 0:
                break
            made.append(self.of(item))
        return made

    def _object(self, members: dict[str, Any]) -> dict[str, Any]:
        made = {}
        for name, member in members.items():
            if self._left <= 0:
                break
            shown = self._text(name)
            made[shown] = self.of(member)
        return made
