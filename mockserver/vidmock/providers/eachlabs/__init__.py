"""Eachlabs' prediction API: invalid input is refused with 400; results and failures are seen when polling."""

from __future__ import annotations

from vidmock.providers.eachlabs.dialect import EachlabsDialect

__all__ = ["EachlabsDialect"]
