"""``vidmock state``: what ``vidmock serve --state`` has kept: looked at, copied out, put in, and made smaller."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from vidmock import strict_json
from vidmock.cli import own_models
from vidmock.cli.actions import add_actions
from vidmock.cli.output import legible, say, say_json
from vidmock.problems import BadJSON, BadRequest
from vidmock.schema.dollars import dollars

if TYPE_CHECKING:
    from vidmock.engine.webhooks.delivery import Message
    from vidmock.state.kept_worlds import KeptWorld
    from vidmock.state.redis_worlds import RedisWorlds
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
        one.add_argument("path", metavar="PATH|URL", help="the file, its folder, or redis://…, as --state names it")
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
def _opened(place: str, *, make: bool = False) -> Iterator[SqliteFile | RedisWorlds]:
    """The state at *place*; a file is there already unless it is to be made. Raises StateLost."""
    if "://" not in place:
        with _file(Path(place), make=make) as file:
            yield file
        return
    from vidmock.state.redis_worlds import RedisWorlds

    with contextlib.closing(RedisWorlds(place)) as worlds:
        yield worlds


@contextlib.contextmanager
def _file(path: Path, *, make: bool = False) -> Iterator[SqliteFile]:
    from vidmock.state.sqlite_file import SqliteFile, file_of
    from vidmock.state.store import StateLost

    if not make and not file_of(path).is_file():
        raise StateLost(f"{file_of(path)} is not there. A server makes it: vidmock serve --state {path}")
    with contextlib.closing(SqliteFile(path)) as file:
        yield file


def _show(arguments: argparse.Namespace) -> int:
    from vidmock.server.control.secrets import mask_key
    from vidmock.state.kept_worlds import kept_worlds

    with _opened(arguments.path) as store:
        where, size = store.where, store.size
        shown = [
            {
                "id": world.id,
                "key": mask_key(world.key),
                "label": world.snapshot.get("label", ""),
                "mode": world.snapshot["clock"]["mode"],
                "now": world.now,
                "jobs": dict(world.states),
                "spent": str(world.totals.spent),
                "refunded": str(world.totals.refunded),
                "uploads": len(world.snapshot["uploads"]),
                "webhooks_to_come": world.webhooks_to_come,
            }
            for world in kept_worlds(store)
        ]
    if arguments.json:
        say_json({"file": where, "bytes": size, "worlds": shown})
        return 0
    bytes_of_it = "" if size is None else f"{size:,} bytes, "
    say(f"{where}: {bytes_of_it}{len(shown)} {'world' if len(shown) == 1 else 'worlds'}")
    for each in shown:
        jobs: Any = each["jobs"]
        counted = ", ".join(f"{count} {state}" for state, count in jobs.items() if count) or "no jobs"
        said = [counted, *_money(each), f"{each['uploads']} uploads"]
        said.append(f"{each['webhooks_to_come']} webhooks to come")
        label = f" ({each['label']})" if each["label"] else ""
        say(
            legible(f"{each['id']}  {each['key'] or 'no key'}{label}  {each['mode']}, {each['now']}  {', '.join(said)}")
        )
    return 0


def _money(world: Mapping[str, Any]) -> tuple[str, str]:
    return (f"{dollars(Decimal(world['spent']))} spent", f"{dollars(Decimal(world['refunded']))} refunded")


def _export(arguments: argparse.Namespace) -> int:
    from vidmock.state.kept_worlds import kept_worlds

    with _opened(arguments.path) as store:
        where, worlds = store.where, [world for world in kept_worlds(store) if _is_meant(world, arguments.world)]
    if arguments.world is not None and not worlds:
        raise BadRequest(
            f"there is no world {arguments.world} in {where}. To see them: vidmock state show {arguments.path}"
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
        with _opened(arguments.path, make=True) as store:
            return put_worlds(App(settings, _send_nothing).engine, store, snapshots, replace=arguments.replace)

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
    if "://" in arguments.path:
        raise BadRequest("a Redis gives back by itself what it does not need. Try: vidmock state show REDIS")
    with _file(Path(arguments.path)) as file:
        before = file.size
        file.vacuum()
        say(f"{file.where}: {before:,} bytes before, {file.size:,} now")
    return 0
