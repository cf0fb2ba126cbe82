"""A refused request changes nothing that comes later: no id, no seed, no file, and no world is made to word it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request
from tests.conftest import RUNPOD, WIRES

from vidmock.engine.faults.rule_json import rule_from_json
from vidmock.engine.snapshot import snapshot
from vidmock.engine.world.journal import Exchange
from vidmock.problems import Coded, Defect, Invalid, NoRoute, NoSuchJob, TooMany, Unauthorized, UnknownModel
from vidmock.providers.exchange.call import Call
from vidmock.schema.catalog import models
from vidmock.schema.validate import find_violations

if TYPE_CHECKING:
    from tests.conftest import House, Wire

    from vidmock.engine.world.world import World

TASK_ID = "00000000-0000-4000-8000-0000000000aa"
UNAVAILABLE = {"runpod": "503", "runware": "serviceUnavailable", "fal": "runner_connection_error", "eachlabs": "503"}
AT_ONCE = {"runpod.invalid_input": "at-once"}
BAD_KEY = "vidmock-invalid"
FAL_RUN = "/fal/run/fal-ai/kling-video/o1/reference-to-video"


@dataclass(frozen=True)
class Refused:
    """A request that is refused, with these statuses; Runware's *more* go into its task."""

    method: str
    path: str
    body: Any = None
    key: str | None = "a-key"
    status: tuple[int, ...] = (400, 401, 402, 403, 404, 405, 422, 429)
    more: dict[str, Any] = field(default_factory=dict)


def _variants(wire: Wire) -> dict[str, Refused]:
    """Each way in which a submit is refused before anything is accepted, by name."""
    path, body = wire.submit_path, wire.body
    wrong_model = {
        "runpod": (f"{RUNPOD}x/run", body),
        "runware": (path, [body[0] | {"model": "klingai:kling@0"}] if isinstance(body, list) else None),
        "fal": ("/fal/queue/fal-ai/nothing", body),
        "eachlabs": (path, {**body, "model": "nothing"} if isinstance(body, dict) else None),
    }[wire.name]
    variants = {
        "no key": Refused("POST", path, body, key=None),
        "a bad key": Refused("POST", path, body, key=BAD_KEY),
        "no such path": Refused("POST", f"/{wire.name}{'/api' if wire.name == 'fal' else ''}/no/such/path", body),
        "another method": Refused("DELETE", path),
        "no such model": Refused("POST", *wrong_model),
        "no JSON": Refused("POST", path, more={"content": b"{"}),
        "another JSON": Refused("POST", path, 5),
        "a bad input": Refused("POST", FAL_RUN if wire.name == "fal" else path, wire.bad_body),
        "no such job": Refused(*_poll(wire, "nobody")),
        "no such job, no key": Refused(*_poll(wire, "nobody"), key=None),
        "no such file": Refused("GET", _file(wire), key=None),
    }
    if wire.name == "runware":
        # A poll of nothing is no error at Runware, unless it is switched so.
        variants["no such job"] = Refused(*_poll(wire, TASK_ID), status=(200,))
        variants["a dry run"] = Refused("POST", f"{path}?dryRun=1", body, status=(200,))
        upload = [{"taskType": "imageUpload", "image": "https://pictures.example/cat.png"}]
        variants["a dry upload"] = Refused("POST", f"{path}?dryRun=1", upload, status=(200,))
        variants["an upload of nothing"] = Refused("POST", path, [{"taskType": "imageUpload", "image": "!"}])
    if wire.name == "fal":
        bad = {"headers": {"x-fal-object-lifecycle": "5"}}
        variants["a bad header"] = Refused("POST", path, body, more=bad)
        initiate = "/fal/rest/storage/upload/initiate?storage_type=fal-cdn-v3"
        variants["an upload with a bad header"] = Refused("POST", initiate, {"file_name": "a.png"}, more=bad)
        variants["a file of nobody's token"] = Refused("PUT", "/fal/media/files/b/lion/x?ticket=a.b.c", key=None)
    if wire.name == "eachlabs":
        presign = "/eachlabs/v1/upload/presign"
        variants["an upload of no type"] = Refused("POST", presign, {"file_type": "x"})
        variants["a file with a bad signature"] = Refused("PUT", "/eachlabs/media/uploads/x.png?signature=1", key=None)
    return variants


