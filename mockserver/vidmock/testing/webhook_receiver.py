"""A receiver of webhooks for tests: keeps what comes, judges the signatures, and answers as it is told to."""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import urlsafe_b64decode
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self

import httpx

from vidmock.engine.time.durations import Duration, to_seconds
from vidmock.problems import BadRequest
from vidmock.testing.clocks import Run, wait_on_clock
from vidmock.testing.local_server import LocalHTTPServer
from vidmock.testing.scope import Scope

MOST_AGE: Final = 300.0
"""Seconds by which a signature's time may differ, as fal's page says for receivers."""


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """One attempt as it came: *headers* have small names, *at* is the time of the mock's clock.

    *signed* is whether the signature, or the secret that was agreed on, fits; ``None`` where there is to be none.
    *job* is the id of its job; empty if none is known that sent this.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    job: str
    signed: bool | None

    def json(self) -> Any:
        """The body.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class _Answer:
    """*status* is ``None`` where the connection is closed without an answer."""

    status: int | None = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class WebhookReceiver:
    """Takes the webhooks of *scope* at ``url``, and at every other path there, while it is entered.

    The public keys of fal's signatures are at the URL *keys*.
    """

    def __init__(self, scope: Scope, run: Run, keys: str) -> None:
        self._scope, self._run, self._keys_url = scope, run, keys
        self._keys: list[dict[str, str]] = []
        self._lock = Lock()
        self._came: list[ReceivedWebhook] = []
        self._next: deque[_Answer] = deque()
        self._usual = _Answer()
        self._app: tuple[Callable[..., Awaitable[None]], asyncio.AbstractEventLoop | None] | None = None
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer = take(
                    self.command, self.path, {name.lower(): said for name, said in self.headers.items()}, body
                )
                if answer.status is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, said in answer.headers.items():
                    self.send_header(name, said)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def do_POST(self) -> None:
                self._handle()

            def do_PUT(self) -> None:
                self._handle()

            def log_message(self, format: str, *words: object) -> None:
                """Say nothing."""

        self._server = LocalHTTPServer(Handler)

    @property
    def url(self) -> str:
        """Where webhooks are taken."""
        return f"{self._server.origin}/webhook"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__()

    def __len__(self) -> int:
        return len(self.received)

    def __iter__(self) -> Iterator[ReceivedWebhook]:
        return iter(self.received)

    def __getitem__(self, place: int) -> ReceivedWebhook:
        return self.received[place]

    @property
    def received(self) -> list[ReceivedWebhook]:
        """What has come so far, oldest first: each attempt, whatever it was answered."""
        with self._lock:
            return list(self._came)

    def answer(
        self,
        status: int | None = 200,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
    ) -> None:
        """Answer the next *times* attempts so, or all from now on. Without a *status*, the connection is closed.

        Raises:
            BadRequest: no such status, or *times* is less than 1.
        """
        if status is not None and not 200 <= status <= 599:
            raise BadRequest(f"a status is from 200 to 599, or None for no answer at all, not {status}", "status")
        if times is not None and times < 1:
            raise BadRequest(f"times must be at least 1, not {times}", "times")
        answer = _Answer(status, body, headers or {})
        with self._lock:
            if times is None:
                self._next.clear()
                self._usual = answer
            else:
                self._next.extend([answer] * times)

    def deliver_to(self, app: Callable[..., Awaitable[None]]) -> None:
        """Pass what comes on to *app*, path and all, and answer what it does; ``answer(…, times=n)`` comes before.

        Where a loop runs in this thread, the app is called in it; else in a new one for each. Its lifespan is not.
        """
        try:
            loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        self._app = app, loop

    def wait(self, count: int = 1, within: Duration = "1d") -> ReceivedWebhook:
        """The webhook that is the *count*-th to come; *within* is on the mock's clock, which is let pass.

        Raises:
            NoWebhook: fewer came in time.
        """
        said = f"fewer than {count} webhooks came to {self.url}" if count > 1 else f"no webhook came to {self.url}"
        return self._run(wait_on_clock(self._scope, lambda: self._numbered(count), to_seconds(within), said))

    def _numbered(self, count: int) -> ReceivedWebhook | None:
        came = self.received
        return came[count - 1] if len(came) >= count else None

    def _take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> _Answer:
        now = self._scope.now()
        job, proof, wall = self._scope.call(lambda: self._sent(body))
        signed = self._judge(headers, body, wall, proof)
        with self._lock:
            self._came.append(ReceivedWebhook(path, headers, body, now, job, signed))
            answer = self._next.popleft() if self._next else None
        if answer is None and self._app is not None:
            return self._pass_on(method, path, headers, body)
        return answer or self._usual

    def _sent(self, body: bytes) -> tuple[str, str | None, float]:
        """The job that *body* is about, what it is to be proved by, and the time on a receiver's own clock.

        The proof is the secret that was agreed on, empty for a signature, and ``None`` where there is none. For the
        server's loop.
        """
        for world in self._scope.worlds():
            for delivery in reversed([*world.outbox]):
                if delivery.message.body == body and delivery.message.url.startswith(self._server.origin):
                    job = world.jobs.get(delivery.job)
                    secret = job.webhook.secret if job and job.webhook else None
                    return delivery.job, secret or ("" if delivery.message.signature else None), world.clock.wall()
        return "", None, self._scope.clocks().lead.wall()

    def _judge(self, headers: Mapping[str, str], body: bytes, now: float, proof: str | None) -> bool | None:
        """Whether the signature of fal, or the secret of others, fits; ``None`` where there is to be neither."""
        if proof:
            return compare_digest(headers.get("x-webhook-secret", "").encode(), proof.encode())
        if "x-fal-webhook-signature" not in headers:
            return None if proof is None else False
        if not _is_signed(headers, body, now, self._keys):
            # A key may be new, as receivers have to expect.
            self._keys = httpx.get(self._keys_url, trust_env=False).json()["keys"]
        return _is_signed(headers, body, now, self._keys)

    def _pass_on(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> _Answer:
        assert self._app is not None
        app, loop = self._app

        async def ask() -> _Answer:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self._server.origin) as client:
                said = await client.request(method, path, headers=headers, content=body)
                kept = {name: value for name, value in said.headers.items() if name != "content-length"}
                return _Answer(said.status_code, said.content, kept)

        return asyncio.run_coroutine_threadsafe(ask(), loop).result() if loop else asyncio.run(ask())


def _is_signed(headers: Mapping[str, str], body: bytes, now: float, keys: list[dict[str, str]]) -> bool:
    """Whether one of *keys* has signed *body* within ``MOST_AGE`` of *now*, as fal's page has receivers judge it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    names = ("request-id", "user-id", "timestamp", "signature")
    request, user, timestamp, signature = (headers.get(f"x-fal-webhook-{name}", "") for name in names)
    if not (timestamp.isdecimal() and abs(now - int(timestamp)) <= MOST_AGE):
        return False
    lines = "\n".join((request, user, timestamp, hashlib.sha256(body).hexdigest()))
    for key in keys:
        try:
            public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key["x"] + "=="))
            public.verify(bytes.fromhex(signature), lines.encode())
        except (InvalidSignature, ValueError):
            continue
        return True
    return False
