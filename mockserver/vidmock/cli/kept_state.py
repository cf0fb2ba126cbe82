"""The option that has a server's state outlive it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vidmock.state.store import StateStore


def add_state_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--state``."""
    parser.add_argument(
        "--state", type=Path, metavar="PATH", help="keep all state in this SQLite file; a restart goes on from it"
    )


def store_of(arguments: argparse.Namespace) -> StateStore | None:
    """What ``--state`` names; ``None`` without it. Raises StateLost: it cannot be opened."""
    if arguments.state is None:
        return None
    from vidmock.state.sqlite_file import SqliteFile

    return SqliteFile(arguments.state)
