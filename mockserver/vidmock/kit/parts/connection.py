"""HTTP connections with a time limit."""

from __future__ import annotations

import ssl
from functools import cache

import httpx

REQUEST_TIMEOUT = 30.0
"""Seconds for each of connecting, sending and receiving, so that no client waits for ever for a silent server."""


def connection(
    *, base_url: str = "", headers: dict[str, str] | None = None, request_timeout: float = REQUEST_TIMEOUT
) -> httpx.Client:
    return httpx.Client(base_url=base_url, headers=headers, timeout=request_timeout, verify=_trust())


def async_connection(
    *, base_url: str = "", headers: dict[str, str] | None = None, request_timeout: float = REQUEST_TIMEOUT
) -> httpx.AsyncClient:
    """As :func:`connection`, for coroutines."""
    return httpx.AsyncClient(base_url=base_url, headers=headers, timeout=request_timeout, verify=_trust())


@cache
def _trust() -> ssl.SSLContext:
    # Reading the certificates is the slowest part of making a client, so they are read once.
    return httpx.create_ssl_context()
