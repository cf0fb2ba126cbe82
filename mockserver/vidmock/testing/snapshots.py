"""Saves the world of a scope as plain data, restores it, and copies it for another key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.engine.snapshot.snapshot import load_world, save_world
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest
from vidmock.testing.scope import Scope


def save_scope(scope: Scope) -> dict[str, Any]:
    """The only world of *scope* as data that is JSON.

    Raises:
        BadRequest: there are several, or none.
    """
    return scope.call(lambda: save_world(scope.server.engine, _world_of(scope)))


def restore_scope(scope: Scope, snapshot: Mapping[str, Any]) -> None:
    """Make the world of *scope* what it was when *snapshot* was taken, its clock included.

    Raises:
        BadRequest: it is no snapshot, or it cannot be told which world is meant; nothing is changed.
    """

    def restore() -> None:
        world = _world_of(scope)
        load_world(scope.server.engine, snapshot, world.key, world.settings)

    scope.call(restore)


def fork_scope(scope: Scope, key: str) -> Mapping[str, int]:
    """Copy the world of *scope* for *key*; how many requests each of the others has had before.

    Raises:
        BadRequest: *key* has a world with jobs already, or is empty, or it cannot be told which world is meant.
    """

    def fork() -> Mapping[str, int]:
        engine, world = scope.server.engine, _world_of(scope)
        there = engine.worlds.known(key)
        if not key or there is world or (there is not None and there.jobs):
            raise BadRequest("a fork needs a key that has no jobs yet: close its world first, or take another key")
        before = {other.key: other.journal.seen for other in engine.worlds if other.key != key}
        load_world(engine, save_world(engine, world), key, world.settings)
        return before

    return scope.call(fork)


def _world_of(scope: Scope) -> World:
    worlds = scope.worlds()
    if len(worlds) != 1:
        raise BadRequest(f"which world? There are {len(worlds)}. Name one by its key: mock.world(key)")
    return worlds[0]
