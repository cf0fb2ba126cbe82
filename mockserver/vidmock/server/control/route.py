"""A route of the control API: method, path, what answers it, and an example that would be granted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vidmock.server.control.request import ControlRequest

PREFIX = "/_vidmock"
"""Where the control API is, on every name of the server."""

ControlHandler = Callable[[ControlRequest], Awaitable[object]]
"""Answers with plain JSON data, or with a Starlette response of its own."""


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """*example* is what follows ``curl`` and the URL in an example: options, a body. *public* is for all machines."""

    method: str
    path: str
    handler: ControlHandler
    example: str = ""
    public: bool = False
