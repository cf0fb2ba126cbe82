"""The options that have a server's state outlive it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from vidmock.cli.address import parse_base_url

if TYPE_CHECKING:
    from vidmock.state.store import StateStore


def add_state_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--state`` and ``--replica-url``."""
    parser.add_argument(
        "--state",
        metavar="PATH|URL",
        help="keep all state in this SQLite file, or in redis://…; a restart goes on from it",
    )
    parser.add_argument("--replica-url", metavar="URL", help="where others that share redis://… reach this server")


def store_of(arguments: argparse.Namespace) -> StateStore | None:
    """What ``--state`` names; ``None`` without it. Raises StateLost: it cannot be opened."""
    if arguments.state is None:
        return None
    if "://" in arguments.state:
        from vidmock.state.redis_store import RedisStore

        return RedisStore(arguments.state)
    from vidmock.state.sqlite_file import SqliteFile

    return SqliteFile(Path(arguments.state))


def replica_url_of(arguments: argparse.Namespace) -> str:
    """What ``--replica-url`` says; empty without it. Raises BadRequest: it is no URL."""
    return "" if arguments.replica_url is None else parse_base_url(arguments.replica_url, "--replica-url")
