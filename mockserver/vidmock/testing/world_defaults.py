"""What every new world of a server begins with: a time, faults, and who is told when a request waits for its clock."""

from __future__ import annotations

from collections.abc import Callable

from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.service.engine import Engine
from vidmock.engine.time.clock import Clock
from vidmock.engine.world.world import World


class WorldDefaults:
    """The *clock* whose time and mode new worlds begin with, and the fault *rules*, by id, that they have.

    A world with settings of its own keeps the mode that these name.
    """

    def __init__(self, engine: Engine) -> None:
        self._settings = engine.settings
        self.clock = Clock(engine.settings.clock)
        self.rules: dict[str, FaultRule] = {}
        self._listeners: dict[str | None, Callable[[], None]] = {}
        engine.worlds.on_open(self._greet)

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
        # One that comes from a snapshot has a past, and a time of its own.
        if not (world.journal.seen or world.drawn):
            if world.settings is self._settings:
                world.clock.set_mode(self.clock.mode)
            if world.clock.mode == self.clock.mode:
                world.clock.start(self.clock.now())
        world.clock.on_wait(lambda: self._waits(world.key))
        world.clock.live_by(lambda: not self._listeners.keys().isdisjoint((world.key, None)))
        for rule in self.rules.values():
            world.faults.add(rule)

    def _waits(self, key: str) -> None:
        for listener in (self._listeners.get(key), self._listeners.get(None)):
            if listener:
                listener()
