"""Limits on the predictions of one key, on which Eachlabs' pages contradict each other in three ways."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vidmock.engine.world.limits import Quota, RateLimit

_NAME = "eachlabs.create"
QUOTAS: Final[Mapping[str, Quota | None]] = MappingProxyType(
    {
        "page": Quota(_NAME, RateLimit(100, 60.0), 10),
        "balance": Quota(_NAME, None, 10),
        "plan": Quota(_NAME, RateLimit(10, 60.0), 2),
        "off": None,
    }
)
"""The quota by the value of the behaviour ``eachlabs.limits``; ``None`` is without a limit."""
