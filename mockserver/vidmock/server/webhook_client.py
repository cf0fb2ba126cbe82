"""Sends webhooks over HTTP: one attempt each, with no redirects, no proxies and no public hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from vidmock.engine.webhooks.delivery import Message
from vidmock.server.egress import DestinationRefused, Unresolved, check_destination

if TYPE_CHECKING:
    import httpx


class WebhookClient:
    """Sends each attempt on a new connection: none waits for another, or finds one that its receiver has closed.

    *allow_hosts* may be contacted even if they are public. *refused* is called with each host that is not contacted,
    and with each target that is not a URL; *notice* with a line about each message that nobody has received.
    """

    def __init__(
        self,
        allow_hosts: Collection[str] = (),
        refused: Callable[[str], None] = lambda host: None,
        notice: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._refused, self._notice = refused, notice
        self._allow_hosts = allow_hosts
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, message: Message, timeout: float) -> tuple[int | None, str]:
        """Send *message*: the receiver's status, or ``None`` and why there is none. *timeout* is in real seconds."""
        status, why = await self._send(message, timeout)
        if status is None:
            # Without path and query, which may hold secrets.
            self._notice(f"no webhook to {message.url.partition('?')[0].rpartition('@')[2][:100]}: {why}")
        return status, why

    async def _send(self, message: Message, timeout: float) -> tuple[int | None, str]:
        # Imported with the first delivery: it would be a third of a server's start-up.
        import httpx

        if self._client is None:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
            headers = {"connection": "close"}
            self._client = httpx.AsyncClient(headers=headers, limits=limits, follow_redirects=False, trust_env=False)
        try:
            url = httpx.URL(message.url)
            if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 80) < 65536:
                self._refused(repr(message.url))
                return None, f"{message.url!r} is not an http or https URL"
            await self._check_host(url.host, url.port or 443)
            # For the whole answer: httpx's own timeouts start anew with every byte that trickles in.
            async with asyncio.timeout(timeout):
                answer = await self._client.request(
                    message.method, url, content=message.body, headers=list(message.headers), timeout=None
                )
        except TimeoutError:
            return None, f"no complete answer within {timeout:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, DestinationRefused, ValueError, OverflowError) as error:
            # The last two are names, ports and header values that cannot be put on the wire at all.
            if isinstance(error, httpx.InvalidURL):
                self._refused(repr(message.url))
            return None, str(error) or type(error).__name__
        return answer.status_code, ""

    async def _check_host(self, host: str, port: int) -> None:
        try:
            await check_destination(host, port, self._allow_hosts)
        except Unresolved:
            raise
        except DestinationRefused:
            self._refused(host)
            raise

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()
