"""fal's queue and synchronous API: the queue accepts any input, and the result has the errors of an invalid one."""

from __future__ import annotations

from vidmock.providers.fal.dialect import FalDialect
from vidmock.providers.fal.jobs import app_id

__all__ = ["FalDialect", "app_id"]
