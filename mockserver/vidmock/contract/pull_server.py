"""The address at which programs ask what is next, and post what they answer: for those without standard streams."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from vidmock.contract.process_group import LONGEST_LINE
from vidmock.contract.pulled_program import Over, PulledPrograms, TooManyCopies
from vidmock.testing.local_server import LocalHTTPServer

LONG_POLL: Final = 15.0
"""Seconds after which who asks what is next is told that it is nothing yet."""
SILENCE: Final = 20.0
"""Seconds after which a connection is closed on which nothing comes."""
_ORIGINS: Final = {
    # Pages of any origin may ask: who knows the address knows its token.
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "content-type",
    "access-control-allow-methods": "GET, POST",
}


class PullServer:
    """Serves *programs* at ``url``, which has a token that nobody guesses. It runs while it is entered.

    ``GET {url}/next`` is answered with what the program is asked, 204 where that is nothing yet, and 410 when it is
    over; ``POST {url}/answer`` with 204, or 400 and what is wrong with the answer, as ``error``. A program that runs
    several times says by ``?copy=`` which of them it is.
    """

    def __init__(self, programs: PulledPrograms) -> None:
        self._programs = programs
        self._server = _Listener(programs)
        self.url = f"{self._server.origin}/{self._server.token}"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._programs.close()
        self._server.__exit__()


class _Listener(LocalHTTPServer):
    # Who asks what is next is told that it is over, before the end.
    daemon_threads = False

    def __init__(self, programs: PulledPrograms) -> None:
        self.programs, self.token = programs, secrets.token_hex(16)
        super().__init__(_Handler)

    def handle_error(self, request: object, address: object) -> None:
        """Say nothing of who has gone before the answer."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    timeout = SILENCE

    def do_OPTIONS(self) -> None:
        self._answer(HTTPStatus.NO_CONTENT)

    def do_GET(self) -> None:
        self._route("next")

    def do_POST(self) -> None:
        self._route("answer")

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing."""

    def _route(self, path: str) -> None:
        asked = urlsplit(self.path)
        if not secrets.compare_digest(asked.path.encode(), f"/{self.server.token}/{path}".encode()):
            self._refuse(HTTPStatus.NOT_FOUND, f"ask with the token of this run: GET …/next, POST …/answer, not {path}")
            return
        copy = parse_qs(asked.query).get("copy", [""])[0]
        try:
            self._next(copy) if path == "next" else self._hear(copy)
        except Over:
            self._refuse(HTTPStatus.GONE, "it is over")
        except TooManyCopies:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "there are too many copies: give back a name that was used")

    def _next(self, copy: str) -> None:
        message = self.server.programs.next(copy, LONG_POLL)
        if message is None:
            self._answer(HTTPStatus.NO_CONTENT)
        else:
            self._answer(HTTPStatus.OK, message)

    def _hear(self, copy: str) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LONGEST_LINE:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"an answer has a length, of at most {LONGEST_LINE} bytes"
            )
        elif wrong := self.server.programs.hear(copy, self.rfile.read(int(length))):
            self._refuse(HTTPStatus.BAD_REQUEST, wrong)
        else:
            self._answer(HTTPStatus.NO_CONTENT)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._answer(status, {"error": why})

    def _answer(self, status: HTTPStatus, told: object = None) -> None:
        body = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        for name, value in _ORIGINS.items():
            self.send_header(name, value)
        if body:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
