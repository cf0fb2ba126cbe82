"""The host names that a server stands in for: programs are led to it by them, before a provider is loaded."""

from __future__ import annotations

from typing import Final

from vidmock.schema.routes import provider_hosts

FOREIGN_HOST: Final = "elsewhere.test"
"""The host that is no provider's, for clients that are redirected here (RFC 6761: of nobody)."""


def emulated_hosts() -> frozenset[str]:
    """The names of all hosts that a server stands in for."""
    return provider_hosts() | {FOREIGN_HOST}
