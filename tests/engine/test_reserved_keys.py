"""API keys with a meaning of their own, at every provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from vidmock.engine.faults.reserved_keys import ABOUT, REFUSED_KEY, STANDING

if TYPE_CHECKING:
    from tests.conftest import House, Wire

STATUSES = {
    "runpod": {"vidmock-invalid": 401, "vidmock-no-balance": 402, "vidmock-locked": 403, "vidmock-rate-limited": 429},
    "runware": {"vidmock-invalid": 401, "vidmock-no-balance": 402, "vidmock-locked": 403, "vidmock-rate-limited": 429},
    # As documented: an exhausted balance locks the user.
    "fal": {"vidmock-invalid": 401, "vidmock-no-balance": 403, "vidmock-locked": 403, "vidmock-rate-limited": 429},
    "eachlabs": {"vidmock-invalid": 401, "vidmock-no-balance": 402, "vidmock-locked": 403, "vidmock-rate-limited": 429},
}


def test_every_reserved_key_is_told_of() -> None:
    assert {REFUSED_KEY, *STANDING} == ABOUT.keys()


@pytest.mark.parametrize("key", ABOUT)
def test_a_reserved_key_is_refused_for_its_reason_and_nothing_is_charged(house: House, wire: Wire, key: str) -> None:
    for _ in range(2):
        assert house.post(wire.submit_path, wire.body, key).status_code == STATUSES[wire.name][key]
    assert all(world.ledger.jobs == 0 for world in house.app.engine.worlds)


@pytest.mark.parametrize("key", ABOUT)
def test_a_reserved_key_is_one_like_any_other_where_magic_is_switched_off(
    houses: Callable[..., House], wire: Wire, key: str
) -> None:
    house = houses(magic_inputs=False)
    wire.submit(house, key)
    assert house.world(key).ledger.jobs == 1
