"""HTTP as the checker's clients speak it: every outcome is a value, a broken connection too."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

ANSWER_SECONDS = 120.0
"""Real seconds after which an answer that nothing holds back counts as none: only a server that hangs needs them."""
_UNAVAILABLE = (0, 502, 503, 504)
"""How a server answers that is interrupted, or the balancer in front of it. 0 is no answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request: its *status* and *body*, or 0 and why there is none.

    One that is *broken* says nothing: its server may be interrupted, and what was asked for may be done, even later.
    """

    status: int
    body: bytes = b""
    why: str = ""
    broken: bool = False

    @property
    def json(self) -> Any:
        """The body as JSON, ``None`` where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        if not self.status:
            return f"no answer ({self.why})"
        text = self.body[:120].decode("utf-8", "replace")
        return f"{self.status} {text}"


class HttpClient:
    """Sends requests to *url*. Answers are never followed elsewhere.

    *interrupted* is for how many real seconds that may still be done which got no answer; 0 where the server is never
    interrupted.
    """

    def __init__(self, url: str, interrupted: float = 0.0) -> None:
        # A connection each: a request on a kept one is lost where the server gives that up meanwhile.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self.url, self.interrupted = url, interrupted
        self._broken_at = 0.0
        self._client = httpx.AsyncClient(limits=limits, timeout=ANSWER_SECONDS, verify=False, trust_env=False)  # noqa: S501 - the server's certificate is made by itself

    async def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        patience: float = ANSWER_SECONDS,
    ) -> Reply:
        """The answer to a request for *path*, which may be a whole URL; a client that waits longer gives up."""
        try:
            answer = await self._client.request(
                method,
                path if "://" in path else f"{self.url}{path}",
                headers=headers,
                json=json,
                content=content,
                timeout=patience,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Reply(0, why=type(error).__name__, broken=self._breaks(0))
        return Reply(answer.status_code, answer.content, broken=self._breaks(answer.status_code))

    def _breaks(self, status: int) -> bool:
        if not self.interrupted or status not in _UNAVAILABLE:
            return False
        self._broken_at = time.monotonic()
        return True

    async def calm(self) -> None:
        """Wait until all is done, or never will be, that was asked for by now and got no answer."""
        if self.interrupted:
            await asyncio.sleep(max(0.0, self._broken_at + self.interrupted - time.monotonic()))

    async def close(self) -> None:
        await self._client.aclose()
