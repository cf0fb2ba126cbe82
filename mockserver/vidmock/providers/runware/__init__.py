"""Runware's API: batches of tasks by HTTP or WebSocket, each of which succeeds or fails on its own."""
