"""``vidmock serve`` without its log, which hears all events; with ``--no-events`` first, as if there were none to hear.

Then none is made, passed on or listened to. It is there to be compared with.
"""

from __future__ import annotations

import sys

from vidmock.cli import main, serve
from vidmock.engine.service import engine
from vidmock.engine.world import registry


def nothing(*_: object) -> None:
    """What becomes of an event, and of whoever would hear it."""


def make_no_events() -> None:
    for name in ("FaultStruck", "JobAccepted", "JobChanged", "JobEnded"):
        setattr(engine, name, nothing)
    setattr(registry, "WorldChanged", nothing)  # noqa: B010 - a type checker knows it as a class
    for name in ("tell", "listen", "unlisten"):
        setattr(registry.WorldRegistry, name, nothing)


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["--no-events"]:
        make_no_events()
        del words[0]
    setattr(serve, "begin_log", nothing)  # noqa: B010 - it is asked for by its name
    sys.exit(main(["serve", *words]))
