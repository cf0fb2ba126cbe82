"""State in Redis or Valkey, for several replicas: each world belongs to one of them at a time."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from vidmock.problems import did_you_mean
from vidmock.state.redis_scripts import CLAIM, ORPHANS, OTHERS, RENEW, WORLD, WRITE
from vidmock.state.store import OUTSIDE, ChangeBatch, Claim, KeptPart, PartChange, StateLost
from vidmock.state.world_names import names_of

if TYPE_CHECKING:
    import redis

LEASE_SECONDS: Final = 6.0
"""Real seconds after which the worlds of a replica that is silent are taken over."""
_ANSWER_SECONDS: Final = 2.0
"""Real seconds that Redis has to answer."""
_SCHEMES: Final = ("redis", "rediss", "unix")


class RedisStore:
    """The state in the Redis at *url*. Nobody else may write to that database's keys, which begin with ``vidmock:``.

    Raises:
        StateLost: there is no redis-py, no such Redis, or it is too old; or *url* is none of a Redis.
    """

    def __init__(self, url: str, seconds: float | None = None) -> None:
        self.seconds = seconds or LEASE_SECONDS
        place = _place_of(url)
        self.where = f"the Redis at {place}"
        try:
            import redis
        except ImportError as error:
            raise StateLost("--state redis://… needs redis-py. Try: pip install redis") from error
        self._errors = redis.RedisError
        try:
            self._redis: redis.Redis = redis.Redis.from_url(
                url,
                decode_responses=True,
                socket_timeout=_ANSWER_SECONDS,
                socket_connect_timeout=_ANSWER_SECONDS,
                retry=None,
            )
        except (redis.RedisError, ValueError) as error:
            raise StateLost(f"{place} is no address of a Redis: {error}. Try: redis://127.0.0.1:6379/0") from error
        script = self._redis.register_script
        self._claim, self._renew, self._write, self._orphans = map(script, (CLAIM, RENEW, WRITE, ORPHANS))
        self._world, self._others = script(WORLD), script(OTHERS)
        self._id, self._address = secrets.token_hex(8), ""
        self._tokens: dict[str, int] = {}
        self._batch = self._term = 0
        self._lock = threading.Lock()
        self.secret = self._shared_secret()

    def _shared_secret(self) -> str:
        def share() -> Any:
            self._redis.set("vidmock:secret", secrets.token_hex(16), nx=True)
            return self._redis.get("vidmock:secret")

        try:
            return str(self._run(share))
        except StateLost:
            self.close()
            raise

    @property
    def keeps(self) -> bool:
        """Whether Redis itself writes to a disk all that it is given. Raises StateLost."""
        said: Mapping[str, Any] = self._run(lambda: self._redis.info("persistence"))
        return bool(said.get("aof_enabled"))

    def join(self, address: str) -> None:
        self._address = address
        self.renew()

    def renew(self) -> Collection[str]:
        term: int = self._run(lambda: self._renew(args=[self._id, self._address, int(self.seconds * 1000)]))
        if term == self._term:
            return []
        # Now that the lease is there again nobody takes more of them.
        with self._lock:
            held = dict(self._tokens)
        owners: list[str | None] = self._run(lambda: self._redis.hmget("vidmock:owner", list(held))) if held else []
        # Known only now: if this could not be asked, it is asked again.
        self._term = term
        return [key for (key, token), owner in zip(held.items(), owners, strict=True) if owner != f"{self._id} {token}"]

    def claim(self, key: str, given: str = "") -> Claim:
        token, owner, *kept = self._run(lambda: self._claim(args=[self._id, key, given]))
        if not token:
            return Claim(owner=owner)
        with self._lock:
            self._tokens[key] = token
        return Claim(parts=_parts(*kept))

    def keys(self) -> Collection[str]:
        """The keys that were ever used. Raises StateLost."""
        found: list[str] = self._run(lambda: self._redis.hkeys("vidmock:owner"))
        return found

    def world(self, key: str) -> Sequence[KeptPart]:
        return _parts(*self._run(lambda: self._world(args=[key])))

    def let_go(self, key: str) -> str:
        with self._lock:
            token = self._tokens.pop(key, None)
        return f"{self._id} {token}" if token else ""

    def orphans(self, most: int, *, due: bool = True) -> Sequence[str]:
        found: list[str] = self._run(lambda: self._orphans(args=[most, "due" if due else "all"]))
        return found

    def others(self) -> Sequence[str]:
        found: list[str] = self._run(lambda: self._others(args=[self._id]))
        return sorted(found)

    def find(self, names: Sequence[str]) -> str | None:
        found: list[str | None] = self._run(lambda: self._redis.hmget("vidmock:index", list(names)))
        return next(filter(None, found), None)

    def write(self, batch: ChangeBatch) -> Collection[str]:
        by_key: dict[str, list[PartChange]] = {key: [] for key in batch.closed}
        for change in batch.changes:
            by_key.setdefault(change.key, []).append(change)
        closed = {*batch.closed}
        # What belongs to no key stays with its replica: the calls without a good one, and the clock of new worlds.
        shared = {key: changes for key, changes in by_key.items() if key not in ("", OUTSIDE)}
        if not shared:
            self._run(self._redis.ping)
            return []
        self._batch += 1
        given: list[str | int] = [self._id, self._batch]
        before = {key: self._tokens.get(key, 0) for key in shared}
        for key, changes in shared.items():
            given += [key, before[key], int(key in closed), len(changes)]
            for change in changes:
                given += _change(change)
        tokens: list[int] = self._run(lambda: self._write(args=given))
        with self._lock:
            for key, token in zip(shared, tokens, strict=True):
                if token and not before[key]:
                    self._tokens.setdefault(key, token)
        return [key for key, token in zip(shared, tokens, strict=True) if not token and (shared[key] or before[key])]

    def worlds(self) -> Iterator[tuple[str, Sequence[KeptPart]]]:
        """None: each is loaded when it is claimed."""
        return iter(())

    def close(self) -> None:
        """Let others have the worlds at once."""
        with contextlib.suppress(StateLost):
            self._run(lambda: self._redis.delete(f"vidmock:lease:{self._id}"))
        self._redis.close()

    def _run(self, work: Any) -> Any:
        try:
            return work()
        except (self._errors, OSError) as error:
            why = str(error).rstrip(".")
            raise StateLost(f"the state in {self.where} cannot be kept: {why}") from error


def _place_of(url: str) -> str:
    """Where *url* leads, without its password. Raises StateLost: it is no URL of a Redis."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 6379
    except ValueError as error:
        raise StateLost(f"--state is no address of a Redis: {error}. Try: redis://127.0.0.1:6379/0") from error
    if parts.scheme not in _SCHEMES:
        close = did_you_mean(parts.scheme, _SCHEMES)
        raise StateLost(f"{parts.scheme!r} is no scheme of a Redis.{close} Try: redis://127.0.0.1:6379/0")
    return f"{host}:{port}" if host else parts.path


def _parts(order: Sequence[str], flat: Sequence[str]) -> Sequence[KeptPart]:
    """The parts in their *order*, of *flat*: each field, and then its value."""
    values = dict(zip(flat[::2], flat[1::2], strict=True))
    return tuple(_part(field, values[field]) for field in order)


def _part(field: str, value: str) -> KeptPart:
    part, _, name = field.partition("\n")
    return part, name, value  # type: ignore[return-value]  # it is checked with all else when the world is loaded


def _change(change: PartChange) -> Iterable[str]:
    if change.value is None:
        return change.part, change.name, "drop", "", ""
    return change.part, change.name, "anew" if change.anew else "put", change.value, "\n".join(names_of(change))
