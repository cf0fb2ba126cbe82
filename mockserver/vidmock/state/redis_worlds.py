"""The worlds in a Redis, for a command: looked at wherever they are, and put where no replica has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from vidmock.engine.world.world import world_id
from vidmock.state.redis_store import RedisStore
from vidmock.state.store import ChangeBatch, KeptPart, StateLost


class RedisWorlds:
    """What is kept in the Redis at *url*, while replicas may use it. Raises StateLost, as :class:`RedisStore`."""

    def __init__(self, url: str) -> None:
        self._store = RedisStore(url)
        self.where = self._store.where
        self.size: int | None = None
        """Not told: a Redis has other things, too."""

    def worlds(self) -> Iterator[tuple[str, Sequence[KeptPart]]]:
        for key in sorted(self._store.keys()):
            if parts := self._store.world(key):
                yield key, parts

    def write(self, batch: ChangeBatch) -> Collection[str]:
        """Keep *batch*, whose worlds begin with it. Raises StateLost: a replica has one of them."""
        for key in batch.closed:
            if owner := self._store.claim(key).owner:
                raise StateLost(
                    f"the world {world_id(key)} is at the server {owner}. Stop that, or give it the world: "
                    f"curl -X PUT -H x-vidmock:1 {owner}/_vidmock/worlds/snapshot -d @world.json"
                )
        return self._store.write(batch)

    def world(self, key: str) -> Sequence[KeptPart]:
        return self._store.world(key)

    def close(self) -> None:
        self._store.close()
