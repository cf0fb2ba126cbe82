"""Names for local use: which of them are this machine, what the hosts file says, and whether a name server is asked.

The query itself would leave the machine: a name of one label, or one below ``.internal`` or ``.lan``, that the next
name server does not know is passed on by it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names by which programs on this machine reach the server."""
LOOPBACK: Final = ("127.0.0.1", "::1")
"""What ``localhost`` and all names below it are, without asking anybody (RFC 6761 §6.3)."""
CONTAINER_RESOLVER: Final = "127.0.0.11"
"""Docker's own name server, which knows the containers of a network by name, and is in each of them at this address.

(docs.docker.com/engine/network: "Containers use an embedded DNS server".) It passes on what it does not know.
"""
HOSTS_FILE = (
    Path(os.environ.get("SYSTEMROOT", ""), "System32/drivers/etc/hosts") if os.name == "nt" else Path("/etc/hosts")
)
RESOLVER_FILE = Path("/etc/resolv.conf")
SYSTEM_FILE_BYTES: Final = 16 * 2**20
"""Bytes of either file that are read: lists of what to block can be long."""


def is_loopback_name(host: str) -> bool:
    """Whether *host*, in small letters, is ``localhost`` or below it."""
    return host == "localhost" or host.endswith(".localhost")


async def find_in_hosts_file(host: str) -> tuple[str, ...]:
    """The addresses that the hosts file has for *host*, in small letters."""
    import asyncio

    try:
        state = HOSTS_FILE.stat()
    except OSError:
        return ()
    # Beside the event loop, because the file can be long; it is read again only when it has changed.
    hosts = await asyncio.to_thread(_read_hosts, HOSTS_FILE, state.st_mtime_ns, state.st_size)
    return tuple(hosts.get(host, ()))


def is_resolver_local() -> bool:
    """Whether the only name server of this system is the one that Docker runs for the networks of its containers."""
    try:
        lines = _text(RESOLVER_FILE).splitlines()
    except OSError:
        return False
    servers = {words[1] for line in lines if len(words := line.split()) > 1 and words[0] == "nameserver"}
    return servers == {CONTAINER_RESOLVER}


@lru_cache(maxsize=1)
def _read_hosts(path: Path, changed: int, size: int) -> dict[str, list[str]]:
    """The addresses by name, as *path* has them in the state that was *changed* then and has that *size*."""
    found: dict[str, list[str]] = {}
    try:
        lines = _text(path).splitlines()
    except OSError:
        return found
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            found.setdefault(name.lower(), []).append(address)
    return found


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(SYSTEM_FILE_BYTES).decode("utf-8", "replace")
