"""Which worlds a request is about, told before anything answers it: by its key, or by what it asks for without one."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.types import Scope

from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.uploads import upload_names
from vidmock.problems import Problem
from vidmock.server.app import Addressed, App
from vidmock.server.request_start import RequestStart
from vidmock.state.shared_keeper import SharedKeeper

_MOST_NAMES: Final = 12
"""Names in a path that are looked up."""
_LONGEST_NAME: Final = 200
"""Characters of one; no id is as long."""


async def world_keys(app: App, keeper: SharedKeeper, scope: Scope, start: RequestStart) -> tuple[str, ...]:
    """The keys of the worlds that the request is about: none, or one; two where one is copied. Raises StateLost."""
    at, worlds = app.addressed(scope), app.engine.worlds
    if at.control:
        return await _of_control(worlds, keeper, scope, start)
    if at.dialect is None:
        return ()
    key = _sent_key(at, worlds, scope) or (
        await _told_key(worlds, scope, start) if at.dialect.name == "runware" else ""
    )
    # A file is where it is, whoever asks for it.
    asks_by_name = at.surface is not None and at.surface.key == "none"
    if (asks_by_name or not key) and (found := await _find(worlds, keeper, scope["path"])):
        return (found,)
    return (key,) if key else ()


def _sent_key(at: Addressed, worlds: WorldRegistry, scope: Scope) -> str:
    """The good key in the head of the request, if there is one."""
    assert at.dialect
    request = Request({**scope, "type": "http"})
    with contextlib.suppress(Problem):
        credential = at.dialect.credential(request)
        if credential and worlds.accepts(credential.key):
            return credential.key
    return ""


async def _told_key(worlds: WorldRegistry, scope: Scope, start: RequestStart) -> str:
    """The good key in Runware's first task, or first message."""
    said = await start.first_frame() if scope["type"] == "websocket" else await start.body()
    tasks = _json(said)
    first = tasks[0] if isinstance(tasks, list) and tasks else tasks
    key = first.get("apiKey") if isinstance(first, Mapping) else None
    return key if isinstance(key, str) and key and worlds.accepts(key) else ""


async def _of_control(
    worlds: WorldRegistry, keeper: SharedKeeper, scope: Scope, start: RequestStart
) -> tuple[str, ...]:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    header = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-vidmock-key"), "")
    key = query.get("key", [header])[0]
    if not key and (world := query.get("world", [""])[0]):
        key = await _find(worlds, keeper, f"world {world}") or ""
    if not key and scope["path"].count("/") > 2:
        # /_vidmock/jobs/ID, but not /_vidmock/health, which is answered whatever becomes of the store.
        key = await _find(worlds, keeper, scope["path"]) or ""
    if scope["method"] not in ("POST", "PUT") or "/worlds" not in scope["path"]:
        return (key,) if key else ()
    # A world is made, restored or copied under a key that the body names.
    said = _json(await start.body())
    named = [said.get("key") if not key else None, said.get("to")] if isinstance(said, Mapping) else []
    return tuple(dict.fromkeys(one for one in (key, *named) if isinstance(one, str) and one))


async def _find(worlds: WorldRegistry, keeper: SharedKeeper, path: str) -> str | None:
    """The key of the world that something in *path* is known in, here or elsewhere."""
    names = [*islice(dict.fromkeys(name for name in upload_names(path) if 0 < len(name) <= _LONGEST_NAME), _MOST_NAMES)]
    for name in names:
        for found in (worlds.find(name), worlds.output(name), worlds.upload(name), worlds.ticket(name)):
            if found:
                return found[0].key
    return await keeper.find(names) if names else None


def _json(said: str | bytes | None) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(said or "")
    return None
