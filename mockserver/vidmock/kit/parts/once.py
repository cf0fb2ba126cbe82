"""Finishes and publishes each job once, whether a poll, a webhook or ten copies of a webhook come first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Lock

from vidmock.kit.client import Result


class Once:
    """The jobs that a client has started, and the results of those that have ended. Several threads may use it."""

    def __init__(self, publish: Callable[[Result], None]) -> None:
        self._publish = publish
        self._locks: dict[str, Lock] = {}
        self._results: dict[str, Result] = {}

    def add(self, job_id: str) -> None:
        """*job_id* was started by this client."""
        self._locks.setdefault(job_id, Lock())

    def result(self, job_id: str, fetch: Callable[[], Result | None]) -> Result | None:
        """The job's result, ``None`` while it runs.

        *fetch* is called, by one thread at a time, until it gives a result, which is then published and kept.

        Raises:
            KeyError: this client did not start the job.
        """
        with self._locks[job_id]:
            if job_id not in self._results:
                result = fetch()
                if result is None:
                    return None
                self._results[job_id] = result
                self._publish(result)
            return self._results[job_id]


class AsyncOnce:
    """As :class:`Once`, for coroutines of one event loop."""

    def __init__(self, publish: Callable[[Result], None]) -> None:
        self._publish = publish
        self._locks: dict[str, asyncio.Lock] = {}
        self._results: dict[str, Result] = {}

    def add(self, job_id: str) -> None:
        """*job_id* was started by this client."""
        self._locks.setdefault(job_id, asyncio.Lock())

    async def result(self, job_id: str, fetch: Callable[[], Awaitable[Result | None]]) -> Result | None:
        """As :meth:`Once.result`."""
        async with self._locks[job_id]:
            if job_id not in self._results:
                result = await fetch()
                if result is None:
                    return None
                self._results[job_id] = result
                self._publish(result)
            return self._results[job_id]
