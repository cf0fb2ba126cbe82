"""The ASGI application: finds the provider's API that a request is for, by host or by path prefix."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vidmock.engine.memory import Full
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.webhook_sender import Post, WebhookSender
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.settings import Settings
from vidmock.problems import Defect
from vidmock.providers.exchange.dialect import Dialect, Surface
from vidmock.providers.exchange.elsewhere import led_back
from vidmock.providers.exchange.envelope import Arrival, arrival_of, set_arrival
from vidmock.providers.exchange.hosts import FOREIGN_HOST
from vidmock.server.control import control
from vidmock.server.control.prefix import PREFIX
from vidmock.server.dialects import Dialects, places
from vidmock.server.external_urls import ExternalUrls
from vidmock.server.last_catch import LastCatch
from vidmock.server.not_emulated import ProxyRefusal, not_emulated_app
from vidmock.server.origin import ClientAddress, other_host
from vidmock.server.page_policy import (
    ATTACHMENT,
    CONTROL,
    PAGE_FOLDER,
    STRANGERS,
    own_page_policy,
    policy_of,
    with_policy,
)
from vidmock.server.pages import PageRefusal, asks_for_page, own_names, unasked_page
from vidmock.server.settled_answers import SettledAnswers, Settling, settled_post
from vidmock.server.surface_app import surface_app

_FULL: Mapping[Full, str] = {
    "dropped": "memory is full: the keys that were used longest ago lose their oldest exchanges, finished jobs and "
    "files. --memory MB keeps more; see /_vidmock/memory",
    "refused": "memory is full of jobs and webhooks that have not ended: new ones are refused. --memory MB allows "
    "more; see /_vidmock/memory",
}
_OF_CONTROL, _OF_STRANGERS = policy_of(CONTROL), policy_of(STRANGERS)
_REPEATED = re.compile("//+")


@dataclass(frozen=True, slots=True)
class Addressed:
    """The *dialect* and *surface* that a request is for; or the *control* API; or none of them."""

    dialect: Dialect | None = None
    surface: Surface | None = None
    control: bool = False


class App:
    """All four providers: each surface (one API of a provider) at its own hosts' names, and under its prefix on others.

    Paths are tidied before they are routed: clients join base URLs and paths with one slash too many, or end them
    with one, and the real services accept it. ``engine`` is the engine behind all of them; ``hosts`` are the names that
    are emulated; ``dialects`` are the providers by name. *post* sends webhooks. *refused* is called with each host that
    is asked for and is not emulated, *notice* with a line for whoever runs the server, *missing* with each model
    that is asked for and is not here. *certificate* gives the file of
    the authority to trust, where there is TLS.
    """

    def __init__(
        self,
        settings: Settings,
        post: Post,
        refused: Callable[[str], None] = lambda host: None,
        certificate: Callable[[], Path] | None = None,
        notice: Callable[[str], None] = lambda line: None,
        missing: Callable[[str], None] = lambda model: None,
    ) -> None:
        self.dialects: Mapping[str, Dialect] = Dialects(lambda: self.engine)
        self.engine = Engine(WorldRegistry(settings), WebhookSender(self.dialects, post))
        self._ours = own_names(settings)
        self._allowed, self._refused, self._notice = settings.allow_hosts, refused, notice
        self._missing = missing
        self.engine.worlds.memory.on_full(lambda what: notice(_FULL[what]))
        self._by_host: dict[str, ASGIApp] = {}
        by_prefix: dict[str, ASGIApp] = {}
        for provider in self.dialects:
            for prefix, hosts in places(provider).items():
                app = by_prefix[prefix] = _SurfaceApp(self.dialects, provider, prefix)
                self._by_host.update(dict.fromkeys(hosts, app))
        by_prefix[PREFIX] = control(self.engine, App, certificate)
        self._by_prefix: Mapping[str, ASGIApp] = by_prefix
        # The longest prefix first: /runpod/media is not a path of /runpod.
        longest_first = sorted(map(re.escape, by_prefix), key=len, reverse=True)
        self._prefix = re.compile(f"({'|'.join(longest_first)})(?:/|$)")
        self.hosts = frozenset({*self._by_host, FOREIGN_HOST})
        self._external = ExternalUrls(settings.external_urls, self.hosts)
        self._names = settings.tls_hosts | self._external.names
        self._caught: ASGIApp = LastCatch(self._dispatch, _give_up)

    def addressed(self, scope: Scope) -> Addressed:
        """Whose API *scope* is for."""
        address = ClientAddress.of(scope)
        host, path = led_back(address.hostname, _tidy(scope["path"]), self._by_host)
        app, prefix = self._surface({**scope, "path": path}, host)
        if isinstance(app, _SurfaceApp):
            return Addressed(app.dialect, app.surface)
        return Addressed(control=prefix == PREFIX)

    def wrap(self, around: Callable[[ASGIApp], ASGIApp]) -> None:
        """Answer from now on with what *around* makes of the present way."""
        self._caught = around(self._caught)

    def keep_by(self, keeper: Settling) -> None:
        """Answer, and send webhooks, from now on only once *keeper* has kept what has changed."""
        self.wrap(lambda app: SettledAnswers(app, keeper))
        self.engine.webhooks.post_by(lambda post, world: settled_post(post, keeper, world))

    @property
    def surfaces(self) -> Mapping[str, Surface]:
        """The surfaces of all providers, by prefix."""
        return {surface.prefix: surface for dialect in self.dialects.values() for surface in dialect.surfaces}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            await self._caught(scope, receive, send)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = ClientAddress.of(scope)
        named = address.hostname
        asked = _tidy(scope["path"])
        host, scope["path"] = led_back(named, asked, self._by_host)
        app, prefix = self._surface(scope, host)
        if host == FOREIGN_HOST or (prefix == PREFIX and scope["path"] != asked):
            # Only what a provider's answer led away is led back.
            app, prefix = not_emulated_app, ""
        if named not in self.hosts and prefix != PREFIX and (page := unasked_page(scope, self._ours | {named})):
            app = PageRefusal(page)
        keeps_its_name = named in self.hosts and not self._external.renames(named)
        origin = address.origin(scope, emulated=keeps_its_name, urls=self._external)
        policy = _OF_CONTROL if prefix == PREFIX else _OF_STRANGERS
        if prefix == PREFIX and asks_for_page(scope, scope["path"][len(prefix) :]):
            policy = own_page_policy(
                f"{address.origin(scope, emulated=False, urls=ExternalUrls((), ()))}{PREFIX}{PAGE_FOLDER}"
            )
        came = arrival_of(scope)
        arrival = Arrival(
            origin, self, came.transport, came.port, self._by_host, self._refused, self._notice, policy, self._missing
        )
        set_arrival(scope, arrival)
        scope["path"] = scope["path"][len(prefix) :].rstrip("/") or "/"
        await app(scope, receive, with_policy(send, policy))

    def _surface(self, scope: Scope, host: str) -> tuple[ASGIApp, str]:
        """The app for *scope*, and the prefix that it was found by (empty when it was found by its *host*)."""
        if app := self._by_host.get(host):
            # The URLs that stand for its name are those of all providers on one host, and lead back here.
            found = self._prefix.match(scope["path"]) if self._external.renames(host) else None
            return (self._by_prefix[found[1]], found[1]) if found and found[1] != PREFIX else (app, "")
        if (other := other_host(scope, self._names)) and other not in self.hosts:
            return ProxyRefusal(other, self._allowed), ""
        if found := self._prefix.match(scope["path"]):
            return self._by_prefix[found[1]], found[1]
        return not_emulated_app, ""


def _give_up(request: Request, defect: Defect) -> Response:
    return PlainTextResponse(f"{defect}\n", 500, {**STRANGERS, "content-disposition": ATTACHMENT})


def _tidy(path: str) -> str:
    return _REPEATED.sub("/", path) if "//" in path else path


class _SurfaceApp:
    """The application of the surface at *prefix*, made with the first request: most programs talk to one provider."""

    def __init__(self, dialects: Mapping[str, Dialect], provider: str, prefix: str) -> None:
        self._dialects, self._provider, self._prefix = dialects, provider, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @property
    def dialect(self) -> Dialect:
        return self._dialects[self._provider]

    @cached_property
    def surface(self) -> Surface:
        return next(one for one in self.dialect.surfaces if one.prefix == self._prefix)

    @cached_property
    def _app(self) -> ASGIApp:
        return surface_app(self.dialect, self.surface)