def _poll(wire: Wire, job: str) -> tuple[str, str, Any]:
    return wire.poll(job)


def _file(wire: Wire) -> str:
    return {
        "runpod": "/runpod/media/nobody/output.mp4",
        "runware": "/runware/media/video/os/a01d01/ws/5/vi/nobody.mp4",
        "fal": "/fal/media/files/b/lion/nobody_output.mp4",
        "eachlabs": "/eachlabs/media/uploads/nobody.mp4",
    }[wire.name]


CASES = [(wire, name) for wire in WIRES for name in _variants(wire)]


def with_task_ids(body: Any) -> Any:
    """Runware's tasks carry ids; those that are refused are no others than those that are not."""
    return [{"taskUUID": TASK_ID, **task} for task in body] if isinstance(body, list) else body


def ask(house: House, refused: Refused) -> None:
    more = dict(refused.more)
    if refused.body is not None:
        more["json"] = with_task_ids(refused.body)
    answer = house.ask(refused.method, refused.path, refused.key, **more)
    assert answer.status_code in refused.status, answer.text


def submit(house: House, wire: Wire) -> str:
    answer = house.post(wire.submit_path, with_task_ids(wire.body))
    assert answer.status_code == 200, answer.text
    return wire.job_id(answer.json())


def what_became(house: House, wire: Wire, job: str) -> tuple[Any, ...]:
    """Ids, seeds and bytes of a job that was accepted, and what its poll says."""
    house.advance(5)
    told = wire.look(house, job).json()
    video = house.get(wire.video(told), key=None)
    assert video.status_code == 200
    return house.world().jobs[job], told, video.content


@pytest.mark.parametrize(("wire", "name"), CASES, ids=lambda part: part if isinstance(part, str) else part.name)
def test_a_refused_request_changes_no_later_id_seed_or_file(
    houses: Callable[..., House], wire: Wire, name: str
) -> None:
    straight, detour = houses(behaviours=AT_ONCE), houses(behaviours=AT_ONCE)
    for _ in range(2):
        ask(detour, _variants(wire)[name])
    assert what_became(detour, wire, submit(detour, wire)) == what_became(straight, wire, submit(straight, wire))


@pytest.mark.parametrize("effect", ["internal", "error", "lost"])
def test_a_submit_that_a_fault_refuses_changes_none(houses: Callable[..., House], wire: Wire, effect: str) -> None:
    straight, detour = houses(), houses()
    arguments = {"code": UNAVAILABLE[wire.name]} if effect == "error" else {}
    rule = {"effect": effect, "arguments": arguments, "phase": "before", "times": 2}
    detour.world().faults.add(rule_from_json(rule))
    for _ in range(2):
        if effect == "lost":
            with pytest.raises(ConnectionResetError):
                detour.post(wire.submit_path, with_task_ids(wire.body))
        else:
            assert detour.post(wire.submit_path, with_task_ids(wire.body)).status_code >= 500
    assert what_became(detour, wire, submit(detour, wire)) == what_became(straight, wire, submit(straight, wire))


def test_a_submit_that_the_budget_refuses_changes_none(houses: Callable[..., House], wire: Wire) -> None:
    straight, detour = houses(), houses()
    detour.world().ledger.set_budget(Decimal("0.01"))
    assert detour.post(wire.submit_path, with_task_ids(wire.body)).status_code in (402, 403)
    detour.world().ledger.set_budget(None)
    assert what_became(detour, wire, submit(detour, wire)) == what_became(straight, wire, submit(straight, wire))


