"""``vidmock serve --workers N``: several processes on one port, each key's world at one of them."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vidmock.cli import serving
from vidmock.cli.console import Console
from vidmock.cli.farewell import Farewell
from vidmock.problems import BadRequest

if TYPE_CHECKING:
    from vidmock.cli.supervisor import Seat
    from vidmock.engine.world.settings import Settings
    from vidmock.server.site import Site
    from vidmock.state.store import SharedStore

MOST_WORKERS: Final = 64
"""Processes of one server: more than most machines have cores for."""


@dataclass(frozen=True)
class Shared:
    """What the workers share: each opens its *store* by its name; *ended* has the others take what one had.

    They meet in *folder*, which is gone at the end.
    """

    folder: Path
    store: Callable[[str], SharedStore]
    ended: Callable[[str], None] = lambda name: None


def check_workers(arguments: argparse.Namespace) -> None:
    """Raises BadRequest: *arguments* ask for so many that it makes no sense, or an option does not go with several."""
    if not 1 <= arguments.workers <= MOST_WORKERS:
        raise BadRequest(f"--workers must be 1 to {MOST_WORKERS}, not {arguments.workers}. Try: --workers 2")
    if not hasattr(os, "fork"):
        raise BadRequest(
            "--workers needs Linux or macOS. Leave it out, or begin several servers with --state redis://…"
        )
    if arguments.until_stdin_closes:
        raise BadRequest("--until-stdin-closes is for one process, and --workers are several. Leave one of them out")
    if arguments.replica_url is not None:
        raise BadRequest(
            "--replica-url is for one process, and each of --workers has an address of its own. Leave one of them out"
        )


def run_workers(
    arguments: argparse.Namespace, settings: Settings, places: Sequence[str], greet: Callable[[Site], None]
) -> tuple[int, str]:
    """Run as many as *arguments* ask for, until this process is told to end. A worker ends by SystemExit.

    *greet* is called once they serve. Returns the exit code, and what is said at the end.

    Raises:
        StateLost: what they would share cannot be opened.
    """
    from vidmock.cli.supervisor import Supervisor
    from vidmock.server.site import Site

    with _shared(arguments.state) as shared:
        site = Site(settings, arguments.host, arguments.port, shared.folder)
        # One process makes what all of them have.
        site.certificate()
        say = Console(quiet=arguments.quiet).say
        supervisor = Supervisor(
            arguments.workers, lambda seat: _work(seat, site, arguments, shared, places), say, shared.ended
        )
        code, said = supervisor.run(lambda: greet(site))
        site.listener.close()
    return code, str(Farewell.of_all(said))


@contextmanager
def _shared(state: str | None) -> Iterator[Shared]:
    """What workers share where ``--state`` is *state*: a Redis, a file, or without it a file of this run's own."""
    maker, folder = os.getpid(), Path(tempfile.mkdtemp(prefix="vidmock-"))
    try:
        yield (_by_redis if state and "://" in state else _by_file)(state, folder)
    finally:
        # Not by a worker, unless there is nobody else left to do it.
        if os.getpid() == maker or os.getppid() != maker:
            shutil.rmtree(folder, ignore_errors=True)


def _by_redis(state: str | None, folder: Path) -> Shared:
    from vidmock.state.redis_store import RedisStore

    # What is wrong with the address is told once, and not by each of them.
    RedisStore(str(state)).close()
    return Shared(folder, lambda name: RedisStore(str(state)))


def _by_file(state: str | None, folder: Path) -> Shared:
    from vidmock.state.shared_file import SharedFile, share_file
    from vidmock.state.sqlite_file import file_of
    from vidmock.state.store import StateLost

    path = file_of(Path(state) if state else folder)
    secret = share_file(path)

    def ended(name: str) -> None:
        # Its lease goes as it would have ended it itself; else that is over soon.
        with contextlib.suppress(StateLost):
            SharedFile(path, secret, name).close()

    return Shared(folder, lambda name: SharedFile(path, secret, name, durable=state is not None), ended)


def _work(seat: Seat, site: Site, arguments: argparse.Namespace, shared: Shared, places: Sequence[str]) -> bytes:
    """Be one of the processes at *site*; what is to be said of it at the end."""
    import asyncio
    import signal

    from vidmock.server.server import Server, new_loop

    server = Server(site, Console(quiet=arguments.quiet).say, shared.store(seat.name))

    async def until_stopped() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_reader(seat.life, stop.set)
        try:
            await serving.serve_until(stop, server, places, seat.ready)
        finally:
            loop.remove_reader(seat.life)

    log = None if arguments.quiet else serving.begin_log(server.engine.worlds, sys.stdout, arguments.log_format)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(until_stopped())
    if log:
        log.close()
    return Farewell.of([*server.engine.worlds], server.refused, server.missing).as_json()
