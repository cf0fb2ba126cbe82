"""The proxy protocol of fal's JavaScript client: one URL passes each call on to the URL in a header."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from vidmock.engine.world.settings import Settings
from vidmock.providers.exchange.envelope import arrival_of
from vidmock.schema.errors import find_error

_REST = "/storage/upload/{}?storage_type=fal-cdn-v3"
_EXACT = frozenset({_REST.format("initiate"), _REST.format("complete-multipart")})
_KEPT = frozenset({b"host", b"user-agent", b"content-length", b"transfer-encoding"})
_DROPPED = ("app", "router", "endpoint", "route")
PROXY_KEY = "vidmock:proxy"
"""The key that the proxy adds if the server has no keys of its own."""


class Proxy:
    """An ASGI application that does what ``@fal-ai/server-proxy`` does with its default list of allowed URLs.

    *places* maps the allowed hosts to the prefixes of their surfaces. The request is passed to the same application at
    this server's origin, so that the URLs in its answer can be used without the proxy, as uploads do.
    """

    def __init__(self, settings: Settings, places: Mapping[str, str]) -> None:
        self._key = min(settings.keys, default=PROXY_KEY)
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        target = self._target(headers.get("x-fal-target-url", ""))
        if target is None:
            refused = find_error("proxy-target", "fal")
            await JSONResponse(refused.message, refused.status)(scope, receive, send)
            return
        path, query = target
        inner = {key: value for key, value in scope.items() if key not in _DROPPED}
        authorization = headers.get("authorization") or f"Key {self._key}"
        passed = [(name, value) for name, value in scope["headers"] if name in _KEPT or _is_fals(name)]
        passed += [
            (b"authorization", authorization.encode("latin-1")),
            (b"accept", b"application/json"),
            (b"content-type", b"application/json"),
        ]
        inner |= {"path": unquote(path), "raw_path": path.encode(), "query_string": query.encode()}
        inner |= {"headers": passed, "path_params": {}}
        app = arrival_of(scope).app
        assert app is not None
        await app(inner, receive, send)

    def _target(self, url: str) -> tuple[str, str] | None:
        """Path and query on this server for *url*, or ``None`` if the URL is not allowed."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        prefix = self._places.get(parts.netloc.lower())
        if prefix is None or parts.scheme not in ("http", "https") or not url.isascii():
            return None
        if parts.netloc.lower() == "rest.fal.ai" and f"{parts.path}?{parts.query}" not in _EXACT:
            return None
        return f"{prefix}{parts.path or '/'}", parts.query


def _is_fals(name: bytes) -> bool:
    return name.startswith(b"x-fal-") and name != b"x-fal-target-url"
