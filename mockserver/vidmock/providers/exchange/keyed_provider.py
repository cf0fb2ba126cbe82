"""What a call uses of its provider, and the world of its key."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request

from vidmock.engine.service.engine import Engine
from vidmock.engine.world.world import World
from vidmock.problems import Unauthorized
from vidmock.providers.exchange.envelope import Credential


class KeyedProvider(Protocol):
    """What a call uses of its provider."""

    @property
    def name(self) -> str: ...

    @property
    def engine(self) -> Engine: ...

    def credential(self, request: Request) -> Credential | None:
        """The credential that the request carries, or ``None``. Raises Unauthorized: it cannot be a valid one."""


def named_world(provider: KeyedProvider, request: Request) -> tuple[World, Credential] | None:
    """The world of the key that *request* carries, if the key was used before. It may have expired."""
    try:
        credential = provider.credential(request)
    except Unauthorized:
        return None
    worlds = provider.engine.worlds
    world = worlds.known(credential.key) if credential and worlds.accepts(credential.key) else None
    return (world, credential) if world and credential else None


def known_world(provider: KeyedProvider, request: Request) -> World | None:
    """The world of the key that *request* carries, if the key is valid and was used before; it creates no world."""
    found = named_world(provider, request)
    return found[0] if found and found[0].clock.now() < found[1].until else None
