"""Runs the integrity checker against a server in this process, which a test may have bent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.integrity.options import CheckOptions
from vidmock.integrity.report import CheckReport
from vidmock.integrity.run import check_server
from vidmock.server.server import ThreadedServer

OPTIONS = CheckOptions(operations=60, clients=4, seed=7, clocks=("manual",))


@pytest.fixture
def server() -> Iterator[ThreadedServer]:
    latency = Latency(queue=(1.0, 3.0), run=(2.0, 9.0))
    with ThreadedServer(Settings(seed=1, clock=Mode("manual"), latency=latency)) as server:
        yield server


@pytest.fixture
def checked(server: ThreadedServer) -> Callable[..., tuple[CheckReport, list[str]]]:
    """The report of a short run, and what was printed: ``checked(operations=30)``."""

    def check(**changes: Any) -> tuple[CheckReport, list[str]]:
        said: list[str] = []
        options = replace(OPTIONS, url=server.url, **changes)
        return asyncio.run(check_server(options, said.append)), said

    return check
