"""A thread pool whose futures' time limits, ``future.result(timeout)``, are on the mock's clock."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

SetLimit = Callable[[float, Callable[[], None], Callable[[], None]], Callable[[], None] | None]
"""Has the first function called after so many seconds of the mock's clock, or the second when virtual time ends before.

Returns what cancels that; ``None`` where the real clock is the one that counts."""


class VirtualExecutor:
    """The executor *real*, with ``result(timeout)`` of its futures ended by what *set_limit* has called."""

    def __init__(self, real: concurrent.futures.Executor, set_limit: SetLimit) -> None:
        self._real, self._set_limit = real, set_limit

    def submit(self, /, *call: Any, **named: Any) -> Any:
        """As ``executor.submit``."""
        future = self._real.submit(*call, **named)
        future.result = partial(self._result, future)  # type: ignore[method-assign]  # of this one future only
        return future

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _result(self, future: concurrent.futures.Future[Any], timeout: float | None = None) -> Any:
        over, ended = threading.Event(), threading.Event()

        def lift() -> None:
            ended.set()
            over.set()

        cancel = self._set_limit(timeout, over.set, lift) if timeout is not None and timeout > 0 else None
        if cancel is None:
            return type(future).result(future, timeout)
        future.add_done_callback(lambda _: over.set())
        try:
            # As long as it takes: how long that is for real decides nothing.
            over.wait()
        finally:
            cancel()
        return type(future).result(future, timeout if ended.is_set() else 0)
