"""Waits for the end of a process that is nobody's child here."""

from __future__ import annotations

import os
import select

SECONDS = 60
"""The time limit of a process that is told to end."""


def ends(number: int) -> bool:
    """Whether the process of that id is gone, or will be soon."""
    try:
        descriptor = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    try:
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        return bool(waiting.poll(1000 * SECONDS))
    finally:
        os.close(descriptor)
