"""Takes a request to the replica that has its world, and its answer back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

import httpx
from starlette.responses import Response
from starlette.types import Scope

from vidmock.providers.exchange.broken import break_connection
from vidmock.server.request_start import RequestStart

MARK: Final = b"x-vidmock-replica"
"""The header by which replicas know each other, and tell where a request came from."""
GIVE: Final = "give"
"""What is said, with a key, to the replica whose world another one needs."""
ADOPT: Final = "adopt"
"""What is said to the replica that shall have worlds of which nobody has any, by the keys in the body."""
_CONNECT_SECONDS: Final = 2.0
"""Real seconds until another replica takes a connection, or gives up a world."""
_LOOK_SECONDS: Final = 1.0
"""Real seconds between looks whether a replica that has not answered yet still is there."""
_ELSEWHERE: Final = 421
_OF_CONNECTIONS: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"expect", b"upgrade"})


class Unreachable(Exception):
    """The other replica takes no connection: it knows nothing of the request."""


class NotAnswered(Exception):
    """The other replica has ended, or lost the world, before it answered: it may have done what was asked."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer of another replica: *headers* have names in lower case."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def data(self) -> Any:
        """What it says: JSON data, or lines as text."""
        kind = dict(self.headers).get(b"content-type", b"")
        return json.loads(self.body) if kind == b"application/json" else self.body.decode()

    def response(self, said: object = None) -> Response:
        """The same answer; with *said*, as :meth:`data` has it, in place of its own."""
        body = self.body if said is None else (said if isinstance(said, str) else json.dumps(said)).encode()
        named = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        named.pop("content-length", None)
        return Response(body, self.status, named)


