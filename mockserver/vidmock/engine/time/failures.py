"""What broke while time passed: it is raised when everything that was due has been done."""

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
    """Print what is raised in here, where nobody is there to be told."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is printed, whatever it is
        report_defect(error)
