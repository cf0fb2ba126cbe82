"""Requests to the control API about all worlds, of several replicas: all are asked, and one answer is given."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Scope

from vidmock.problems import Problem, report_defect
from vidmock.server.control.app import find_route
from vidmock.server.control.clock import ADVANCE, DUE, advance_by, goes_to_next
from vidmock.server.control.joining import Join, JoinedEvents, Query
from vidmock.server.control.prefix import PREFIX
from vidmock.server.control.refusal import render_problem
from vidmock.server.control.request import WORLDS_ELSEWHERE
from vidmock.server.control.route import ControlRoute
from vidmock.server.forwarding import Answered, Forwarder, NotAnswered, Unreachable
from vidmock.server.gathered_events import GatheredEvents
from vidmock.server.request_start import RequestStart
from vidmock.state.shared_keeper import SharedKeeper
from vidmock.state.store import StateLost

_AGAIN_SECONDS: Final = 0.2
"""Real seconds between tries to have all parts of an answer."""
_TRIES: Final = 100
_NAMED: Final = 20
"""Worlds of another replica that an error names at most."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request for *route*, as it came to this replica; *method* and *path* may be others than it was sent with."""

    scope: Scope
    method: str
    path: str
    query: Query
    body: bytes

    def target(self, query: Query) -> bytes:
        """The request target, with another *query*."""
        path = f"{PREFIX}{self.path}".encode()
        return path + b"?" + urlencode(query).encode() if query else path