class Forwarder:
    """Sends requests to other replicas, which know *secret*: ``async with Forwarder(secret)``."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        timeout = httpx.Timeout(None, connect=_CONNECT_SECONDS)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        self._client = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *ended: object) -> None:
        await self._client.aclose()

    async def ask_for(self, owner: str, key: str) -> str:
        """Have the replica at *owner* give up the world of *key*: returns what it is claimed by; empty: it has it not.

        Raises Unreachable: it does not answer.
        """
        try:
            mark = {MARK.decode(): self._sign({GIVE: key})}
            answer = await self._client.post(owner, headers=mark, timeout=_CONNECT_SECONDS)
        except httpx.HTTPError as error:
            raise Unreachable from error
        return answer.text if answer.is_success else ""

    async def have_adopted(self, owner: str, keys: Sequence[str]) -> None:
        """Have the replica at *owner* take the worlds of *keys*, which nobody has. Raises Unreachable."""
        try:
            answer = await self._client.post(owner, headers={MARK.decode(): self._sign({ADOPT: True})}, json=[*keys])
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Unreachable from error

    async def ask(
        self,
        owner: str,
        scope: Scope,
        method: str,
        target: bytes,
        body: bytes,
        lives: Callable[[str], Awaitable[bool]],
    ) -> Answered:
        """What the replica at *owner* answers to a request like that of *scope*, about the worlds that it has.

        Raises:
            Unreachable, NotAnswered: as :meth:`forward`.
        """
        headers = [pair for pair in scope["headers"] if pair[0] != b"content-length"]
        asked = {**scope, "method": method, "raw_path": target, "query_string": b"", "headers": headers}
        sending = asyncio.ensure_future(self._client.send(self._request(owner, asked, body)))
        try:
            response = await self._answer(sending, None, partial(lives, owner))
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        assert response is not None
        return Answered(response.status_code, _headers(response), response.content)

    @asynccontextmanager
    async def listen(self, owner: str, scope: Scope) -> AsyncIterator[AsyncIterator[str]]:
        """The text of a stream like that of *scope*, of the worlds that the replica at *owner* has.

        Raises Unreachable: it has none for us.
        """
        try:
            response = await self._client.send(self._request(owner, scope, b""), stream=True)
        except httpx.HTTPError as error:
            raise Unreachable from error
        try:
            if not response.is_success:
                raise Unreachable
            yield _text(response)
        finally:
            await response.aclose()

    async def forward(self, owner: str, start: RequestStart, lives: Callable[[], Awaitable[bool]]) -> bool:
        """Have the replica at *owner* answer what begins with *start*; return whether it had the world.

        *lives* says, while no answer comes, whether it is still worth waiting for.

        Raises:
            Unreachable, NotAnswered: the client has been told nothing.
        """
        if start.scope["type"] == "websocket":
            from vidmock.server.forwarded_socket import forward_socket

            await forward_socket(owner, start, {MARK.decode(): self._mark(start.scope)})
            return True
        whole = await start.body()
        start.again()
        request = self._request(owner, start.scope, _rest(start) if whole is None else whole)
        sending = asyncio.ensure_future(self._client.send(request, stream=True))
        gone = asyncio.ensure_future(_gone(start)) if whole is not None else None
        try:
            response = await self._answer(sending, gone, lives)
            if response is None:
                return True
            async with AsyncExitStack() as stack:
                stack.push_async_callback(response.aclose)
                if response.status_code == _ELSEWHERE and whole is not None:
                    return False
                await _pass_back(response, start, gone)
            return True
        finally:
            for task in (sending, gone):
                if task:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)

    async def _answer(
        self,
        sending: asyncio.Future[httpx.Response],
        gone: asyncio.Future[None] | None,
        lives: Callable[[], Awaitable[bool]],
    ) -> httpx.Response | None:
        """The start of the answer; ``None`` where its client has gone."""
        while True:
            waited: set[asyncio.Future[Any]] = {sending, gone} if gone else {sending}
            await asyncio.wait(waited, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                break
            if gone and gone.done():
                return None
            if not await lives():
                raise NotAnswered
        try:
            return sending.result()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable from error
        except httpx.HTTPError as error:
            raise NotAnswered from error

    def _request(self, owner: str, scope: Scope, body: bytes | AsyncIterator[bytes]) -> httpx.Request:
        target = scope["path"].encode("latin-1", "replace") if not scope.get("raw_path") else scope["raw_path"]
        if query := scope["query_string"]:
            target += b"?" + query
        headers = [pair for pair in scope["headers"] if pair[0] not in _OF_CONNECTIONS]
        headers.append((MARK, self._mark(scope).encode("latin-1")))
        url = httpx.URL(owner).copy_with(raw_path=target)
        return httpx.Request(scope["method"], url, headers=headers, content=body)

    def _mark(self, scope: Scope) -> str:
        where: dict[str, Any] = {name: scope.get(name) for name in ("client", "server", "scheme")}
        return self._sign(where)

    def _sign(self, said: Mapping[str, Any]) -> str:
        return f"{self._secret} {json.dumps(said)}"


def _headers(response: httpx.Response) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of *response* that are not about its connection, their names in lower case."""
    named = ((name.lower(), value) for name, value in response.headers.raw)
    return tuple(pair for pair in named if pair[0] not in _OF_CONNECTIONS)


async def _text(response: httpx.Response) -> AsyncIterator[str]:
    """The text of *response* as it comes, until its sender ends."""
    try:
        async for part in response.aiter_text():
            yield part
    except httpx.HTTPError:
        return


async def _rest(start: RequestStart) -> AsyncIterator[bytes]:
    while True:
        message = await start.receive()
        if message["type"] != "http.request":
            raise ConnectionResetError
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


async def _gone(start: RequestStart) -> None:
    """Return once the client has gone; what it has sent is passed over."""
    while (await start.receive())["type"] != "http.disconnect":
        pass


async def _pass_back(response: httpx.Response, start: RequestStart, gone: asyncio.Future[None] | None) -> None:
    headers = _headers(response)
    await start.send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    parts = response.aiter_raw()
    try:
        while True:
            following = asyncio.ensure_future(anext(parts, None))
            waited: set[asyncio.Future[Any]] = {following, gone} if gone else {following}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                return
            part = following.result()
            if part is None:
                break
            await start.send({"type": "http.response.body", "body": part, "more_body": True})
    except httpx.HTTPError:
        await break_connection(start.scope, start.receive)
        return
    await start.send({"type": "http.response.body", "body": b"", "more_body": False})
