"""What a running server says to the person who started it: each thing once, as it happens, and not without end."""

from __future__ import annotations

import sys
from typing import Final

MOST_SAID: Final = 50
"""Lines in all; whoever can reach the server could write to its terminal for ever."""
_LONGEST: Final = 400


class Console:
    """Prints lines on stderr. A *quiet* one prints none."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._said: set[str] = set()

    def say(self, line: str) -> None:
        """Print *line*, unless it was said before, or too much was."""
        if self._quiet or len(self._said) > MOST_SAID:
            return
        # It has what a client has sent, and could hold control codes of terminals.
        line = line if line.isprintable() else repr(line)
        line = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
        if line in self._said:
            return
        self._said.add(line)
        if len(self._said) > MOST_SAID:
            line = "there is more, which is not printed here: see /_vidmock/journal and /_vidmock/deliveries"
        print(f"vidmock: {line}", file=sys.stderr, flush=True)
