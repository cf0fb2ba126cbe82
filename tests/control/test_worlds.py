"""Worlds by the control API: chosen, made, emptied, saved, brought back, split; and apart from each other."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import ORIGIN, WIRES, House

from vidmock.engine.world.label import LONGEST_LABEL

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control


def test_without_any_world_the_way_to_name_one_is_said(control: Control) -> None:
    status, error = control.refused("POST", "/faults", {"effect": "internal"})
    assert status == 400
    assert "No key has been used yet" in error["error"]
    assert error["try"] == "curl -X POST -H x-vidmock:1 'http://mock.test/_vidmock/faults?key=YOUR_KEY'"


def test_the_only_world_needs_no_name_and_one_of_two_does(control: Control, wires: tuple[Wire, ...]) -> None:
    control.house.post(wires[0].submit_path, wires[0].body, None)
    wires[0].submit(control.house, "one")
    assert control.do("POST", "/faults", {"effect": "internal"})
    two = control.do("POST", "/worlds", {"key": "two"})
    status, error = control.refused("POST", "/faults", {"effect": "internal"})
    assert status == 400
    assert "(one)" in error["error"]
    assert "(two)" in error["error"]
    assert control.do("POST", f"/faults?world={two['id']}", {"effect": "internal"})["world"] == two["id"]
    assert control.do("POST", "/faults", {"effect": "internal"}, headers={"x-vidmock-key": "two"})["world"] == two["id"]
    assert control.refused("GET", "/jobs?world=stranger")[0] == 404


def test_a_world_is_made_once(control: Control) -> None:
    assert control.ask("POST", "/worlds", {"key": "mine"}).status_code == 201
    assert control.ask("POST", "/worlds", {"key": "mine"}).status_code == 200
    assert control.refused("POST", "/worlds", {"key": ""})[1]["where"] == "key"


def test_a_label_is_shown_and_stays_with_its_key_and_in_copies(control: Control, wire: Wire) -> None:
    label = "tests/test_app.py::test_a[<b>é]"
    assert control.do("POST", "/worlds", {"key": "mine"})["label"] == ""
    assert control.do("POST", "/worlds", {"key": "mine", "label": label})["label"] == label
    wire.submit(control.house, "mine")
    assert control.do("POST", "/worlds", {"key": "mine"})["label"] == label
    assert control.do("POST", "/worlds/fork?key=mine", {"to": "other"})["label"] == label
    saved = control.do("GET", "/worlds/snapshot?key=mine")
    (fresh,) = control.do("POST", "/worlds/reset?key=mine")["worlds"]
    assert (fresh["label"], fresh["jobs"]) == (label, {})
    control.do("POST", "/worlds", {"key": "mine", "label": ""})
    assert control.do("PUT", "/worlds/snapshot", saved)["label"] == label
    # Those that were saved before there were labels have none.
    del saved["label"]
    assert control.do("PUT", "/worlds/snapshot", saved)["label"] == ""


def test_a_label_is_a_short_text(control: Control) -> None:
    for wrong, said in ((7, "must be a string"), ("x" * (LONGEST_LABEL + 1), "300 characters at most, not 301")):
        status, error = control.refused("POST", "/worlds", {"key": "mine", "label": wrong})
        assert (status, error["where"]) == (400, "label")
        assert said in error["error"]
    assert control.get("/worlds")["worlds"] == []
    saved = control.do("POST", "/worlds", {"key": "mine"}) and control.do("GET", "/worlds/snapshot?key=mine")
    refused = control.refused("PUT", "/worlds/snapshot", saved | {"label": "x" * 301})[1]
    assert "300 characters" in refused["error"]


UNSEEN = {"a\0b": "2 is '\\x00'", "two\nlines": "4 is '\\n'", "\x7f": "1", "\x9b31m": "1", "a\u2028b": "2"}


@pytest.mark.parametrize("text", UNSEEN)
def test_what_somebody_calls_a_world_or_its_key_can_be_seen(control: Control, text: str) -> None:
    """In all members that are kept and shown; *where* names the one that is wrong."""
    wrong: dict[str, tuple[str, str, dict[str, str]]] = {
        "label": ("POST", "/worlds", {"key": "mine", "label": text}),
        "key": ("POST", "/worlds", {"key": text}),
        "to": ("POST", "/worlds/fork", {"to": text}),
    }
    for member, (method, path, body) in wrong.items():
        status, error = control.refused(method, f"{path}?key=mine" if member == "to" else path, body)
        assert (status, error["where"]) == (400, member)
        assert f"must be one line of text without control characters; character {UNSEEN[text]}" in error["error"]
    saved = control.do("POST", "/worlds", {"key": "kept"}) and control.do("GET", "/worlds/snapshot?key=kept")
    assert control.refused("PUT", "/worlds/snapshot", saved | {"label": text})[1]["where"] == "label"
    named = f"/faults?key={quote(text)}"
    assert control.refused("POST", named, {"effect": "internal"})[1]["where"] == "key"
    assert control.get(named)["faults"] == []
    assert {world["label"] for world in control.get("/worlds")["worlds"]} == {""}


def test_other_scripts_and_spaces_are_seen(control: Control) -> None:
    for label in ("Прогон é 試験 👩‍🚀", "with a\u00a0space", "tab-free [a-1]"):
        assert control.do("POST", "/worlds", {"key": "ключ", "label": label})["label"] == label


def test_a_reset_world_is_as_new_and_others_stay(control: Control, wire: Wire) -> None:
    mine, yours = wire.submit(control.house, "mine", "http://receiver.test/"), wire.submit(control.house, "yours")
    control.do("POST", "/faults?key=mine", {"effect": "internal"})
    first = control.house.get("/_vidmock/journal?key=mine", None).json()
    (fresh,) = control.do("POST", "/worlds/reset?key=mine")["worlds"]
    assert (fresh["jobs"], fresh["requests"], fresh["faults"], fresh["spent"]) == ({}, 0, 0, "0")
    control.do("POST", "/clock/run-until-idle")
    assert control.house.receiver.messages == []
    assert control.get(f"/jobs/{yours}")["state"] == "succeeded"
    assert control.house.app.engine.worlds.find(mine) is None
    again = wire.submit(control.house, "mine")
    assert again == mine or wire.name == "runware"
    assert len(first["exchanges"]) == 1


def test_a_reset_costs_no_more_after_a_long_past(controls: Callable[..., Control], wires: tuple[Wire, ...]) -> None:
    """Counted in what is touched: none of the jobs that have ended."""
    control = controls(behaviours={"runpod.limits": "off"})
    for _ in range(300):
        wires[0].submit(control.house)
    control.house.advance(10)
    worlds = control.house.app.engine.worlds
    touched: list[str] = []
    world = control.house.world()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            touched.append(name)
            return super().__getitem__(name)

    world.jobs._jobs = Watched(world.jobs)
    control.do("POST", "/worlds/reset")
    assert touched == []
    # The ids are swept away with those that come after, and cannot be found meanwhile.
    assert worlds.find(next(iter(world.jobs))) is None
    for _ in range(150):
        wires[0].submit(control.house)
    assert len(worlds._by_job) == len(worlds._by_output) == 150


def test_a_deleted_world_is_gone_and_others_stay(control: Control, wires: tuple[Wire, ...]) -> None:
    mine, yours = wires[0].submit(control.house, "mine"), wires[0].submit(control.house, "yours")
    status, error = control.refused("DELETE", "/worlds")
    assert (status, "whose world?" in error["error"]) == (400, True)
    waiting = control.house.begin("GET", f"/runpod/v2/kling-video-o1-r2v/status-sync/{mine}")
    assert control.do("DELETE", "/worlds?key=mine") == {"removed": 1}
    assert control.house.finish(waiting).status_code == 404
    assert control.refused("GET", f"/jobs/{mine}")[0] == 404
    # The one of calls without a key can be, too.
    assert control.do("DELETE", "/worlds?key=") == {"removed": 1}
    assert [world["key"] for world in control.get("/worlds")["worlds"]] == ["yours"]
    assert control.get(f"/jobs/{yours}")["state"] == "queued"
    status, error = control.refused("DELETE", "/worlds?key=mine")
    assert (status, error["error"]) == (404, "the key 'mine' has no world")
    assert wires[0].submit(control.house, "mine") == mine


def test_nothing_keeps_a_world_that_was_reset(control: Control, wires: tuple[Wire, ...]) -> None:
    wires[0].submit(control.house)
    gone = weakref.ref(control.house.world().clock)
    control.do("POST", "/worlds/reset")
    gc.collect()
    assert gone() is None


def test_who_waits_for_a_world_that_is_reset_is_let_go(control: Control, wires: tuple[Wire, ...]) -> None:
    job = wires[0].submit(control.house)
    waiting = control.house.begin("GET", f"/runpod/v2/kling-video-o1-r2v/status-sync/{job}")
    assert not waiting.done()
    control.do("POST", "/worlds/reset")
    assert control.house.finish(waiting).json()["status"] == "IN_QUEUE"


def test_a_saved_world_comes_back(control: Control, wire: Wire) -> None:
    job = wire.submit(control.house)
    saved = control.get("/worlds/snapshot")
    control.do("POST", "/worlds/reset")
    restored = control.do("PUT", "/worlds/snapshot", saved)
    assert (restored["jobs"], restored["key"]) == ({"queued": 1}, "a-key")
    control.do("POST", "/clock/run-until-idle")
    assert wire.video(wire.look(control.house, job).json())
    elsewhere = control.do("PUT", "/worlds/snapshot?key=b", saved)
    assert (elsewhere["jobs"], elsewhere["key"]) == ({"queued": 1}, "b")
    assert control.refused("PUT", "/worlds/snapshot", {"form": "x"})[0] == 400


def test_a_fork_goes_its_own_way(control: Control, wire: Wire) -> None:
    job = wire.submit(control.house)
    control.do("POST", "/worlds/fork", {"to": "b"})
    control.do("POST", f"/jobs/{job}/outcome?key=b", {"effect": "fail"})
    control.do("POST", "/clock/run-until-idle")
    assert [control.get(f"/jobs/{job}?key={key}")["state"] for key in ("a-key", "b")] == ["succeeded", "failed"]
    assert control.refused("POST", "/worlds/fork?key=a-key", {"to": "b"})[0] == 409
    assert control.refused("POST", "/worlds/fork?key=a-key", {"to": 5})[1]["where"] == "to"


def test_switches_are_a_worlds_own(control: Control) -> None:
    control.house.world("other")
    set_to = control.do("PUT", "/worlds/behaviours?key=a-key", {"runpod.limits": "off"})
    assert set_to["behaviours"] == {"runpod.limits": "off"}
    assert control.house.world("other").behaviours == {}
    status, error = control.refused("PUT", "/worlds/behaviours?key=a-key", {"runpod.limit": "off"})
    assert (status, "Did you mean 'runpod.limits'?" in error["error"]) == (400, True)


def test_deliveries_are_made_once_more_with_the_same_body(control: Control, wire: Wire) -> None:
    control.house.receiver.statuses = [500]
    wire.submit(control.house, webhook="http://receiver.test/")
    control.house.advance(3)
    (failed,) = control.get("/deliveries")["deliveries"]
    assert not failed["accepted"]
    planned = failed["planned"]
    control.house.receiver.statuses = [200]
    sent = control.do("POST", "/deliveries/1/redeliver")
    assert sent["accepted"]
    assert [attempt["by_hand"] for attempt in sent["attempts"]] == [False, True]
    assert sent["planned"] == planned
    first, second = control.house.receiver.messages[0], control.house.receiver.messages[-1]
    assert (first.body, first.url) == (second.body, second.url)
    assert control.refused("POST", "/deliveries/9/redeliver")[0] == 404


def test_a_scenario_is_played_in_a_world(control: Control, wire: Wire) -> None:
    names = {scenario["name"] for scenario in control.get("/scenarios")["scenarios"]}
    assert "stuck-in-queue" in names
    control.house.world("other")
    played = control.do("POST", "/scenario?key=a-key", {"name": "stuck-in-queue"})
    assert (played["world"]["faults"], played["scenario"]["name"]) == (1, "stuck-in-queue")
    own = {"about": "x", "clock": "manual", "behaviours": {"runpod.limits": "off"}}
    control.do("POST", "/scenario?key=a-key", {"scenario": own})
    stuck, other = wire.submit(control.house), wire.submit(control.house, "other")
    control.do("POST", "/clock/advance", {"by": "10m"})
    assert control.get(f"/jobs/{stuck}?key=a-key")["state"] == "queued"
    assert control.get(f"/jobs/{other}?key=other")["state"] == "succeeded"


def test_what_is_no_scenario_says_why(control: Control) -> None:
    control.house.world()
    said = [
        control.refused("POST", "/scenario", body)[1]["error"]
        for body in (
            {"name": "stuck-in-que"},
            {"name": "/etc/passwd.json"},
            {},
            {"scenario": {"about": "x", "faults": [{"effect": "stuck", "phase": "media"}]}},
            {"scenario": {"about": "x", "behaviours": {"runpod.nothing": "off"}}},
        )
    ]
    assert "Did you mean 'stuck-in-queue'?" in said[0]
    assert "no scenario" in said[1]
    assert "either" in said[2]
    assert "faults.0: stuck cannot happen" in said[3]
    assert "runpod.nothing" in said[4]
    assert control.get("/faults")["faults"] == []


def test_a_scenario_that_is_wrong_anywhere_changes_nothing(control: Control) -> None:
    control.house.world()
    before = control.get("/worlds/snapshot")
    faults = [{"effect": "lost"}, {"effect": "lost", "prompt": "("}]
    wrong = {"about": "x", "clock": "real", "budget": "1", "seed": 9, "faults": faults}
    status, error = control.refused("POST", "/scenario", {"scenario": wrong})
    assert (status, "faults.1" in error["error"]) == (400, True)
    assert control.get("/worlds/snapshot") == before


Call = tuple[int, int, bool]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.booleans()), min_size=1, max_size=24))
def test_nothing_of_one_world_is_seen_in_another_under_parallel_load(calls: list[Call]) -> None:
    """Each world, served in parallel with others, says the very bytes that it says when it is alone."""
    keys = ["first-key", "second-key", "third-key"]

    async def act(house: House, chosen: set[int]) -> dict[str, list[bytes]]:
        transport = httpx.ASGITransport(house.app)
        said: dict[str, list[bytes]] = {key: [] for key in keys}
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:

            async def one(who: int) -> None:
                key = keys[who]
                headers = {"X-API-Key": key, "x-request-id": "a-request"}
                for number, (owner, which, looks) in enumerate(calls):
                    if owner != who:
                        continue
                    wire, body = WIRES[which], WIRES[which].body
                    headers["Authorization"] = f"{'Key' if wire.name == 'fal' else 'Bearer'} {key}"
                    if isinstance(body, list):
                        body = [body[0] | {"taskUUID": f"00000000-0000-4000-9000-{number:012}"}]
                    before = set(house.world(key).jobs)
                    answer = await client.post(wire.submit_path, json=body, headers=headers)
                    said[key].append(answer.content)
                    (job,) = set(house.world(key).jobs) - before
                    await asyncio.sleep(0)
                    if looks:
                        method, path, asked = wire.poll(job)
                        answer = await client.request(method, path, json=asked, headers=headers)
                        said[key].append(answer.content)
                for path in ("jobs", "ledger", "deliveries", "faults", "clock"):
                    said[key].append((await client.get(f"/_vidmock/{path}?key={key}")).content)

            await asyncio.gather(*(one(who) for who in chosen))
        return said

    together, alone = House(), [House() for _ in keys]
    try:
        all_said = together.run(act(together, {0, 1, 2}))
        for who, house in enumerate(alone):
            assert house.run(act(house, {who}))[keys[who]] == all_said[keys[who]]
        texts = {key: b"".join(said) for key, said in all_said.items()}
        for key in keys:
            assert all(other.encode() not in texts[key] for other in keys if other != key)
    finally:
        for house in (together, *alone):
            house.close()


def test_memory_says_what_is_held_and_what_was_dropped(controls: Callable[..., Control], wire: Wire) -> None:
    control = controls(memory=2**18, behaviours={"eachlabs.limits": "off"})
    house = control.house
    wire.submit(house, "waits")
    told = control.get("/memory")
    assert told["held"] == sum(world["held"] for world in control.get("/worlds")["worlds"])
    assert (told["most"], told["most_unfinished"], told["dropped"], told["refused"]) == (2**18, 2**17, {}, 0)
    assert 0 < told["unfinished"] < told["held"]
    assert (told["worlds"], told["most_worlds"]) == (1, 10_000)
    for _ in range(10):
        house.post(wire.submit_path, ["x" * 40_000], "waits")
        house.post(wire.submit_path, ["x" * 140_000], "waits")
    told = control.get("/memory")
    assert told["dropped"]["exchanges"] == sum(world["dropped"] for world in control.get("/worlds")["worlds"]) > 0
    assert told["refused"] == 10
    assert told["held"] <= told["most"]
