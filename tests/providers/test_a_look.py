"""A request that only looks makes no world: any page can have a browser send one, with any key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.providers.test_refusals import all_worlds
from tests.providers.test_routes import SURFACES, filled

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.schema.routes import ProviderRoutes, SurfaceFacts

if TYPE_CHECKING:
    from tests.conftest import House, Wire

HEALTH = "/runpod/v2/kling-video-o1-r2v/health"


@pytest.mark.parametrize(("facts", "surface"), SURFACES)
def test_no_route_of_any_surface_makes_one_for_a_look(
    house: House, facts: ProviderRoutes, surface: SurfaceFacts
) -> None:
    known = all_worlds(house)
    addresses = [surface.prefix, *(f"http://{host}" for host in surface.hosts)]
    paths = {filled(surface, route).removeprefix(surface.prefix) for route in surface.routes} | {"/no/such/path"}
    for url in (address + path for address in addresses for path in sorted(paths)):
        for method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            house.ask(method, url, "a-key-that-was-never-used")
            assert all_worlds(house) == known, (method, url)


def test_a_look_evicts_nobodys_world(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(keep_worlds=2)
    job = wire.submit(house)
    house.advance(3)
    for number in range(5):
        assert house.get(HEALTH, f"stranger {number}").status_code == 200
    assert wire.look(house, job).status_code == 200


def test_what_it_is_told_is_what_a_new_world_would_tell(houses: Callable[..., House]) -> None:
    looked, known = houses(), houses()
    known.world()
    assert looked.get(HEALTH).json() == known.get(HEALTH).json()
    known_job, looked_job = (
        house.post("/eachlabs/v1/prediction", {"model": "kling-o1-video-to-video-reference", "input": {}}).json()
        for house in (known, looked)
    )
    assert looked_job == known_job


def test_it_is_in_the_journal_of_calls_without_a_good_key(house: House) -> None:
    house.get(HEALTH)
    (told,) = house.get("/_vidmock/journal?world=nobody", key=None).json()["exchanges"]
    assert (told["target"], told["status"]) == (HEALTH, 200)
    house.world()
    house.get(HEALTH)
    assert len(house.get("/_vidmock/journal?key=a-key", key=None).json()["exchanges"]) == 1


def test_what_strikes_once_strikes_a_look_once(houses: Callable[..., House]) -> None:
    """So a world is kept where a fault has struck: what it has used up is remembered nowhere else."""
    rule = checked_rule(FaultRule("other", Effect("internal"), times=1))
    house = houses(faults=(rule,))
    assert [house.get(HEALTH).status_code for _ in range(2)] == [500, 200]
    assert [world.key for world in house.app.engine.worlds] == ["a-key"]
    assert [exchange.status for exchange in house.world().journal] == [500, 200]


def test_of_two_worlds_that_are_to_be_kept_for_a_key_the_first_is(house: House) -> None:
    worlds = house.app.engine.worlds
    first, second = worlds.visited("a-key"), worlds.visited("a-key")
    assert first is not second
    assert worlds.keep(first) is first
    assert worlds.keep(second) is first
    assert worlds.visited("a-key") is first
