"""An executor for clients in virtual time: what they give its work is patience on the mock's clock."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

SetLimit = Callable[[float, Callable[[], None]], Callable[[], None] | None]
"""Has something called after so many seconds on the mock's clock; what it returns takes that back. ``None`` is returned
where the real clock is the one that counts."""


class VirtualExecutor:
    """*real*, but the time limits of its futures' ``result`` are set by *limit*."""

    def __init__(self, real: concurrent.futures.Executor, limit: SetLimit) -> None:
        self._real, self._limit = real, limit

    def submit(self, /, *call: Any, **named: Any) -> Any:
        """As ``executor.submit``."""
        future = self._real.submit(*call, **named)
        future.result = partial(self._result, future)  # type: ignore[method-assign]  # of this one future only
        return future

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _result(self, future: concurrent.futures.Future[Any], timeout: float | None = None) -> Any:
        over = threading.Event()
        forget = self._limit(timeout, over.set) if timeout is not None and timeout > 0 else None
        if forget is None:
            return type(future).result(future, timeout)
        future.add_done_callback(lambda _: over.set())
        try:
            over.wait(timeout)
        finally:
            forget()
        return type(future).result(future, 0)
