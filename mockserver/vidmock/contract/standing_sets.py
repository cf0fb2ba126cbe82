"""Sets of cases that stay as they are, so that a client does not fail by a case that is younger than its check."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from vidmock import resources
from vidmock.located_file import read_located
from vidmock.problems import BadRequest, did_you_mean


@cache
def requirement_files() -> Mapping[str, Path]:
    """The file of each set, by its name: the month in which it was closed, as ``2026-11``."""
    files = sorted((resources.folder("contracts") / "requirements").glob("*.yaml"))
    return MappingProxyType({file.stem: file for file in files})


def required_cases(name: str) -> frozenset[str]:
    """The ids of the cases in the set *name*.

    Raises:
        BadRequest: there is no such set.
    """
    files = requirement_files()
    if name not in files:
        raise BadRequest(f"no requirements {name!r}.{did_you_mean(name, [*files])} There is {', '.join(files)}")
    return frozenset(read_located(files[name])[0])
