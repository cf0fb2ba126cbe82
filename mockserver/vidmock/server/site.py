"""Where a server is, and for which names: known, and open to clients, before anything that serves them is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vidmock.engine.world.settings import Settings
from vidmock.providers.exchange.hosts import emulated_hosts
from vidmock.server.local_names import LOCAL_NAMES
from vidmock.server.port import bind
from vidmock.server.tls import ServerCertificate

_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - bound only if asked to
"""How this machine reaches a server that listens on all addresses."""


class Site:
    """A server's address: *listener* is its socket, where clients wait until it is served; *hosts* are emulated.

    One that is *shared* is served by several processes, which have it from the one that made it. They meet in that
    folder.

    Raises:
        PortTaken: the port is in use.
    """

    def __init__(self, settings: Settings, host: str = "127.0.0.1", port: int = 0, shared: Path | None = None) -> None:
        self.settings, self.shared = settings, shared
        self.hosts = emulated_hosts()
        self.tls = ServerCertificate((self.hosts | settings.tls_hosts | LOCAL_NAMES | {host}) - _LOOPBACK.keys())
        self.listener = bind(host, port)
        self._named = _LOOPBACK.get(host, host)
        self.url: Final = self.url_at(self.listener.getsockname()[1])
        """``http://host:port``, reachable from this machine."""

    def url_at(self, port: int) -> str:
        """``http://host:port`` for another *port* of the same host."""
        return f"http://{f'[{self._named}]' if ':' in self._named else self._named}:{port}"

    def certificate(self) -> Path:
        """The file of the authority that clients must trust for TLS; created now, if nobody needed it before.

        Raises:
            NoStateFolder: there is no folder to keep it in.
        """
        return self.tls.file()
