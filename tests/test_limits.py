"""docs/limits.md has every bound of the program, with the value that it has there."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import pytest

import vidmock
from vidmock.engine.world.settings import Settings

PAGE = (Path(__file__).parents[1] / "docs" / "limits.md").read_text("utf-8")
UNITS = {"": 1, "s": 1, "KiB": 2**10, "MiB": 2**20}
PARTS = ("cli", "engine", "importer", "providers", "schema", "server")
BOUNDED = tuple(f"vidmock.{part}" for part in PARTS)
"""Where what other programs send is worked at; and so are the modules that it reads with."""
NO_BOUNDS: Mapping[str, str] = {
    "sizes": "LINE_SIZE JOB_SIZE WORLD_SIZE DELIVERY_SIZE EXCHANGE_SIZE",
    "moments": "DAY EPOCH FOREVER HOUR UNWATCHED LOOKS_AT_MOST EVENTS_KEEP_ALIVE PARTS",
    "how work is divided": "AT_A_TIME BACKLOG BEHIND_ALL USUAL_DUE",
    "what the program says of itself": "DEFAULT_PORT DEFECT_CODE INTERRUPTED",
    "what a provider's page or observation says, see docs/providers": """
        ANNOUNCED_WITHIN APART IDLE_SECONDS KEEP_ALIVE_SECONDS KEYS_KEPT LOST_SECONDS MOST_IDS MOST_REQUESTS
        LISTED_SECONDS LONGEST_STRETCH MOST_RETRIES PAGE
        RECENT RESUME_SECONDS RUN_RETENTION SCHEMA_SECONDS SHORT_FROM SHORT_RETENTION SIGNED_SECONDS
        STORED_SECONDS STREAM_SECONDS VIDEO_SECONDS WINDOW
    """,
}
"""Numbers that are no bound on what somebody else chooses."""


def rows() -> Iterator[tuple[str, str]]:
    for row in re.findall(r"^\|(.*)\|$", PAGE, re.MULTILINE):
        cells = [cell.strip() for cell in row.split("|")]
        if cells[3].startswith("`"):
            yield cells[3].strip("`"), cells[1]


def constants() -> Iterator[tuple[str, float]]:
    """Each public number of the modules, where it is defined."""
    names = ("vidmock.problems", "vidmock.strict_json", "vidmock.user_files")
    found = (module.name for module in pkgutil.walk_packages(vidmock.__path__, "vidmock."))
    for name in (*names, *(one for one in found if one.startswith(BOUNDED) and not one.endswith("__main__"))):
        module = importlib.import_module(name)
        source = Path(module.__file__ or "").read_text("utf-8")
        for word in re.findall(r"^([A-Z][A-Z0-9_]+)(?:: [^=]+)? = ", source, re.MULTILINE):
            value = getattr(module, word)
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield word, value


def read(value: str) -> float:
    number, _, unit = value.partition(" ")
    return float(number.replace(",", "")) * UNITS[unit]


VALUES = dict(constants()) | {
    field.name: field.default for field in fields(Settings) if field.name.startswith("keep_") or field.name == "memory"
}


@pytest.mark.parametrize(("name", "value"), [*rows()], ids=lambda text: text)
def test_a_limit_on_the_page_is_that_of_the_program(name: str, value: str) -> None:
    assert read(value) == VALUES[name]


def test_every_bound_of_the_program_is_on_the_page() -> None:
    excused = {name for names in NO_BOUNDS.values() for name in names.split()}
    named = [name for name, _ in rows()]
    assert len(named) == len(set(named))
    assert VALUES.keys() - {*named} - excused == set()
    assert excused <= VALUES.keys(), "they are gone"
    assert excused.isdisjoint(named)
