"""Sends what costs money, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from vidmock.kit.client import OutcomeUnknown, Refused

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def post_once(send: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer to a request that costs money if it is accepted, and that is never repeated here.

    Returns:
        Any answer in which the provider itself says yes or no, with a JSON body.

    Raises:
        OutcomeUnknown: the answer was lost, or was a gateway's: the job may exist.
        Refused: there was no connection, so that nothing can have been accepted.
    """
    try:
        response = send()
    except NEVER_SENT as error:
        raise Refused(f"the provider cannot be reached: {error}") from error
    except httpx.TransportError as error:
        raise OutcomeUnknown(f"the answer to the submission was lost ({error!r}): the job may exist") from error
    if response.status_code >= 500 or response.status_code == 408 or decoded(response) is None:
        raise OutcomeUnknown(f"the submission was answered {response.status_code} without a verdict: the job may exist")
    return response


def decoded(response: httpx.Response) -> Any:
    """The JSON of a body, or ``None`` where it is none."""
    try:
        return response.json()
    except ValueError:
        return None
