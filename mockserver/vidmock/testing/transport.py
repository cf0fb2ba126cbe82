"""httpx without sockets: requests go straight to the application, in the server's loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

import httpx

T = TypeVar("T")


class Submit(Protocol):
    """Begins a coroutine in the server's loop."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> concurrent.futures.Future[T]: ...


class InProcessTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """For ``httpx.Client`` and ``httpx.AsyncClient``; *submit* has a request made where the server is.

    Without *submit* the client is where the server is, and must not block. An answer is whole before it is handed
    over. A broken connection is an ``httpx.ReadError``, a refused one an ``httpx.ConnectError``.
    """

    def __init__(self, app: Any, submit: Submit | None) -> None:
        self._inner, self._submit = httpx.ASGITransport(app), submit

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._submit is None:
            raise RuntimeError("this server runs in the client's own loop: use httpx.AsyncClient, or MockServer")
        request.read()
        return self._submit(self._ask(request)).result()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        if self._submit is None:
            return await self._ask(request)
        return await asyncio.wrap_future(self._submit(self._ask(request)))

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in ("http", "https"):
            # The words of httpx's own transport.
            raise httpx.UnsupportedProtocol(
                "Request URL is missing an 'http://' or 'https://' protocol.", request=request
            )
        try:
            answer = await self._inner.handle_async_request(
                httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
            )
        except ConnectionRefusedError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except ConnectionError as error:
            raise httpx.ReadError(str(error), request=request) from error
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())
