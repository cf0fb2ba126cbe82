"""A request to the control API: which worlds it is about, its query and its body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request

from vidmock import strict_json
from vidmock.engine.service.engine import Engine
from vidmock.engine.world.latest_worlds import AsOf, LatestWorlds
from vidmock.engine.world.seen_text import check_seen
from vidmock.engine.world.world import World
from vidmock.problems import did_you_mean
from vidmock.providers.exchange.envelope import arrival_of, read_body
from vidmock.server.asked_provider import MakeInProcess
from vidmock.server.control.guard import OPTION
from vidmock.server.control.live_feed import LiveFeeds
from vidmock.server.control.refusal import ControlProblem, NotFound
from vidmock.server.control.secrets import mask_key

WORLDS_ELSEWHERE: Final = "vidmock.worlds_elsewhere"
"""In the scope of a request: ids and masked keys of the worlds that other replicas have, where there are several."""


class ControlRequest:
    """The Starlette request *http*, and the engine that it is about, with the feeds that clients read *live*.

    *example* is a request that the same route would grant, to show in errors. *make* makes another application of all
    providers. *certificate* gives the file of the authority to trust, where the server has TLS.
    """

    def __init__(
        self,
        http: Request,
        engine: Engine,
        live: LiveFeeds,
        example: str,
        make: MakeInProcess,
        certificate: Callable[[], Path] | None = None,
    ) -> None:
        self.http, self.engine, self.live, self.example = http, engine, live, example
        self.make, self.certificate = make, certificate
        self._body: Any = None

    @property
    def url(self) -> str:
        """The base URL of the control API, as this client sees it."""
        return f"{arrival_of(self.http.scope).origin}/_vidmock"

    @property
    def reveal(self) -> bool:
        """Whether keys and other secrets are to be shown."""
        return self.flag("secrets")

    def query(self, name: str) -> str:
        """Query parameter *name*; empty where it is not there."""
        return str(self.http.query_params.get(name, ""))

    def flag(self, name: str) -> bool:
        """Whether query parameter *name* is there, and neither empty, 0 nor false."""
        return self.query(name) not in ("", "0", "false")

    def count(self, name: str, default: int) -> int:
        """Query parameter *name*, or *default* where it is not there. Raises ControlProblem where it is no number."""
        text = self.http.query_params.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise ControlProblem(f"{name}={text!r} must be a whole number", where=name)
        return int(text)

    def path(self, name: str) -> str:
        """Path parameter *name*."""
        return str(self.http.path_params[name])

    def number(self, name: str) -> int:
        """Path parameter *name* as a number, written as numbers are; 0 where it is none."""
        text = self.path(name)
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
        return number if str(number) == text else 0

    async def read(self, most: int) -> None:
        """Read the body, if there is one, of *most* bytes. Raises BadJSON, TooLarge, Unavailable, ClientDisconnect."""
        with self.engine.worlds.memory.lease() as room:
            data = await read_body(self.http, room, most)
        # The bodies in a snapshot may be as deep as any body by themselves.
        self._body = strict_json.loads(data, 2 * strict_json.DEEPEST) if data.strip() else None

    def body(self, *members: str) -> Mapping[str, Any]:
        """The body: an object with no member but *members*, where any are named.

        Raises:
            ControlProblem: it is not; the message offers the nearest member.
        """
        if not isinstance(self._body, dict):
            raise ControlProblem("the body must be a JSON object")
        for name in self._body:
            if members and name not in members:
                close = did_you_mean(name, members)
                raise ControlProblem(f"no member {name!r} here.{close} There is {', '.join(members)}", where=name)
        return self._body

    def member(self, name: str, *others: str) -> Any:
        """Member *name* of a body that may have *others* too. Raises ControlProblem where it is missing."""
        body = self.body(name, *others)
        if name not in body:
            raise ControlProblem(f"'{name}' is missing", where=name)
        return body[name]

    @property
    def names_a_world(self) -> bool:
        """Whether the request is about one world: by its key, or by its id."""
        return self.key is not None or bool(self.query("world"))

    def named(self) -> World | None:
        """The world that the request names, if it names one.

        A change makes the world of a key that has none; a look is at one that is not kept. Raises BadRequest: the key
        of a world to be made has control characters.
        """
        registry = self.engine.worlds
        if (key := self.key) is not None:
            if self.http.method not in ("GET", "HEAD"):
                return registry.known(key) or registry.world(check_seen(key, "a key", "key"))
            return registry.visited(key) if key else registry.nobody
        if not (wanted := self.query("world")):
            return None
        if (found := registry.of_id(wanted)) is None:
            raise NotFound(f"there is no world {wanted!r}. {self._listed()}", f"curl '{self.url}/worlds'")
        return found

    def worlds(self) -> Sequence[World]:
        """The world that the request names; or else all that there are."""
        named = self.named()
        return (named,) if named else tuple(self.engine.worlds)

    def newest_worlds(self) -> Iterator[World]:
        """As :meth:`worlds`, the one that was used last first. None may be used meanwhile."""
        named = self.named()
        return iter((named,)) if named else reversed(self.engine.worlds)

    def latest_worlds(self, order: LatestWorlds) -> Iterator[tuple[AsOf, World]]:
        """The world that the request names; or else those in *order*, with their moments there."""
        named = self.named()
        return iter((((inf, 0), named),)) if named else iter(order)

    def world(self) -> World:
        """The one world that the request is about.

        Raises:
            ControlProblem: it names none, and there is none or more than one; the message lists them.
        """
        if named := self.named():
            return named
        # The world without a key is not the one that anybody means, if there is another.
        few = list(islice(reversed(self.engine.worlds), 3))
        worlds = few if len(few) == 1 else [world for world in few if world.key]
        if len(worlds) == 1 and not self._elsewhere:
            return worlds[0]
        method = self.http.method
        option = f"-X {method} {OPTION} " if method != "GET" else ""
        line = f"curl {option}'{self.url}{self.http.scope['path']}?key=YOUR_KEY'"
        raise ControlProblem(
            f"whose world? Name an API key with ?key=, or an id with ?world=. {self._listed()}", hint=line
        )

    @property
    def key(self) -> str | None:
        """The key that the request names, also the empty one; ``None`` where it names none."""
        return self.http.query_params.get("key", self.http.headers.get("x-vidmock-key"))

    @property
    def _elsewhere(self) -> Sequence[tuple[str, str]]:
        found: Sequence[tuple[str, str]] = self.http.scope.get(WORLDS_ELSEWHERE, ())
        return found

    def _listed(self) -> str:
        worlds = [(world.id, mask_key(world.key)) for world in self.engine.worlds if world.key]
        worlds += self._elsewhere
        if not worlds:
            return "No key has been used yet."
        names = ", ".join(f"{name} ({key})" for name, key in worlds[:20])
        more = f" and {len(worlds) - 20} more" if len(worlds) > 20 else ""
        return f"There is {names}{more}."
