"""What every new world of a server begins with: faults, and who is told when a request waits for its clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.service.engine import Engine
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World


class WorldDefaults:
    """The fault *rules*, by id, that new worlds have, and who is told of those that wait."""

    def __init__(self, engine: Engine) -> None:
        self.rules: dict[str, FaultRule] = {}
        self._listeners: dict[str | None, Callable[[], None]] = {}
        self._worlds = engine.worlds
        engine.worlds.on_open(self._greet)

    def open(self, key: str, settings: Settings) -> Mapping[str, int]:
        """Open a new world of *key*, in the server's loop; how many requests each of the others has had before."""
        before = {world.key: world.journal.seen for world in self._worlds if world.key != key}
        self._worlds.open(self._worlds.new_world(key, settings))
        return before

    def listen(self, key: str | None, listener: Callable[[], None] | None) -> None:
        """Have *listener* called whenever a request begins to wait for the clock of the world of *key*.

        Without *key*, of any world; without *listener*, no longer.

        Raises:
            RuntimeError: another one is called for that already.
        """
        if listener is None:
            self._listeners.pop(key, None)
        elif self._listeners.setdefault(key, listener) is not listener:
            raise RuntimeError(
                "these clients live in virtual time already: the fixture vidmock begins it. "
                "@pytest.mark.vidmock(leap=False) changes it, and with virtual=False it is yours to begin"
            )

    def _greet(self, world: World) -> None:
        world.clock.on_wait(lambda: self._waits(world.key))
        world.clock.live_by(lambda: not self._listeners.keys().isdisjoint((world.key, None)))
        # One that comes from a snapshot has its rules, and how often each has struck.
        for rule in self.rules.values():
            if rule.id not in world.faults:
                world.faults.add(rule)

    def _waits(self, key: str) -> None:
        for listener in (self._listeners.get(key), self._listeners.get(None)):
            if listener:
                listener()
