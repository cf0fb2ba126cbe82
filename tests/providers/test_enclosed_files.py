"""A file inside of an answer or a webhook is downloaded with it, and not where that was kept from the client."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.providers.test_runware_socket import Site, sites

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.snapshot import snapshot
from vidmock.schema.catalog import ModelCatalog

if TYPE_CHECKING:
    from tests.conftest import House

    from vidmock.engine.world.world import World

__all__ = ["sites"]
ID = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"
PICTURE: dict[str, Any] = {
    "taskType": "imageInference",
    "taskUUID": ID,
    "model": "runware:101@1",
    "positivePrompt": "a kite over dunes",
    "width": 512,
    "height": 512,
    "outputType": "base64Data",
}
LATER = PICTURE | {"deliveryMethod": "async"}
POLL = {"taskType": "getResponse", "taskUUID": ID}
ARCHIVE = {"taskType": "getTaskDetails", "taskUUID": ID}


def facts(world: World) -> tuple[bool, bool, str]:
    """Whether the job was collected, whether its files were downloaded, and what was paid for those that were not."""
    now = world.clock.now()
    missed = sum((file.amount for file in world.jobs.losses.missed_files(now)), start=0)
    return world.jobs.collected(ID, now), world.jobs.downloaded(ID, now), str(missed)


def at_once(house: House, task: dict[str, Any]) -> Any:
    """The answer to *task* itself, whose picture is made meanwhile."""
    asked = house.begin("POST", "/runware/v1", json=[task])
    house.advance(10)
    return house.finish(asked).json()


@pytest.mark.parametrize("form", ["base64Data", "dataURI"])
def test_the_answer_to_a_task_hands_over_the_picture_in_it(house: House, form: str) -> None:
    (item,) = at_once(house, PICTURE | {"outputType": form})["data"]
    assert f"image{form[0].upper()}{form[1:]}" in item
    assert facts(house.world()) == (True, True, "0")


def test_an_address_in_an_answer_is_not_its_file(house: House) -> None:
    (item,) = at_once(house, PICTURE | {"outputType": "URL"})["data"]
    assert facts(house.world()) == (True, False, "0.0019")
    house.get(item["imageURL"])
    assert facts(house.world()) == (True, True, "0")


def test_a_sound_is_handed_over_as_a_picture_is(houses: Callable[..., House]) -> None:
    house = houses(catalog=ModelCatalog(any_model=True))
    sound = PICTURE | {"taskType": "audioInference", "model": "somebody:else@1", "text": "hello"}
    assert "audioBase64Data" in at_once(house, sound)["data"][0]
    assert facts(house.world())[:2] == (True, True)


def test_a_poll_hands_over_what_is_in_it_and_no_sooner(house: House) -> None:
    house.post("/runware/v1", [LATER])
    house.post("/runware/v1", [POLL])
    house.advance(10)
    assert facts(house.world()) == (False, False, "0.0019")
    (item,) = house.post("/runware/v1", [POLL]).json()["data"]
    assert "imageBase64Data" in item
    assert facts(house.world()) == (True, True, "0")


@pytest.mark.parametrize("effect", ["edge_page", "malformed"])
def test_an_answer_that_is_kept_back_hands_over_nothing(house: House, effect: str) -> None:
    house.world().faults.add(checked_rule(FaultRule("poll", Effect(effect, {}), times=1)))
    house.post("/runware/v1", [LATER])
    house.advance(10)
    house.post("/runware/v1", [POLL])
    assert facts(house.world()) == (False, False, "0.0019")
    house.post("/runware/v1", [POLL])
    assert facts(house.world()) == (True, True, "0")


def test_a_poll_that_does_not_repeat_an_answer_tells_nothing(house: House) -> None:
    house.world().faults.add(checked_rule(FaultRule("after", Effect("edge_page", {}), times=1)))
    asked = house.begin("POST", "/runware/v1", json=[PICTURE])
    house.advance(10)
    assert house.finish(asked).status_code >= 500
    assert house.post("/runware/v1", [POLL]).json() == {"data": []}
    assert facts(house.world()) == (False, False, "0.0019")
    house.post("/runware/v1", [ARCHIVE])
    assert facts(house.world()) == (True, True, "0")


def test_a_webhook_hands_over_its_picture_to_who_accepts_it(house: House) -> None:
    house.receiver.statuses = [500, 200]
    house.post("/runware/v1", [PICTURE | {"webhookURL": "http://127.0.0.1:9/hook"}])
    house.advance(3.1)
    assert b"imageBase64Data" in house.receiver.messages[0].body
    assert facts(house.world()) == (False, False, "0.0019")
    house.advance(60)
    assert facts(house.world()) == (True, True, "0")


def test_a_frame_hands_over_its_picture(sites: Callable[..., Site]) -> None:
    site = sites()
    line = site.line().sign_in()
    line.ask(LATER)
    site.advance(10)
    assert facts(site.server.engine.worlds.world("a-key")) == (False, False, "0.0019")
    assert "imageBase64Data" in line.poll(ID)["data"][0]
    assert facts(site.server.engine.worlds.world("a-key")) == (True, True, "0")


@pytest.mark.parametrize("polled", [False, True], ids=["before", "after"])
def test_a_snapshot_keeps_that_a_file_comes_inside_and_whether_it_has(house: House, polled: bool) -> None:
    house.post("/runware/v1", [LATER])
    house.advance(10)
    if polled:
        house.post("/runware/v1", [POLL])

    async def around() -> None:
        data = json.loads(json.dumps(snapshot.save_world(house.app.engine, house.world())))
        snapshot.load_world(house.app.engine, data)

    house.run(around())
    assert facts(house.world()) == ((True, True, "0") if polled else (False, False, "0.0019"))
    house.post("/runware/v1", [POLL])
    assert facts(house.world()) == (True, True, "0")
