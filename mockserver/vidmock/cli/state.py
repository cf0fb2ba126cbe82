"""``vidmock state``: what ``vidmock serve --state`` has kept: looked at, copied out, put in, and made smaller."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from vidmock import strict_json
from vidmock.cli import own_models
from vidmock.cli.actions import add_actions
from vidmock.cli.output import legible, say, say_json
from vidmock.problems import BadJSON, BadRequest

if TYPE_CHECKING:
    from vidmock.engine.webhooks.delivery import Message
    from vidmock.state.kept_worlds import KeptWorld
    from vidmock.state.sqlite_file import SqliteFile

_ACTIONS: Final[Mapping[str, str]] = {
    "show": "the worlds in it, with jobs and money",
    "export": "its worlds as the control API saves them, a line of JSON each, with all secrets",
    "import": "put worlds into it that were exported, or saved by the control API",
    "vacuum": "give the disk back what it does not need",
}
EXAMPLES = (
    "vidmock state show .vidmock",
    "vidmock state export .vidmock -o worlds.jsonl",
    "vidmock state import .vidmock worlds.jsonl --replace",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    made = add_actions(parser, _ACTIONS)
    for one in made.values():
        one.add_argument("path", type=Path, metavar="PATH", help="the file, or its folder, as --state names it")
    made["show"].add_argument("--json", action="store_true", help="print JSON")
    made["export"].add_argument("--world", metavar="ID", help="only this one, by its id or its key")
    made["export"].add_argument("-o", "--output", type=Path, metavar="FILE", help="write to this file")
    made["import"].add_argument("worlds", metavar="FILE", help="JSON or JSON Lines; - for standard input")
    made["import"].add_argument("--replace", action="store_true", help="in place of worlds with the same keys")
    own_models.add_models_option(made["import"])
    own_models.add_any_model_option(made["import"])


def run(arguments: argparse.Namespace) -> int:
    match arguments.action:
        case "show":
            return _show(arguments)
        case "export":
            return _export(arguments)
        case "import":
            return _import(arguments)
        case _:
            return _vacuum(arguments)


@contextlib.contextmanager
def _opened(path: Path, *, make: bool = False) -> Iterator[SqliteFile]:
    """The state at *path*, which is there already unless it is to be made. Raises StateLost."""
    from vidmock.state.sqlite_file import SqliteFile, file_of
    from vidmock.state.store import StateLost

    if not make and not file_of(path).is_file():
        raise StateLost(f"{file_of(path)} is not there. A server makes it: vidmock serve --state {path}")
    file = SqliteFile(path)
    try:
        yield file
    finally:
        file.close()


def _show(arguments: argparse.Namespace) -> int:
    from vidmock.server.control.secrets import mask_key
    from vidmock.state.kept_worlds import kept_worlds

    with _opened(arguments.path) as file:
        size = file.path.stat().st_size
        shown = [
            {
                "id": world.id,
                "key": mask_key(world.key),
                "mode": world.snapshot["clock"]["mode"],
                "now": world.now,
                "jobs": dict(world.states),
                "spent": str(world.totals.spent),
                "refunded": str(world.totals.refunded),
                "uploads": len(world.snapshot["uploads"]),
                "webhooks_to_come": world.webhooks_to_come,
            }
            for world in kept_worlds(file)
        ]
    if arguments.json:
        say_json({"file": str(file.path), "bytes": size, "worlds": shown})
        return 0
    say(f"{file.path}: {size:,} bytes, {len(shown)} {'world' if len(shown) == 1 else 'worlds'}")
    for each in shown:
        jobs: Any = each["jobs"]
        counted = ", ".join(f"{count} {state}" for state, count in jobs.items() if count) or "no jobs"
        said = [counted, f"${each['spent']} spent", f"${each['refunded']} refunded", f"{each['uploads']} uploads"]
        said.append(f"{each['webhooks_to_come']} webhooks to come")
        say(legible(f"{each['id']}  {each['key'] or 'no key'}  {each['mode']}, {each['now']}  {', '.join(said)}"))
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from vidmock.state.kept_worlds import kept_worlds

    with _opened(arguments.path) as file:
        worlds = [world for world in kept_worlds(file) if _is_meant(world, arguments.world)]
    if arguments.world is not None and not worlds:
        raise BadRequest(
            f"there is no world {arguments.world} in {file.path}. To see them: vidmock state show {file.path}"
        )
    lines = "".join(f"{json.dumps(world.snapshot, ensure_ascii=False)}\n" for world in worlds)
    if arguments.output is None:
        sys.stdout.write(lines)
    else:
        arguments.output.touch(mode=0o600)
        arguments.output.write_text(lines, "utf-8")
        say(f"written: {arguments.output}, {len(worlds)} {'world' if len(worlds) == 1 else 'worlds'}")
    return 0


def _is_meant(world: KeptWorld, named: str | None) -> bool:
    return named is None or named in (world.id, world.key)


def _import(arguments: argparse.Namespace) -> int:
    from vidmock.engine.world.settings import Settings
    from vidmock.server.app import App
    from vidmock.state.kept_worlds import put_worlds

    read = sys.stdin.buffer.read() if arguments.worlds == "-" else Path(arguments.worlds).read_bytes()
    snapshots = _snapshots(read, arguments.worlds)
    settings = Settings(catalog=own_models.catalog_of(arguments))

    async def put() -> list[str]:
        with _opened(arguments.path, make=True) as file:
            return put_worlds(App(settings, _send_nothing).engine, file, snapshots, replace=arguments.replace)

    for world_id in asyncio.run(put()):
        say(f"imported: the world {world_id}")
    return 0


async def _send_nothing(message: Message, timeout: float) -> NoReturn:
    """The post of an engine in which no time passes."""
    raise AssertionError(f"a webhook to {message.url} was sent by a command")


def _snapshots(data: bytes, name: str) -> list[Any]:
    """What *data* has: one JSON document, or one a line. Raises BadRequest."""
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    try:
        return [strict_json.loads(data)]
    except BadJSON as error:
        if len(lines) < 2:
            raise BadRequest(f"{name} is no JSON: {error}") from None
    found = []
    for number, line in lines:
        try:
            found.append(strict_json.loads(line))
        except BadJSON as error:
            raise BadRequest(f"{name}, line {number} is no JSON: {error}") from None
    return found


def _vacuum(arguments: argparse.Namespace) -> int:
    with _opened(arguments.path) as file:
        before = file.path.stat().st_size
        file.vacuum()
        say(f"{file.path}: {before:,} bytes before, {file.path.stat().st_size:,} now")
    return 0
