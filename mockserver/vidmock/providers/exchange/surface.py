"""A surface made from its facts: each path with the handlers of its methods, and what every other method gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from vidmock.problems import WrongMethod
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Dialect, Handler, Render, Surface, answer, refuse
from vidmock.providers.exchange.gate import Visit
from vidmock.providers.exchange.renderers import ChoiceOf
from vidmock.schema.routes import KeyUse, provider_routes

Switch = Callable[[ChoiceOf], bool]
"""Whether the routes that depend on a behaviour are there."""


def surface(
    dialect: Dialect,
    name: str,
    handlers: Mapping[str, Handler],
    middleware: Sequence[Middleware] = (),
    switches: Mapping[str, Switch] | None = None,
    render: Render | None = None,
    base: str = "",
) -> Surface:
    """The surface *name* of the provider's facts, with *handlers* by route.

    *switches* say, by behaviour, whether the routes that depend on it are there. *render* words the problems of this
    surface, where the dialect does not. *base* is as :class:`Surface` has it.

    Raises:
        ValueError: there is a handler for no route, or a route without one.
    """
    facts = provider_routes(dialect.name).surface(name)
    if wrong := handlers.keys() ^ {route.name for route in facts.routes}:
        raise ValueError(f"routes and handlers of {dialect.name}'s {name} differ in {', '.join(sorted(wrong))}")
    paths: dict[str, ServedPath] = {}
    for route in facts.routes:
        path = paths.setdefault(route.path, ServedPath(dialect, {}, render))
        path.routes.update(dict.fromkeys(route.methods, (Visit(route.key), handlers[route.name])))
    served = {path: Route(path, here) for path, here in paths.items()}
    for route in facts.routes:
        if route.under:
            other = next(each.path for each in facts.routes if each.name == route.under.otherwise)
            paths[route.path].depend((switches or {})[route.under.switch], served[other], paths[other])
    keyed = any(route.key in ("needed", "checked") for route in facts.routes)
    key: KeyUse = "checked" if keyed else "none"
    return Surface(facts.prefix, facts.hosts, [*served.values()], middleware, key, render, base, facts.kinds)


@dataclass
class ServedPath:
    """The ASGI application of one path: its *routes* by method.

    It may depend on a switch: unless that is set, a request is for another path.
    """

    dialect: Dialect
    routes: dict[str, tuple[Visit, Handler]]
    render: Render | None = None

    def __post_init__(self) -> None:
        self._unless: tuple[Switch, Route, ServedPath] | None = None

    def depend(self, switch: Switch, route: Route, path: ServedPath) -> None:
        """Be there only with *switch*; without it, requests are for *path*, which is at *route*."""
        self._unless = switch, route, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive, send))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        call = Call(request, self.dialect)
        path = self._meant(call)
        if found := path.routes.get(request.method):
            visit, handler = found
            return await answer(self.dialect, call, visit, handler, self.render)
        # Any of them says how the path uses keys.
        visit, _ = next(iter(path.routes.values()))
        wrong = WrongMethod(request.method, [*path.routes])
        return await refuse(self.dialect, call, visit.key, wrong, self.render)

    def _meant(self, call: Call) -> ServedPath:
        """The path that *call* is for, with its parameters in the request."""
        if self._unless is None:
            return self
        is_set, route, path = self._unless
        if is_set(call.context().choice):
            return self
        scope = call.request.scope
        _, matched = route.matches(scope)
        scope["path_params"] = matched["path_params"]
        return path
