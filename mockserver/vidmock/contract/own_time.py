"""Whose time a client lives in: the mock's, its own, which is led there, or real time."""

from __future__ import annotations

import inspect
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from vidmock.contract.tried import Tried
from vidmock.kit.client import MakeClient
from vidmock.testing.mock_server import MockServer
from vidmock.testing.virtual_time.virtual_time import VirtualTime


def time_of(make: MakeClient, mock: MockServer, *, hurried: bool = False) -> AbstractContextManager[object]:
    """What has the time of clients that *make* makes pass on the clock of *mock*.

    Those that say ``own_time = True`` sleep by themselves: what they sleep, in their own files and in the providers'
    clients, passes on the mock's clock as well, each time as long as they want: some count their sleeps, and how often
    one looks is judged. Their transports' time limits are real; where they are *hurried*, the clock stands still until
    those have passed. All others are given a sleep, and need nothing.
    """
    if not getattr(make, "own_time", getattr(_made_from(make), "own_time", False)):
        return nullcontext()
    return exact_time_of(make, mock, hurried=hurried)


def exact_time_of(make: MakeClient, mock: MockServer, *, hurried: bool = False) -> VirtualTime:
    """What lets the time of *mock* pass when all have begun to sleep or to wait that clients made by *make* have begun.

    As long as each of them wants, in the order in which they wake.
    """
    return mock.virtual_time(project=_home_of(_made_from(make)), leap=False, hold=hurried)


def lives_in_real_time(tried: Tried) -> bool:
    """Whether nobody can move the time of what is *tried*, which says ``real_time = True``."""
    return bool(getattr(tried, "real_time", False))


def _made_from(make: Any) -> Any:
    """The class or function that *make* calls."""
    while isinstance(make, partial):
        make = make.func
    return inspect.unwrap(make)


def _home_of(made: Any) -> Path:
    """The folder of the file that has *made*, which may be an object that can be called; else the working folder."""
    for each in (made, type(made)):
        try:
            return Path(inspect.getfile(each)).resolve().parent
        except (TypeError, OSError):
            continue
    return Path.cwd()
