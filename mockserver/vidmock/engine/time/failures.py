"""What broke while time passed: it is raised when everything that was due has been done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vidmock.problems import report_defect


class Failures:
    """The errors of things that have to be done all, whichever of them breaks."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Keep what is raised in here for later."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - it is raised later, whatever it is
            self._errors.append(error)

    def raise_first(self) -> None:
        """Raise the first that there is, and print the others."""
        for error in self._errors[1:]:
            report_defect(error)
        if self._errors:
            raise self._errors[0]


@contextmanager
def print_failure() -> Iterator[None]:
    """Print what is raised in here, where nobody is there to be told."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is printed, whatever it is
        report_defect(error)
