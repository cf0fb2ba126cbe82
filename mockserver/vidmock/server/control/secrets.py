"""Which parts of requests and answers are secret, and what is shown in their place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

HIDDEN = "[hidden]"

_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "x-fal-key",
        "x-vidmock-key",
        "x-webhook-secret",
    }
)
_MEMBERS = frozenset(
    {
        "apiKey",
        "api_key",
        "webhook_secret",
        "webhookSecret",
        "s3Config",
        "fal_jwt_token",
        "fal_key",
        "token",
        "access_token",
        "secretAccessKey",
        "accessKeyId",
    }
)
_QUERY = re.compile(r"([?&](?:fal_jwt_token|fal_key|apiKey|api_key|key|token)=)[^&#\"'\s]+")
_TORN = re.compile(rf'("(?:{"|".join(sorted(_MEMBERS))})"\s*:\s*")[^"]*')
_LONG = 20


def shown_key(key: str) -> str:
    """*key*, cut to its ends where it is long: made-up ones are short, real ones are not."""
    return key if len(key) < _LONG else f"{key[:4]}…{key[-4:]}"


def headers(pairs: Iterable[tuple[str, str]], secrets: bool) -> list[tuple[str, str]]:
    return [(name, value if secrets or name.lower() not in _HEADERS else HIDDEN) for name, value in pairs]


def target(text: str, secrets: bool) -> str:
    """A URL or the path and query of one."""
    return text if secrets else _QUERY.sub(rf"\g<1>{HIDDEN}", text)


def value(data: Any, secrets: bool) -> Any:
    """*data*, plain JSON, with secret members replaced wherever they stand."""
    if secrets:
        return data
    if isinstance(data, dict):
        return {name: HIDDEN if name in _MEMBERS and item else value(item, False) for name, item in data.items()}
    if isinstance(data, list):
        return [value(item, False) for item in data]
    return target(data, False) if isinstance(data, str) else data


def body(data: bytes, secrets: bool) -> bytes:
    """The bytes of a body: as they were, unless there is something to hide in them."""
    if secrets or not data:
        return data
    try:
        parsed = json.loads(data)
    except ValueError:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        return target(_TORN.sub(rf"\g<1>{HIDDEN}", text), False).encode()
    if not isinstance(parsed, dict | list):
        return data
    hidden = value(parsed, False)
    return data if hidden == parsed else json.dumps(hidden, ensure_ascii=False).encode()
