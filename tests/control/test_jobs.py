"""Jobs by the control API: what there is, all that is known of one, and another outcome for it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control


def test_jobs_are_found_by_what_they_are(control: Control, wires: tuple[Wire, ...]) -> None:
    ids = {wire.name: wire.submit(control.house) for wire in wires}
    control.house.advance(1)
    for name, job in ids.items():
        assert [found["id"] for found in control.get(f"/jobs?provider={name}")["jobs"]] == [job]
    assert control.get("/jobs?state=running")["total"] == 4
    assert control.get("/jobs?state=failed")["jobs"] == []
    assert control.get("/jobs?prompt=dunes&limit=1")["total"] == 4
    assert len(control.get("/jobs?prompt=dunes&limit=1")["jobs"]) == 1
    assert control.get("/jobs?key=stranger")["total"] == 0
    assert control.get("/jobs?provider=runware&model=klingai-video-o1-standard")["total"] == 1


@pytest.mark.parametrize(
    ("query", "where", "said"),
    [
        ("state=queue", "state", "Did you mean 'queued'?"),
        ("provider=fall", "provider", "Did you mean 'fal'?"),
        ("model=kling-video-o1-r2", "model", "Did you mean 'kling-video-o1-r2v'?"),
    ],
    ids=["state", "provider", "model"],
)
def test_jobs_that_there_cannot_be_are_not_looked_for(control: Control, query: str, where: str, said: str) -> None:
    status, refusal = control.refused("GET", f"/jobs?{query}")
    assert (status, refusal["where"]) == (400, where)
    assert said in refusal["error"]


def test_none_are_shown_where_none_are_wanted(control: Control, wire: Wire) -> None:
    wire.submit(control.house)
    assert control.get("/jobs?limit=0") == {"jobs": [], "total": 1, "older": None}
    assert len(control.get("/jobs?limit=5")["jobs"]) == 1
    for limit in ("", "-1", "٥", "1.0"):
        assert control.refused("GET", f"/jobs?limit={limit}")[1]["where"] == "limit"


def test_everything_about_a_job_is_in_one_place(control: Control, wire: Wire) -> None:
    job = wire.submit(control.house, webhook="http://receiver.test/")
    control.house.advance(5)
    wire.look(control.house, job)
    known = control.get(f"/jobs/{job}")
    assert [step["state"] for step in known["timeline"]] == ["queued", "running", "succeeded"]
    assert known["exchanges"] == [1, 2]
    assert known["deliveries"] == [1]
    assert float(known["cost"]) > 0
    assert known["collected"]
    assert known["outputs"]


def test_a_refused_input_shows_what_is_wrong_with_it(control: Control, wires: tuple[Wire, ...]) -> None:
    fal = next(wire for wire in wires if wire.name == "fal")
    control.house.post(fal.submit_path, fal.bad_body)
    (job,) = control.get("/jobs")["jobs"]
    found = control.get(f"/jobs/{job['id']}")["violations"]
    assert [one["pointer"] for one in found] == ["/prompt"]
    status, error = control.refused("POST", f"/jobs/{job['id']}/outcome", {"effect": "succeed"})
    assert (status, "its input was refused" in error["error"]) == (409, True)


@pytest.mark.parametrize(
    ("outcome", "state", "seconds"),
    [
        ({"effect": "succeed"}, "succeeded", 0.5),
        ({"effect": "fail", "arguments": {"code": "moderated"}}, "failed", 0.5),
        ({"effect": "cancelled"}, "cancelled", 0.5),
        ({"effect": "stuck"}, "queued", None),
        ({"effect": "slow", "arguments": {"seconds": 60}}, "queued", 61.0),
        ({"effect": "requeue"}, "queued", 34.0),
    ],
    ids=lambda value: value["effect"] if isinstance(value, dict) else "",
)
def test_a_waiting_job_takes_another_course(
    control: Control, wire: Wire, outcome: dict[str, Any], state: str, seconds: float | None
) -> None:
    job = wire.submit(control.house, webhook="http://receiver.test/")
    control.house.advance(0.5)
    known = control.do("POST", f"/jobs/{job}/outcome", outcome)
    assert known["state"] == state
    if seconds is not None:
        assert known["ends"] - known["created"] == pytest.approx(seconds)
    control.do("POST", "/clock/run-until-idle")
    ended = control.get(f"/jobs/{job}")
    if state == "queued" and seconds:
        assert ended["state"] == "succeeded"
    spent = float(ended["cost"]) - float(ended["refunded"])
    assert (spent > 0) == (ended["state"] in ("succeeded", "queued"))
    assert bool(ended["deliveries"]) >= (ended["state"] == "succeeded")


def test_a_job_that_succeeds_at_once_has_its_file(control: Control, wire: Wire) -> None:
    job = wire.submit(control.house)
    control.do("POST", f"/jobs/{job}/outcome", {"effect": "succeed"})
    url = wire.video(wire.look(control.house, job).json())
    assert control.house.get(url, None).status_code == 200


def test_a_job_that_failed_by_itself_can_be_saved_before(control: Control, wires: tuple[Wire, ...]) -> None:
    control.house.world()
    rule = control.do("POST", "/jobs/next/outcome", {"effect": "fail", "arguments": {"code": "moderated"}})
    assert (rule["phase"], rule["times"]) == ("before", 1)
    job, other = wires[0].submit(control.house), wires[0].submit(control.house)
    assert control.get(f"/jobs/{job}")["failure"]["code"] == "moderated"
    assert control.get(f"/jobs/{other}")["failure"] is None
    assert control.do("POST", f"/jobs/{job}/outcome", {"effect": "succeed"})["failure"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/jobs/JOB/outcome", {"effect": "sucseed"}, 400, "Did you mean 'succeed'?"),
        ("/jobs/JOB/outcome", {"effect": "fail", "arguments": {"cod": 1}}, 400, "it has code, message"),
        ("/jobs/JOB/outcome", {"effect": "slow", "arguments": {"seconds": "soon"}}, 400, "'soon'"),
        ("/jobs/stranger/outcome", {"effect": "fail"}, 404, "no job 'stranger'"),
        ("/jobs/next/outcome", {"effect": "edge_page"}, 400, "no outcome"),
        ("/jobs/next/outcome", {"effect": "stuk"}, 400, "Did you mean 'stuck'?"),
        ("/jobs/next/outcome", {"effect": "stuck", "phase": "poll"}, 400, "'phase'"),
    ],
    ids=["outcome", "argument", "value", "stranger", "not-an-outcome", "next", "phase"],
)
def test_what_cannot_become_of_a_job(
    control: Control, wires: tuple[Wire, ...], path: str, body: dict[str, Any], status: int, said: str
) -> None:
    job = wires[0].submit(control.house)
    found, error = control.refused("POST", path.replace("JOB", job), body)
    assert found == status
    assert said in error["error"]


def test_what_has_ended_stays_as_it_is(control: Control, wire: Wire) -> None:
    job = wire.submit(control.house)
    control.house.advance(5)
    assert control.refused("POST", f"/jobs/{job}/outcome", {"effect": "fail"})[0] == 409
    assert control.get(f"/jobs/{job}")["state"] == "succeeded"


@pytest.mark.parametrize("effect", [None, 1, [], {}])
@pytest.mark.parametrize("path", ["/jobs/next/outcome?key=a-key", "/faults?key=a-key"])
def test_an_effect_is_named_by_a_text(control: Control, path: str, effect: object) -> None:
    status, said = control.refused("POST", path, {"effect": effect})
    assert (status, said["error"]) == (400, "'effect' must be the name of an effect. See: vidmock faults")


def test_a_job_names_the_faults_that_struck_it_wherever_they_did(control: Control, wire: Wire) -> None:
    house = control.house
    house.world()
    for rule in (
        {"effect": "slow", "phase": "before", "times": 1},
        {"effect": "set_field", "phase": "poll", "times": 2},
        {"effect": "webhook_repeated"},
    ):
        control.do("POST", "/faults?key=a-key", rule)
    job, other = wire.submit(house, webhook="http://receiver.test/"), wire.submit(house)
    struck = [control.get(f"/jobs/{one}")["faults"] for one in (job, other)]
    assert struck == [["slow"], []]
    for _ in range(3):
        wire.look(house, job)
    house.advance(100_000)
    wanted = [["slow", "set_field", "webhook_repeated"], []]
    assert [one["faults"] for one in control.get("/jobs")["jobs"]] == wanted
    control.do("PUT", "/worlds/snapshot?key=a-key", control.get("/worlds/snapshot?key=a-key"))
    assert [one["faults"] for one in control.get("/jobs")["jobs"]] == wanted


def test_a_job_counts_what_is_odd_in_its_input_as_long_as_its_call_is_known(control: Control) -> None:
    path = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
    for body in ({"prompt": "a kite"}, {"prompt": "a kite", "nothing": 1}):
        control.house.post(path, body)
    control.house.advance(100)
    assert [one["lints"] for one in control.get("/jobs")["jobs"]] == [0, 1]
    saved = control.get("/worlds/snapshot?key=a-key", headers={"x-vidmock": "1"})
    control.do("POST", "/worlds/reset?key=a-key")
    control.do("PUT", "/worlds/snapshot?key=a-key", saved)
    assert [one["lints"] for one in control.get("/jobs")["jobs"]] == [0, 1]
    del saved
    control.do("DELETE", "/journal")
    gc.collect()
    assert [one["lints"] for one in control.get("/jobs")["jobs"]] == [None, None]
