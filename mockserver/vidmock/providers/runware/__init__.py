"""Runware: one route and one WebSocket, a list of tasks, each of which succeeds or fails on its own."""

from __future__ import annotations

from vidmock.providers.runware.dialect import RunwareDialect

__all__ = ["RunwareDialect"]
