"""Writes exchanges as an HTTP archive, version 1.2 (http://www.softwareishard.com/blog/har-12-spec/)."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote

from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World
from vidmock.providers.exchange.envelope import phrase
from vidmock.providers.exchange.timestamps import iso
from vidmock.server.control import secrets

_BASE = re.compile(r"https?://([\w.~-]+|\[[\da-f:.]+\])(:\d{1,5})?(/[\w.~/-]*)?", re.ASCII | re.IGNORECASE)
_KEPT = "/?:@!$&'()*+,;=%"
_STRAY = re.compile(r"%(?![\da-fA-F]{2})", re.ASCII)


def har_archive(exchanges: Iterable[tuple[World, Exchange]], *, reveal: bool) -> dict[str, Any]:
    """The archive of *exchanges*; keys and the like are hidden, unless they are to be revealed."""
    return {
        "log": {
            "version": "1.2",
            # No part of the package may import the package itself.
            "creator": {"name": "vidmock", "version": sys.modules["vidmock"].__version__},
            "entries": [_entry(world, exchange, reveal) for world, exchange in exchanges],
        }
    }


def _entry(world: World, exchange: Exchange, reveal: bool) -> dict[str, Any]:
    took = round(exchange.took * 1000, 3)
    return {
        "startedDateTime": iso(exchange.at - exchange.took),
        "time": took,
        "request": _request(exchange, reveal),
        "response": _response(exchange, reveal),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "_vidmock": {
            "world": world.id,
            "number": exchange.number,
            "provider": exchange.provider,
            "operation": exchange.operation,
            "jobs": list(exchange.jobs),
            "fault": exchange.fault or None,
        },
    }


def _request(exchange: Exchange, reveal: bool) -> dict[str, Any]:
    headers = _header_pairs(exchange.request_headers)
    named = {name.lower(): value for name, value in headers}
    target = secrets.mask_text(exchange.target, reveal)
    body = secrets.mask_body(exchange.request_body, reveal)
    posted = {"mimeType": named.get("content-type", ""), "text": body.decode(errors="replace")}
    return {
        "method": exchange.method,
        "url": _base(exchange.origin, named.get("host", "")) + _path(target),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _name_value_list(secrets.mask_headers(headers, reveal)),
        "queryString": _name_value_list(parse_qsl(target.partition("?")[2], keep_blank_values=True)),
        **({"postData": posted} if body else {}),
        "headersSize": -1,
        "bodySize": len(exchange.request_body),
    }


def _response(exchange: Exchange, reveal: bool) -> dict[str, Any]:
    headers = _header_pairs(exchange.response_headers)
    named = {name.lower(): value for name, value in headers}
    body = secrets.mask_body(exchange.response_body, reveal)
    content = {"size": len(exchange.response_body), "mimeType": named.get("content-type", "")}
    try:
        text = {"text": body.decode()}
    except UnicodeDecodeError:
        text = {"text": base64.b64encode(body).decode(), "encoding": "base64"}
    return {
        "status": exchange.status,
        "statusText": phrase(exchange.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _name_value_list(secrets.mask_headers(headers, reveal)),
        "content": content | text,
        "redirectURL": secrets.mask_text(named.get("location", ""), reveal),
        "headersSize": -1,
        "bodySize": len(exchange.response_body),
    }


def _base(origin: str, host: str) -> str:
    """The scheme, host and port that the client used; ``localhost`` where what it sent cannot stand in a URL."""
    scheme, _, address = origin.partition(":")
    base = f"{scheme or 'http'}:{address or f'//{host}'}"
    return base if _BASE.fullmatch(base) else f"{scheme if scheme in ('http', 'https') else 'http'}://localhost"


def _path(target: str) -> str:
    """*target* with everything escaped that a URL may not have: clients send what they like."""
    encoded = _STRAY.sub("%25", quote(target.encode("latin-1", "replace"), safe=_KEPT))
    return encoded if encoded.startswith("/") else f"/{encoded}"


def _header_pairs(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _name_value_list(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
