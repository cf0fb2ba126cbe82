"""Sends a request that costs money, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from vidmock.kit.client import OutcomeUnknown, Refused

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""The errors of httpx after which the request has certainly not reached the provider."""


def post_once(send: Callable[[], httpx.Response]) -> httpx.Response:
    """The provider's own JSON answer to a submission, whether it accepts or refuses. *send* is called once.

    Raises:
        OutcomeUnknown: the answer was lost, or came from a gateway: the job may exist.
        Refused: there was no connection, so nothing was accepted.
    """
    with _sending():
        response = send()
    return _verdict(response)


async def post_once_async(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """As :func:`post_once`, for coroutines."""
    with _sending():
        response = await send()
    return _verdict(response)


@contextmanager
def _sending() -> Iterator[None]:
    try:
        yield
    except NEVER_SENT as error:
        raise Refused(f"the provider cannot be reached: {error}") from error
    except httpx.TransportError as error:
        raise OutcomeUnknown(f"the answer to the submission was lost ({error!r}): the job may exist") from error


def _verdict(response: httpx.Response) -> httpx.Response:
    if response.status_code >= 500 or response.status_code == 408 or not isinstance(decoded(response), dict):
        raise OutcomeUnknown(f"HTTP {response.status_code} does not say whether it was accepted: the job may exist")
    return response


def decoded(response: httpx.Response) -> Any:
    """The JSON in a response's body, ``None`` where the body is not JSON."""
    try:
        return response.json()
    except ValueError:
        return None
