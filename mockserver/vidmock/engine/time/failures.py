"""Errors of actions on the clock: raised, or printed, when everything that was due is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from vidmock.problems import report_defect


def raise_first(errors: Sequence[Exception]) -> None:
    """Raise the first of *errors*, if there is one, and print the others."""
    for error in errors[1:]:
        report_defect(error)
    if errors:
        raise errors[0]


@contextmanager
def print_failure() -> Iterator[None]:
    """Print an error that is raised inside, where no caller is left to handle it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is printed, whatever it is
        report_defect(error)
