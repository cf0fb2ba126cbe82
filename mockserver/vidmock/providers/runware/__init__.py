"""Runware's API: batches of tasks by HTTP or WebSocket, each of which succeeds or fails on its own."""

from __future__ import annotations

from vidmock.providers.runware.dialect import RunwareDialect

__all__ = ["RunwareDialect"]
