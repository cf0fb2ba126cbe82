"""Whose time a client lives in: the mock's, its own, which is led there, or real time."""

from __future__ import annotations

import inspect
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from vidmock.kit.client import MakeClient
from vidmock.testing.mock_server import MockServer


def time_of(make: MakeClient, mock: MockServer) -> AbstractContextManager[object]:
    """What has the time of clients that *make* makes pass on the clock of *mock*.

    Those that say ``own_time = True`` sleep by themselves: what they sleep, in their own files and in the providers'
    clients, passes on the mock's clock as well, each time as long as they want: some count their sleeps, and how often
    one looks is judged. All others are given a sleep, and need nothing.
    """
    if not getattr(make, "own_time", False):
        return nullcontext()
    return mock.virtual_time(project=Path(inspect.getfile(make)).parent, leap=False)


def lives_in_real_time(make: MakeClient) -> bool:
    """Whether nobody can move the time of clients that *make* makes: they say ``real_time = True``."""
    return bool(getattr(make, "real_time", False))
