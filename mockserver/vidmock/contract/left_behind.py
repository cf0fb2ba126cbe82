"""Clears away what a client leaves behind, where nobody hears of it."""

from __future__ import annotations

import gc
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from vidmock.contract.watched_thread import LAST_WORDS
from vidmock.testing.virtual_time.rest import ABANDONED


@contextmanager
def unheard() -> Iterator[None]:
    """Silence the warnings of what runs in the block, and of what it leaves behind: a socket that nobody has closed.

    They are a client's own affair, whatever the filters of who runs this. Those are the process's.
    """
    before = {*ABANDONED}
    with warnings.catch_warnings(action="ignore"):
        # What there was before is not looked at again, which would take longer than most runs.
        gc.freeze()
        try:
            yield
        finally:
            for thread in {*ABANDONED} - before:
                # The server is closed by now, and whoever waited for it comes to an end.
                thread.join(LAST_WORDS)
            gc.collect()
            gc.unfreeze()


def let_go(error: BaseException) -> None:
    """Free what the frames of *error*, and of those that it came from, hold."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen.with_traceback(None)
        seen = seen.__cause__ or seen.__context__
