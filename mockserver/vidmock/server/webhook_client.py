"""Sends webhooks over HTTP: one attempt each, with no redirects, no proxies and no public hosts."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from vidmock.engine.service.webhook_sender import Post
from vidmock.engine.webhooks.delivery import HEAD_SHOWN, Message, MessageHeaders, ReceiverAnswer
from vidmock.server.answer_head import ANSWER_BODY_SECONDS, AnswerHead, BadAnswer, Withheld
from vidmock.server.egress import DestinationRefused, Unresolved, connect_to_first, find_destination
from vidmock.server.patience import Patience

if TYPE_CHECKING:
    import ssl

CONNECT_SECONDS: Final = 5.0
"""Real seconds until there is a connection, name and TLS included."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?:[!-~](?:[ -~\t]*[!-~])?)?")


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a message goes: *path* is as it is on the wire, *headers* are those that follow from the URL."""

    tls: bool
    host: str
    port: int
    path: str
    headers: MessageHeaders


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

    def while_it(self, may: Callable[[], bool]) -> Post:
        """Send as this does, but withhold a message that *may* not leave when there is a connection."""
        return partial(self, may=may)

    async def __call__(
        self, message: Message, timeout: float, *, may: Callable[[], bool] = lambda: True
    ) -> ReceiverAnswer:
        """Send *message*, and say what came of it.

        *timeout* is in real seconds, for the answer, and begins when all bytes of the message are written; they have as
        long to be taken.
        """
        sent: list[bytes] = []
        try:
            return await self._send(message, timeout, sent, may)
        except Withheld:
            return ReceiverAnswer(None, withheld=True)
        except (DestinationRefused, BadAnswer, OSError, ValueError) as error:
            # The last are ports and header values that cannot be put on the wire at all.
            why = str(error) or type(error).__name__
        # Without path and query, which may hold secrets.
        self._notice(f"no webhook to {message.url.partition('?')[0].rpartition('@')[2][:100]}: {why}")
        return ReceiverAnswer(None, why, b"".join(sent))

    async def _send(
        self, message: Message, timeout: float, sent: list[bytes], may: Callable[[], bool]
    ) -> ReceiverAnswer:
        """What came of *message*; the head of the request is in *sent* once there was a connection."""
        target = self._target(message.url)
        request = _request(message, target)
        addresses = await self._addresses(target)
        limit = asyncio.timeout(None)
        patience = Patience(limit)

        def waits(what: str) -> None:
            patience.begin(timeout, what)

        try:
            async with limit:
                patience.begin(CONNECT_SECONDS, "no connection")
                answer = await self._connected(target, addresses, lambda: AnswerHead(request, waits, may))
                sent.append(request[: len(request) - len(message.body)][:HEAD_SHOWN])
                try:
                    return ReceiverAnswer(await answer.status(), "", sent[0], answer.received)
                finally:
                    answer.close()
        except TimeoutError:
            raise BadAnswer(patience.what) from None
        finally:
            patience.end()

    def _target(self, url: str) -> _Target:
        try:
            return _parse(url)
        except ValueError:
            self._refused(repr(url))
            raise

    async def _addresses(self, target: _Target) -> tuple[str, ...]:
        try:
            return await find_destination(target.host, target.port, self._allow_hosts)
        except Unresolved:
            raise
        except DestinationRefused:
            self._refused(target.host)
            raise

    async def _connected(
        self, target: _Target, addresses: tuple[str, ...], make: Callable[[], AnswerHead]
    ) -> AnswerHead:
        """A connection to one of *addresses*. Raises OSError: none takes it."""
        loop, options = asyncio.get_running_loop(), dict[str, Any]()
        if target.tls:
            # The name is that of the URL, whatever address it was found at.
            options = {"ssl": self._tls, "server_hostname": target.host, "ssl_shutdown_timeout": ANSWER_BODY_SECONDS}

        async def connect(address: str) -> AnswerHead:
            _, answer = await loop.create_connection(make, address, target.port, **options)
            return answer

        return await connect_to_first(addresses, connect)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """One for all connections: to make one takes as long as a hundred webhooks."""
        import httpx

        return httpx.create_ssl_context(trust_env=False)


@lru_cache(maxsize=1024)
def _parse(url: str) -> _Target:
    """Where *url* leads. Raises ValueError: it is not an http or https URL."""
    # Imported with the first delivery: it would be a third of a server's start-up.
    import httpx

    try:
        found = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from error
    if found.scheme not in ("http", "https") or not found.host or not 0 < (found.port or 80) < 65536:
        raise ValueError(f"{url!r} is not an http or https URL")
    tls = found.scheme == "https"
    headers = [("host", found.netloc.decode("ascii"))]
    if found.userinfo:
        account = ":".join(map(unquote, found.userinfo.decode().split(":", 1)))
        headers.append(("authorization", f"Basic {base64.b64encode(account.encode()).decode()}"))
    host, path = found.raw_host.decode("ascii"), found.raw_path.decode("ascii")
    return _Target(tls, host, found.port or (443 if tls else 80), path, tuple(headers))


def _request(message: Message, target: _Target) -> bytes:
    """The request, byte for byte. Raises ValueError: a header cannot be put on the wire."""
    given = {name.lower() for name, _ in message.headers}
    ours = (
        *target.headers,
        ("accept", "*/*"),
        ("user-agent", "vidmock"),
        ("content-length", str(len(message.body))),
        ("connection", "close"),
    )
    lines = [f"{message.method} {target.path} HTTP/1.1"]
    for name, value in (*(each for each in ours if each[0] not in given), *message.headers):
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"the header {name!r} has a character that no header can have")
        lines.append(f"{name}: {value}")
    return "\r\n".join((*lines, "", "")).encode("ascii") + message.body
