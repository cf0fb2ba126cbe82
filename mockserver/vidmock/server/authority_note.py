"""What was found in the folder of an authority, noted beside it: to find it again takes no cryptography.

Loading that takes longer than all else that a short command does.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vidmock.server.local_names import LOCAL_NAMES
from vidmock.server.state_folder import write_at_once
from vidmock.server.trust_files import trust_files

KEY_FILE: Final = "ca.key"
"""The authority's key, followed by its certificate."""
CERTIFICATE_FILE: Final = "ca.pem"
_NOTE_FILE: Final = "ca.json"
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


def wanted_of(names: Iterable[str]) -> frozenset[str]:
    """What an authority must be permitted that is for *names* and this machine: names, and networks."""
    return frozenset(map(_permission, LOCAL_NAMES.union(names)))


def noted_certificate(names: Iterable[str], folder: Path, now: datetime | None = None) -> Path | None:
    """The certificate in *folder*, if it was found good for *names*, and nothing is to be done *now*; else ``None``."""
    key, certificate = folder / KEY_FILE, folder / CERTIFICATE_FILE
    # Whatever is wrong with the note or a file is found out by reading the files themselves.
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        noted = json.loads((folder / _NOTE_FILE).read_bytes())
        if (
            noted["key"] == _state(key)
            and key.read_bytes().endswith(certificate.read_bytes())
            and wanted_of(names) <= frozenset(noted["permitted"])
            and datetime.fromisoformat(noted["renew"]) > (now or datetime.now(UTC))
            and not trust_files(certificate)
        ):
            return certificate
    return None


def note_authority(folder: Path, permitted: Collection[str], renew: datetime) -> None:
    """Note that the key and certificate in *folder* are good for *permitted* until *renew*.

    Raises:
        OSError: it cannot be written.
    """
    note = {"key": _state(folder / KEY_FILE), "permitted": sorted(permitted), "renew": renew.isoformat()}
    content = json.dumps(note).encode()
    file = folder / _NOTE_FILE
    if not file.exists() or file.read_bytes() != content:
        write_at_once(file, content, 0o600)


def _state(file: Path) -> list[int]:
    """What changes when *file* is written."""
    found = file.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode]


def _permission(name: str) -> str:
    """The name or network that permits *name*."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name.removeprefix("*.")
    alone = f"{address}/{address.max_prefixlen}"
    return next((network for network in _LOOPBACK if address in ipaddress.ip_network(network)), alone)
