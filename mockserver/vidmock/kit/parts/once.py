"""Finishes each job once, whoever comes first: a poll, a webhook, or ten copies of a webhook."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from vidmock.kit.client import Result


class Once:
    """The jobs that this client started, and the results of those that ended."""

    def __init__(self, publish: Callable[[Result], None]) -> None:
        self._publish = publish
        self._locks: dict[str, Lock] = {}
        self._results: dict[str, Result] = {}

    def open(self, job_id: str) -> None:
        """From now on *job_id* is ours."""
        self._locks.setdefault(job_id, Lock())

    def settle(self, job_id: str, finish: Callable[[], Result | None]) -> Result | None:
        """The job's result; *finish* is asked for it, one caller at a time, until there is one.

        Raises:
            KeyError: the job is not ours.
        """
        with self._locks[job_id]:
            if job_id not in self._results:
                result = finish()
                if result is None:
                    return None
                self._results[job_id] = result
                self._publish(result)
            return self._results[job_id]
