"""A route of the control API: method, path, what answers it, and an example that would be granted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from vidmock.server.control.guard import OPTION
from vidmock.server.control.joining import Join, JoinedEvents
from vidmock.server.control.request import ControlRequest

BODY_BYTES: Final = 4 * 2**20
"""The most bytes of a body, where a route does not say otherwise."""
SNAPSHOT_BYTES: Final = 256 * 2**20
"""The most bytes of a snapshot that is restored."""

ControlHandler = Callable[[ControlRequest], Awaitable[object]]
"""Answers with plain JSON data, or with a Starlette response of its own."""


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """*example* is what follows ``curl`` and the URL in an example: options, a body.

    *public* is for all machines; the answer of one with *secrets* has some that cannot be hidden. *most* is how many
    bytes a body may have. Where no world is named and there are several servers, it is about the worlds of all of them,
    whose answers are *joined*, or about the *only* world that there is; else about nothing but the server itself.
    """

    method: str
    path: str
    handler: ControlHandler
    example: str = ""
    public: bool = False
    secrets: bool = False
    most: int = BODY_BYTES
    joined: Join | JoinedEvents | None = None
    only: bool = False

    @property
    def guarded(self) -> bool:
        """Whether a request needs a header that no web form can send."""
        return self.secrets or self.method != "GET"

    def curl(self, url: str) -> str:
        """The line that asks for this route at *url*."""
        method = "" if self.method == "GET" else f"-X {self.method} "
        return f"curl {method}{f'{OPTION} ' if self.guarded else ''}'{url}' {self.example}".rstrip()
