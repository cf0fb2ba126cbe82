"""Requests that came to a server with another key than that of the world one looks at."""

from __future__ import annotations

from vidmock.testing.scope import Scope

_SHOWN = 4
"""Of a key, which may be a real one."""


def other_keys(scope: Scope) -> str:
    """What to say where others have them and the world of *selection* has none, else nothing. In the server's loop."""
    if scope.key is None or any(world.journal.seen for world in scope.worlds()):
        return ""
    asked = {world.key: world.journal.seen for world in scope.server.engine.worlds if world.journal.seen}
    if not asked:
        return ""
    count = sum(asked.values())
    keys = ", ".join(_name(key) for key in asked)
    return (
        f"{count} request{'' if count == 1 else 's'} reached this server with another key ({keys}): "
        "the app must use vidmock.key"
    )


def _name(key: str) -> str:
    return (key if len(key) <= _SHOWN else f"{key[:_SHOWN]}…") or "none that is valid"
