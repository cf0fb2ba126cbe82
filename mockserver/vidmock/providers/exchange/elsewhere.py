"""URLs that lead away: to a host that is not the provider's, or to a path that only the provider's answer knows.

Both are this server again, which passes on what it is asked for; the journal has the path as it was asked for. So a
client that sends its key to whatever host an answer names is found out, and nothing leaves the machine.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, Literal
from urllib.parse import urlsplit

from vidmock.engine.world.journal import ELSEWHERE
from vidmock.providers.exchange.hosts import FOREIGN_HOST

MOVED: Final = "/moved"
"""The path prefix on the same host."""
_URL: Final = re.compile(r'(?<=")(https?:)//([^"/?#]+)([^"]*)(?=")')
_OTHER_NAME: Final = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}


def lead_elsewhere(text: str, origin: str, hosts: Collection[str], where: Literal["host", "path"]) -> str:
    """JSON *text* with each of this server's URLs, or those of the *hosts* that it stands in for, leading away.

    *origin* is how the client reached this server. Where that name is its only one, another path has to do.
    """

    def led(match: re.Match[str]) -> str:
        url, (scheme, host, path) = match[0], match.groups()
        if host in hosts:
            if where == "path":
                return f"{scheme}//{host}{MOVED}{path}"
            return f"{scheme}//{FOREIGN_HOST}{ELSEWHERE}/{host}{path}"
        if origin.endswith(":") or not f"{url}/".startswith(f"{origin}/"):
            return url
        path = url.removeprefix(origin)
        return f"{origin}{MOVED}{path}" if where == "path" else f"{_other_name(origin)}{ELSEWHERE}{path}"

    return _URL.sub(led, text)


def _other_name(origin: str) -> str:
    """*origin* by another name of this machine, if it has one."""
    parts = urlsplit(origin)
    other = _OTHER_NAME.get(parts.hostname or "")
    return origin.replace(parts.hostname or "", other, 1) if other else origin


def led_back(host: str, path: str, hosts: Collection[str]) -> tuple[str, str]:
    """The host and path that a request to *host* and *path* is passed on to; most stay as they are."""
    if path.startswith(f"{MOVED}/"):
        return host, path.removeprefix(MOVED)
    if not path.startswith(f"{ELSEWHERE}/"):
        return host, path
    first, _, rest = path.removeprefix(f"{ELSEWHERE}/").partition("/")
    return (first, f"/{rest}") if first in hosts else (host, f"/{first}/{rest}")
