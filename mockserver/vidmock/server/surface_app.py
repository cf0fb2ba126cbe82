"""The application of one surface: it finds the path that a request is for, within what the surface puts around."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from vidmock.problems import Defect, NoRoute
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Dialect, Surface, refuse
from vidmock.server.last_catch import LastCatch


def surface_app(dialect: Dialect, surface: Surface) -> ASGIApp:
    """The application of *surface*. Unknown paths and wrong methods are answered as its provider answers them."""

    def give_up(request: Request, defect: Defect) -> Response:
        return (surface.render or dialect.render)(defect, Call(request, dialect).context())

    # Innermost, so that what it answers passes through the surface's own, as all its answers do.
    app: ASGIApp = LastCatch(_Paths(dialect, surface), give_up)
    for around, args, kwargs in reversed(surface.middleware):
        app = around(app, *args, **kwargs)
    return app


class _Paths:
    """Starlette's router, less the steps that every request would take for the few that need them."""

    def __init__(self, dialect: Dialect, surface: Surface) -> None:
        self._dialect, self._surface = dialect, surface
        self._routes = [route for route in surface.routes if isinstance(route, Route)]
        self._sockets = Router([route for route in surface.routes if not isinstance(route, Route)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        path = scope["path"]
        for route in self._routes:
            if found := route.path_regex.match(path):
                # Parameters are texts: no path of a provider asks for another kind.
                scope["path_params"] = found.groupdict()
                await route.app(scope, receive, send)
                return
        request = Request(scope, receive, send)
        call = Call(request, self._dialect)
        nowhere = NoRoute(request.url.path)
        response = await refuse(self._dialect, call, self._surface.key, nowhere, self._surface.render)
        await response(scope, receive, send)
