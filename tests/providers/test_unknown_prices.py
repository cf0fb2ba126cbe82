"""A price that nobody knows is counted as unknown, and is in no answer of Runware's, which can do without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.schema.catalog import ModelCatalog

if TYPE_CHECKING:
    from tests.conftest import House

ID = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"
HOOK = "http://receiver.test/hook"


@pytest.fixture
def house(houses: Callable[..., House]) -> House:
    return houses(catalog=ModelCatalog(any_model=True))


def members(value: Any) -> list[str]:
    """The names of all members in *value*."""
    if isinstance(value, dict):
        return [*value, *(name for part in value.values() for name in members(part))]
    return [name for part in value for name in members(part)] if isinstance(value, list) else []


def runware(house: House) -> list[Any]:
    task = {"taskType": "imageInference", "taskUUID": ID, "model": "runware:101@1", "positivePrompt": "a kite"}
    size = {"width": 1152, "height": 1152, "includeCost": True, "numberResults": 2}
    house.post("/runware/v1", [task | size | {"webhookURL": HOOK}])
    house.advance(10)
    return [
        house.post("/runware/v1", [{"taskType": kind, "taskUUID": ID}]).json()["data"]
        for kind in ("getResponse", "getTaskDetails")
    ]


def test_a_cost_that_was_asked_for_and_that_nobody_knows_is_left_out(house: House) -> None:
    answers = [*runware(house), *(json.loads(message.body) for message in house.receiver.messages)]
    assert len(answers) > 1
    for answer in answers:
        named = members(answer)
        if "includeCost" in named:
            named.remove("includeCost")
        assert [name for name in named if "cost" in name.lower()] == []
    check_unpriced(house)


def check_unpriced(house: House) -> None:
    (job,) = house.world().jobs.values()
    assert not job.priced
    (line,) = house.world().ledger.lines()
    assert (line.priced, house.world().ledger.unpriced, house.world().ledger.spent) == (False, 1, Decimal(0))


def test_a_client_of_a_provider_whose_answers_always_have_a_cost_finds_one(house: House) -> None:
    asked = {"model": "somebodys-model", "input": {"prompt": "a kite"}}
    job = house.post("/eachlabs/v1/prediction/", asked).json()["predictionID"]
    house.advance(10)
    assert house.get(f"/eachlabs/v1/prediction/{job}").json()["metrics"]["cost"] == 0
    assert house.get("/eachlabs/v1/executions").json()
    check_unpriced(house)


def test_so_does_one_of_runpod(house: House) -> None:
    base = "/runpod/v2/somebodys-model"
    job = house.post(f"{base}/run", {"input": {"prompt": "a kite"}}).json()["id"]
    house.advance(10)
    assert house.get(f"{base}/status/{job}").json()["output"]["cost"] == 0
    check_unpriced(house)


def test_what_has_made_nothing_costs_nothing_also_where_the_price_is_not_known(house: House) -> None:
    asked = {"model": "somebodys-model", "input": {"prompt": "a kite [[vidmock: fail]]"}}
    job = house.post("/eachlabs/v1/prediction/", asked).json()["predictionID"]
    house.advance(10)
    assert house.get(f"/eachlabs/v1/prediction/{job}").json()["metrics"]["cost"] == 0
