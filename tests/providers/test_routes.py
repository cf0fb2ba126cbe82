"""Every route accepts what its facts say, and nothing else: other methods, other paths, no key, a refused key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route
from tests.behaviour_tables import PAGES
from tests.conftest import RUNPOD
from tests.route_tables import with_routes

from vidmock.providers.exchange.surface import surface as make_surface
from vidmock.schema.behaviours import known_behaviours
from vidmock.schema.catalog import providers
from vidmock.schema.routes import ProviderRoutes, RouteFacts, SurfaceFacts, provider_routes

if TYPE_CHECKING:
    from tests.conftest import House

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
BAD = "vidmock-invalid"
FAL_LINE = "405: Method Not Allowed"
OWN = {"/fal/proxy"}
"""What is vidmock's own: a proxy that fal's users run themselves."""


def _places() -> Iterator[tuple[ProviderRoutes, SurfaceFacts]]:
    for provider in providers():
        facts = provider_routes(provider)
        yield from ((facts, surface) for surface in facts.surfaces)


SURFACES = [pytest.param(facts, surface, id=surface.prefix) for facts, surface in _places()]
ROUTES = [
    pytest.param(surface, route, id=f"{surface.prefix}{route.path}")
    for _, surface in _places()
    for route in surface.routes
    if not route.under
]


def filled(surface: SurfaceFacts, route: RouteFacts) -> str:
    """A path of *route*; RunPod's endpoint and fal's application are there, the rest is not."""
    path = route.path.replace("/v2/{endpoint}", RUNPOD.removeprefix("/runpod"))
    path = path.replace("{endpoint:path}", "fal-ai/kling-video/o1/reference-to-video")
    return surface.prefix + re.sub(r"\{\w+(:path)?\}", "x", path)


def accepted_at(surface: SurfaceFacts, path: str) -> set[str]:
    return {method for route in surface.routes if route.path == path for method in route.methods}


def test_the_surfaces_are_those_of_the_facts(house: House) -> None:
    served = {prefix: surface.hosts for prefix, surface in house.app.surfaces.items() if prefix not in OWN}
    assert served == {surface.prefix: surface.hosts for _, surface in _places()}


@pytest.mark.parametrize(("facts", "surface"), SURFACES)
def test_a_surface_has_the_paths_of_its_facts_and_no_other(
    house: House, facts: ProviderRoutes, surface: SurfaceFacts
) -> None:
    routes = house.app.surfaces[surface.prefix].routes
    assert {route.path for route in routes if isinstance(route, Route)} == {route.path for route in surface.routes}


@pytest.mark.parametrize(("surface", "route"), ROUTES)
def test_a_path_takes_its_methods_and_no_other(house: House, surface: SurfaceFacts, route: RouteFacts) -> None:
    path, accepted = filled(surface, route), accepted_at(surface, route.path)
    for method in METHODS:
        pending = house.begin(method, path)
        if not pending.done():
            house.advance(60)
        answer = house.finish(pending)
        assert (answer.status_code == 405) is (method not in accepted), (method, answer.status_code)
        if answer.status_code == 405 and method != "HEAD":
            if answer.headers["content-type"] == "application/json":
                assert method in answer.text
            else:
                # fal's is a line of text, which names none.
                assert answer.text == FAL_LINE


@pytest.mark.parametrize(("surface", "route"), ROUTES)
@pytest.mark.parametrize(("method", "status"), [(None, 401), ("BREW", None)], ids=["its methods", "another method"])
def test_a_refused_key_is_refused_where_keys_are_looked_at(
    house: House, surface: SurfaceFacts, route: RouteFacts, method: str | None, status: int | None
) -> None:
    checks = provider_routes(surface.prefix.split("/")[1]).checks
    key_first = checks.index("refused_key") < checks.index("method")
    expected = status or (401 if key_first else 405)
    for each in [method] if method else route.methods:
        answer = house.ask(each, filled(surface, route), BAD)
        if route.key in ("needed", "checked"):
            assert answer.status_code == expected
        if route.key == "none":
            assert answer.status_code != 401


@pytest.mark.parametrize(("surface", "route"), ROUTES)
def test_a_missing_key_is_refused_where_one_is_needed(house: House, surface: SurfaceFacts, route: RouteFacts) -> None:
    for method in route.methods:
        answer = house.ask(method, filled(surface, route), None)
        if route.key == "needed":
            assert answer.status_code == 401
        if route.key == "none":
            assert answer.status_code != 401


@pytest.mark.parametrize(("facts", "surface"), SURFACES)
def test_other_paths_are_not_there(house: House, facts: ProviderRoutes, surface: SurfaceFacts) -> None:
    (status,) = (entry.status for entry in facts.otherwise if entry.what == "path")
    first = filled(surface, surface.routes[0])
    for path in ("/no/such/path/at/all", f"/x{first.removeprefix(surface.prefix)}"):
        # An application's paths are whatever it likes, but fal has none of that name.
        method = "POST" if surface.name in ("queue", "run") else "GET"
        answer = house.ask(method, surface.prefix + path)
        assert answer.status_code == status, path


@pytest.mark.parametrize(("surface", "route"), ROUTES)
def test_a_slash_too_many_makes_no_difference(house: House, surface: SurfaceFacts, route: RouteFacts) -> None:
    """fal's package and Eachlabs' clients send one at the end; that the others take it is inferred."""
    path = filled(surface, route)
    plain = house.ask("BREW", path)
    for other in (f"{path}/", "/" + path[1:].replace("/", "//")):
        assert house.ask("BREW", other).status_code == plain.status_code


@pytest.mark.parametrize("provider", providers())
def test_a_route_under_a_switch_is_there_with_it_and_another_without(
    houses: Callable[..., House], provider: str
) -> None:
    switches = {behaviour.name for behaviour in known_behaviours(provider)}
    for surface in provider_routes(provider).surfaces:
        for route in surface.routes:
            if under := route.under:
                assert under.switch in switches
                other = next(each for each in surface.routes if each.name == under.otherwise)
                for house, taken in ((houses(), other), (houses(behaviours={under.switch: under.value}), route)):
                    for method in METHODS:
                        answer = house.ask(method, filled(surface, route))
                        assert (answer.status_code == 405) is (method not in taken.methods)


def test_every_route_has_a_handler_and_every_handler_a_route(house: House) -> None:
    async def handler(call: object) -> None:
        """Never called."""

    with pytest.raises(ValueError, match="routes and handlers of runpod's media differ in file, video"):
        make_surface(house.app.dialects["runpod"], "media", {"video": handler})  # type: ignore[dict-item] # wrong on purpose


@pytest.mark.parametrize("provider", providers())
def test_the_providers_page_lists_its_routes_as_they_are(provider: str) -> None:
    page = (PAGES / f"{provider}.md").read_text("utf-8")
    assert "<!-- begin: routes" in page
    assert with_routes(provider, page) == page, "python -m tests.route_tables writes it anew"
