"""URLs that lead away: to a host that is not the provider's, or to a path that only the provider's answer knows.

Both are this server again, which passes on what it is asked for; the journal has the path as it was asked for. So a
client that sends its key to whatever host an answer names is found out, and nothing leaves the machine.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from vidmock.engine.world.journal import ELSEWHERE
from vidmock.providers.exchange.hosts import FOREIGN_HOST

MOVED: Final = "/moved"
"""The path prefix on the same host."""
_URL: Final = re.compile(r'(?<=")https?://[^"/?#]+[^"]*(?=")')
_OTHER_NAME: Final = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Away:
    """Where URLs lead: to another ``host``, to another ``path``, or to *port* of the same host.

    They are this server's, which the client has reached as *origin*, or those of the *hosts* that it stands in for.
    Where no other port is to be had, another host has to do; and where a name is the only one, another path.
    """

    origin: str
    hosts: Collection[str]
    where: str
    port: int | None = None

    def text(self, text: str) -> str:
        """JSON *text* with each of those URLs leading away."""
        return _URL.sub(lambda match: self.url(match[0]), text)

    def url(self, url: str) -> str:
        """*url*, leading away if it is one of those."""
        scheme, _, rest = url.partition("//")
        host = rest.partition("/")[0].partition("?")[0]
        if host in self.hosts:
            path = rest.removeprefix(host)
            if self.where == "path":
                return f"{scheme}//{host}{MOVED}{path}"
            return f"{scheme}//{FOREIGN_HOST}{ELSEWHERE}/{host}{path}"
        if self.origin.endswith(":") or not f"{url}/".startswith(f"{self.origin}/"):
            return url
        path = url.removeprefix(self.origin)
        if self.where == "path":
            return f"{self.origin}{MOVED}{path}"
        return f"{self._other_origin()}{ELSEWHERE}{path}"

    def _other_origin(self) -> str:
        parts = urlsplit(self.origin)
        if self.where == "port" and self.port:
            bare = parts.netloc.removesuffix(f":{parts.port}")
            return self.origin.replace(parts.netloc, f"{bare}:{self.port}", 1)
        name = parts.hostname or ""
        return self.origin.replace(name, _OTHER_NAME.get(name, name), 1)


def leads_away(target: str) -> bool:
    """Whether what is asked for is where a URL led that was led away."""
    return target.startswith((f"{MOVED}/", f"{ELSEWHERE}/"))


def led_back(host: str, path: str, hosts: Collection[str]) -> tuple[str, str]:
    """The host and path that a request to *host* and *path* is passed on to; most stay as they are."""
    if path.startswith(f"{MOVED}/"):
        return host, path.removeprefix(MOVED)
    if not path.startswith(f"{ELSEWHERE}/"):
        return host, path
    first, _, rest = path.removeprefix(f"{ELSEWHERE}/").partition("/")
    return (first, f"/{rest}") if first in hosts else (host, f"/{first}/{rest}")
