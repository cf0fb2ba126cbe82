"""Connections with sensible timeouts."""

from __future__ import annotations

import ssl
from functools import cache

import httpx

CONNECTION_TIMEOUT = 30.0
"""Seconds for each of connecting, sending and receiving, so that a silent server cannot hold a client up for ever."""


def connection(*, base_url: str = "", headers: dict[str, str] | None = None) -> httpx.Client:
    return httpx.Client(base_url=base_url, headers=headers, timeout=CONNECTION_TIMEOUT, verify=_trust())


@cache
def _trust() -> ssl.SSLContext:
    # Reading the certificates takes longer than anything else that a client does before its first request.
    return httpx.create_ssl_context()