class Gathering:
    """Answers in the name of all replicas; *inner* answers for this one."""

    def __init__(self, inner: ASGIApp, keeper: SharedKeeper, forwarder: Forwarder) -> None:
        self._inner, self._keeper, self._forwarder = inner, keeper, forwarder

    async def answer(self, start: RequestStart) -> str | None:
        """Answer what begins with *start*, if it is about all worlds: ``None`` then.

        Else the address of the replica that is to answer; empty where that is this one.

        Raises StateLost.
        """
        scope = start.scope
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        path = scope["path"].removeprefix(PREFIX).rstrip("/")
        route = find_route(scope["method"], path)
        # The empty key is named as well: it has the world of the calls without one.
        named = {"world", "key"} & {*query} or any(name == b"x-vidmock-key" for name, _ in scope["headers"])
        if route is None or not (route.joined or route.only) or named:
            return ""
        if not await self._keeper.others() and not await self._keeper.unowned():
            return ""
        body = await start.body()
        start.again()
        if body is None:
            # No request of all worlds has a long one.
            return ""
        asked = _Asked(scope, scope["method"], path, query, body)
        if route.only:
            return await self._only(asked)
        if isinstance(route.joined, JoinedEvents):
            await GatheredEvents(self._inner, self._keeper, self._forwarder, route.joined, start).answer()
        elif route.joined:
            answer = await self._gather(asked, route, route.joined)
            await answer(scope, start.receive, start.send)
        return None

    async def _only(self, asked: _Asked) -> str:
        """Where the only world is that somebody could mean; else it is for this replica to say that there are more."""
        answers = await self._looks(asked, "/worlds", _NAMED, await self._places())
        if not all(answer.status == 200 for answer in answers.values()):
            return ""
        here = self._keeper.address
        found = [(place, world) for place, answer in answers.items() for world in answer.data()["worlds"]]
        keyed = [(place, world) for place, world in found if world["key"]]
        if len(keyed) == 1 and keyed[0][0] != here:
            return keyed[0][0]
        asked.scope.update({WORLDS_ELSEWHERE: [(world["id"], world["key"]) for place, world in keyed if place != here]})
        return ""

    async def _gather(self, asked: _Asked, route: ControlRoute, join: Join) -> Response:
        """One answer of all replicas to *asked*, for *route*."""
        for _ in range(_TRIES):
            try:
                return await self._once(asked, join)
            except StateLost:
                # It has ended, and its worlds soon are at others; what changes something is not done twice.
                if asked.method != "GET":
                    raise
            except Problem as problem:
                return render_problem(problem, route.curl(f"{_origin(asked.scope)}{PREFIX}{route.path}"))
            except Exception as error:  # noqa: BLE001 - a defect of ours is still answered, and printed
                return render_problem(report_defect(error))
            await asyncio.sleep(_AGAIN_SECONDS)
        raise StateLost("one of the replicas does not answer, so worlds are missing")

    async def _once(self, asked: _Asked, join: Join) -> Response:
        places = await self._places()
        bodies = await self._bodies(asked, places)
        queries = {place: query for place in places if (query := join.ask(asked.query, place)) is not None}
        # Who may not ask, or asks for what nobody can answer, is told so by one, before the others hear of it.
        first, *others = queries or places
        said = await self._answers(asked, {first: queries.get(first, {})}, bodies)
        if not _refused(said[first]):
            said = {**said, **await self._answers(asked, {place: queries[place] for place in others}, bodies)}
        for answer in said.values():
            if _refused(answer):
                return answer.response()
        found = {place: answer for place, answer in said.items() if answer.status < 400}
        if not found:
            return said[first].response()
        parts = {place: answer.data() for place, answer in found.items()}
        return next(iter(found.values())).response(join.join(parts, asked.query))

    async def _places(self) -> Sequence[str]:
        """The addresses of this replica and the others; each world that was nobody's is at one of them.

        Raises StateLost: as :meth:`_answers`.
        """
        here = self._keeper.address
        places = [here, *await self._keeper.others()]
        shares: dict[str, list[str]] = {}
        for number, key in enumerate(await self._keeper.unowned()):
            shares.setdefault(places[number % len(places)], []).append(key)
        for key in shares.pop(here, ()):
            await self._keeper.hold(key)
        for place, keys in shares.items():
            try:
                await self._forwarder.have_adopted(place, keys)
            except Unreachable as error:
                raise StateLost("one of the replicas does not answer, so worlds are missing") from error
        return places

    async def _answers(
        self, asked: _Asked, queries: Mapping[str, Query], bodies: Mapping[str, bytes]
    ) -> Mapping[str, Answered]:
        """By address, the answers of those who are asked with *queries* and *bodies*.

        Raises:
            StateLost: one has ended, and what it has not answered may have been done.
        """

        async def answer(place: str, query: Query) -> Answered:
            if place == self._keeper.address:
                return await self._own(asked, query, bodies[place])
            target = asked.target(query)
            return await self._forwarder.ask(place, asked.scope, asked.method, target, bodies[place], self._lives)

        try:
            answers = await asyncio.gather(*(answer(place, query) for place, query in queries.items()))
        except (Unreachable, NotAnswered) as error:
            raise StateLost(
                "one of the replicas did not answer. What was asked is perhaps done at the others: look, and ask again"
            ) from error
        return dict(zip(queries, answers, strict=True))

    async def _looks(self, asked: _Asked, path: str, limit: int, places: Sequence[str]) -> Mapping[str, Answered]:
        """What those in *places* answer to a look at the list at *path*, by whoever has *asked*. Raises StateLost."""
        look = _Asked(asked.scope, "GET", path, {"limit": str(limit)}, b"")
        return await self._answers(look, dict.fromkeys(places, look.query), dict.fromkeys(places, b""))

    async def _lives(self, place: str) -> bool:
        return place in await self._keeper.others()

    async def _bodies(self, asked: _Asked, places: Sequence[str]) -> Mapping[str, bytes]:
        """What each of *places* is sent. To what is due next in one of all worlds, all go as far as it is away."""
        bodies = dict.fromkeys(places, asked.body)
        if asked.path != ADVANCE or not goes_to_next(asked.body):
            return bodies
        answers = await self._looks(asked, DUE, 1, places)
        due = [
            (one["left"], place) for place, said in answers.items() if said.status == 200 for one in said.data()["due"]
        ]
        if not due:
            return bodies
        left, first = min(due)
        return {place: body if place == first else advance_by(left) for place, body in bodies.items()}

    async def _own(self, asked: _Asked, query: Query, body: bytes) -> Answered:
        """This replica's answer."""
        target = asked.target(query)
        scope = {**asked.scope, "method": asked.method, "path": f"{PREFIX}{asked.path}", "raw_path": target}
        scope["query_string"] = urlencode(query).encode()
        asking = [{"type": "http.request", "body": body, "more_body": False}]
        head: Message = {}
        parts: list[bytes] = []

        async def receive() -> Message:
            if asking:
                return asking.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._inner(scope, receive, send)
        return Answered(head["status"], tuple(head["headers"]), b"".join(parts))


def _origin(scope: Scope) -> str:
    """How the client addresses this server."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return f"{scope['scheme']}://{host}"


def _refused(answer: Answered) -> bool:
    """Whether nobody is to be asked any more; what is not here may be elsewhere."""
    return answer.status >= 400 and answer.status != 404
