"""What the tests of the page share."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

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
