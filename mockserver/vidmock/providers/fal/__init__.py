"""fal's queue and synchronous API: the queue accepts anything, and says what was wrong on the result."""

from __future__ import annotations

from vidmock.providers.fal.dialect import FalDialect
from vidmock.providers.fal.jobs import app_id

__all__ = ["FalDialect", "app_id"]
