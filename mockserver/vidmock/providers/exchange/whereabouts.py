"""Where a call is: the world of its key, its moment there, and its number among the calls of that world."""

from __future__ import annotations

import math

from starlette.requests import Request

from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.problems import Unauthorized
from vidmock.providers.exchange.keyed_provider import KeyedProvider, known_world, named_world
from vidmock.providers.exchange.renderers import ErrorContext

_LOOKS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""The methods that change nothing: RFC 9110, section 9.2.1. Any page can have a browser send a GET."""


class Whereabouts:
    """Where the call of *request* to *provider* is: nowhere, until it is moved.

    A call that only looks makes no world: by a key that was never used it is in a new one that is not kept, and its
    home is that of calls without a good key. A world in which a fault has struck is kept all the same: it counts the
    strikes.
    """

    def __init__(self, request: Request, provider: KeyedProvider) -> None:
        self.world: World | None = None
        self.now = 0.0
        self._request, self._provider = request, provider
        self._worlds = provider.engine.worlds
        self._home: tuple[World, int] | None = None
        self._visited: World | None = None
        self._looked: World | None = None

    def find(self, key: str | None, until: float = math.inf) -> tuple[World, float]:
        """The world of *key*, and the moment there.

        Raises:
            Unauthorized: no key, a refused one, or one that was valid *until* then on the clock of its world.
        """
        if not key:
            raise Unauthorized(missing=True)
        if not self._worlds.accepts(key):
            raise Unauthorized(missing=False)
        world = self._worlds.known(key)
        if world is None and self._request.method in _LOOKS:
            world = self._visited = self._worlds.visited(key)
        else:
            world = self._worlds.world(key)
        now = world.clock.now()
        if now >= until:
            raise Unauthorized(missing=False)
        return world, now

    def move(self, world: World, now: float) -> None:
        """Be in *world*, whose clock says *now*, and be counted there if it is kept."""
        if world not in (self.world, self._visited):
            self._home = world, world.number_call()
        self.world, self.now = world, now

    def stay(self, world: World, now: float) -> None:
        """Be in *world*, where it is *now*, without being counted there again."""
        self.world, self.now = world, now

    def moment_in(self, world: World) -> float:
        """The moment of the call on the clock of *world*, which need not be the world of the call."""
        return self.now if world is self.world else world.clock.now()

    def home(self) -> tuple[World, int]:
        """The world in whose journal the call is, and its number there. It is counted once."""
        if self._home is None:
            world = known_world(self._provider, self._request) or self._worlds.nobody
            self._home = world, world.number_call()
        return self._home

    @property
    def settings(self) -> Settings:
        """Those of the world of the call, or of the one that its key has; of the server where there is none yet."""
        if self.world:
            return self.world.settings
        if self._looked is None:
            # Not known_world, which reads the clock: a call has one moment.
            found = named_world(self._provider, self._request)
            self._looked = found[0] if found else self._worlds.nobody
        return self._looked.settings

    @property
    def label(self) -> str:
        """A UUID of the call, the same whenever it is asked for."""
        home, number = self.home()
        return home.call_id(number)

    def context(self, task: object) -> ErrorContext:
        """What renderers need to answer a problem of the call, or of one *task* of it."""
        home, _ = self.home()
        about = task if isinstance(task, dict) else {}
        return ErrorContext(self._request, home.choice, self.label, about, home.settings.catalog)

    def keep(self) -> None:
        """Keep the world of the call, if it is there for this call only."""
        if self._visited:
            kept = self._worlds.keep(self._visited)
            self._home, self._visited = (kept, kept.number_call()), None