def test_a_repetition_that_is_refused_changes_none(houses: Callable[..., House], wires: tuple[Wire, ...]) -> None:
    runware = next(wire for wire in wires if wire.name == "runware")
    straight, detour = houses(), houses()
    for house in (straight, detour):
        submit(house, runware)
    assert detour.post(runware.submit_path, with_task_ids(runware.body)).status_code == 400
    other = [runware.body[0] | {"taskUUID": TASK_ID.replace("aa", "bb")}]
    answers = [house.post(runware.submit_path, other).json() for house in (straight, detour)]
    assert answers[0] == answers[1]
    ids = [[job.outputs for job in house.world().jobs.values()] for house in (straight, detour)]
    assert ids[0] == ids[1]


def all_worlds(house: House) -> set[World]:
    """Those that are listed, and the one of calls without a good key, which there always is."""
    return {*house.app.engine.worlds, house.app.engine.worlds.nobody}


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: str(wire.name))
def test_wording_a_refusal_makes_no_world(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(behaviours=AT_ONCE)
    house.world()
    before = all_worlds(house)
    for refused in _variants(wire).values():
        ask(house, refused)
    assert all_worlds(house) == before


def test_what_came_without_a_good_key_is_in_a_journal_of_its_own(house: House, wire: Wire) -> None:
    assert [world.key for world in house.app.engine.worlds] == []
    ask(house, _variants(wire)["a bad key"])
    (listed,) = house.get("/_vidmock/worlds", key=None).json()["worlds"]
    assert (listed["id"], listed["requests"]) == ("nobody", 1)
    (told,) = house.get("/_vidmock/journal?world=nobody", key=None).json()["exchanges"]
    assert told["status"] == 401


def test_a_path_that_is_not_there_is_in_the_journal_of_a_key_that_was_used(house: House, wire: Wire) -> None:
    submit(house, wire)
    ask(house, _variants(wire)["no such path"])
    assert [exchange.status for exchange in house.world().journal] == [200, 404]


PROBLEMS = (
    Unauthorized(missing=True),
    UnknownModel("fal", "kling", []),
    Invalid(find_violations(models("fal")[0], {})),
    NoRoute("/nowhere"),
    NoSuchJob("a-job"),
    TooMany("too many", 1.0),
    Coded("400"),
    Defect(),
)


def test_rendering_changes_nothing(house: House, wire: Wire) -> None:
    submit(house, wire)
    dialect = house.app.dialects[wire.name]
    scope = {"type": "http", "method": "POST", "path": wire.submit_path, "query_string": b"", "headers": []}
    call = Call(Request(scope), dialect)
    call.enter("a-key")
    context = call.context()

    def state() -> str:
        return json.dumps(snapshot.save_world(house.app.engine, house.world()))

    before, worlds = state(), all_worlds(house)
    answers = [bytes(dialect.render(problem, context).body) for problem in PROBLEMS]
    assert [bytes(dialect.render(problem, context).body) for problem in PROBLEMS] == answers
    assert state() == before
    assert all_worlds(house) == worlds


def request_ids(exchanges: list[Exchange]) -> list[str]:
    found = [dict(exchange.response_headers) for exchange in exchanges]
    return [(headers.get(b"x-request-id") or headers.get(b"x-fal-request-id") or b"").decode() for headers in found]


@pytest.mark.parametrize("name", ["fal", "eachlabs"])
def test_every_refusal_has_a_request_id_of_its_own_also_those_that_come_late(
    house: House, wires: tuple[Wire, ...], name: str
) -> None:
    wire = next(wire for wire in wires if wire.name == name)
    job = submit(house, wire)
    house.world().faults.add(rule_from_json({"effect": "late", "arguments": {"seconds": 0.5}, "phase": "poll"}))
    held = house.begin(*_poll(wire, job)[:2])
    for _ in range(3):
        ask(house, _variants(wire)["no such model"])
    house.advance(0.5)
    assert house.finish(held).status_code == (400 if name == "fal" else 200)
    ids = [known for known in request_ids(list(house.world().journal)) if known]
    assert len(ids) == len(set(ids)) >= 4
