"""Eachlabs' prediction API: invalid input is refused with 400; polls show results and failures."""

from __future__ import annotations

from vidmock.providers.eachlabs.dialect import EachlabsDialect

__all__ = ["EachlabsDialect"]
