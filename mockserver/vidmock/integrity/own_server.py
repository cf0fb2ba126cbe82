"""A server for a run that was given none: ``vidmock serve`` on a free port, in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SERVE = ("-m", "vidmock", "serve", "--port", "0")


@dataclass(frozen=True, slots=True)
class OwnServer:
    """Its *url*, and the file that it writes its *errors* to."""

    url: str
    errors: Path

    def defects(self) -> list[str]:
        """What it has printed of its own defects so far: the last lines of each traceback."""
        text = self.errors.read_text("utf-8")
        return [part[-1000:] for part in text.split("Traceback (most recent call last):")[1:]]


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """Start it, and end it afterwards.

    Raises:
        RuntimeError: it did not start; the message has what it printed.
    """
    with tempfile.TemporaryDirectory(prefix="vidmock-integrity-") as folder:
        errors = Path(folder) / "errors"
        with errors.open("wb") as written:
            command = [sys.executable, *_SERVE]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=written, text=True)  # noqa: S603 - it is ourselves
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if match := re.search(r"http://[\d.]+:\d+", line):
                    yield OwnServer(match[0], errors)
                    return
            raise RuntimeError(f"vidmock serve did not start: {errors.read_text('utf-8')}")
        finally:
            process.terminate()
            process.communicate()
