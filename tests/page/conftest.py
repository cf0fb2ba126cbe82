"""What the tests of the page share."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from tests.browser import Browser
from tests.page.controls import CONTROLS
from tests.page.visit import Seen

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer
from vidmock.testing.local_server import LocalHTTPServer


@pytest.fixture
def receiver() -> Iterator[tuple[LocalHTTPServer, list[bytes]]]:
    """A receiver of webhooks, and the bodies that have come to it."""
    came: list[bytes] = []

    class Inbox(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with LocalHTTPServer(Inbox) as inbox:
        yield inbox, came


@pytest.fixture
def server() -> Iterator[ThreadedServer]:
    with ThreadedServer(Settings(clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(2.0, 2.0)))) as server:
        yield server


@pytest.fixture
def seen(browser: Browser, server: ThreadedServer, request: pytest.FixtureRequest) -> Iterator[Seen]:
    """The page; in the end, the test has used all controls that it is said to use."""
    with browser.page() as page:
        seen = Seen(page, server)
        yield seen
        promised = {control for control, test in CONTROLS.items() if test == request.node.originalname}
        assert promised - seen.used == set(), "no click or key came to them"
