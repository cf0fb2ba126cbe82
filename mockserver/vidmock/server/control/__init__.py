"""The control API under ``/_vidmock``: time, jobs, faults, journal, money and worlds, for programs and for people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from vidmock.engine.service.engine import Engine

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from vidmock.server.asked_provider import MakeInProcess


def control(engine: Engine, make: MakeInProcess, certificate: Callable[[], Path] | None = None) -> ASGIApp:
    """Make the application of the control API. Most programs never use it: its modules load with the first request.

    *make* makes an application of all providers, which is asked how one would answer.
    """
    made: Starlette | None = None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal made
        if made is None:
            from vidmock.server.control.app import control_app

            made = control_app(engine, make, certificate)
        await made(scope, receive, send)

    return app
