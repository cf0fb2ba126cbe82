"""The journal by the control API: found, joined with what it was about, exported, live; and nothing secret in it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from vidmock.engine.time.clock import Clock
from vidmock.schema import judged
from vidmock.schema.catalog import Model
from vidmock.schema.validate import find_lints, find_violations
from vidmock.server.server import ThreadedServer

if TYPE_CHECKING:
    from tests.conftest import House, Wire
    from tests.control.conftest import Control


SECRET = "sk-5f2c9a1e77d04b6c8e3fa90b41d2c6e8"


def _numbers(control: Control, query: str) -> list[int]:
    return [exchange["number"] for exchange in control.get(f"/journal?{query}")["exchanges"]]


def test_exchanges_are_found_by_what_they_are(control: Control, wires: tuple[Wire, ...]) -> None:
    jobs = [wire.submit(control.house) for wire in wires]
    for wire, job in zip(wires, jobs, strict=True):
        wire.look(control.house, job)
    control.house.get("/runpod/v2/kling-video-o1-r2v/status/stranger")
    assert _numbers(control, "operation=submit") == [1, 2, 3, 4]
    assert _numbers(control, "provider=fal") == [3, 7]
    assert _numbers(control, f"job={jobs[1]}") == [2, 6]
    assert _numbers(control, "status=404") == _numbers(control, "path=stranger") == [9]
    assert _numbers(control, "status=4xx&provider=runpod") == [9]
    assert _numbers(control, "method=post&since=3") == [4, 6]
    assert _numbers(control, "limit=2") == [8, 9]
    assert _numbers(control, "limit=0") == []
    assert _numbers(control, "status=4XX") == _numbers(control, "status=4") == _numbers(control, "status=40x") == [7, 9]
    wrong = {"limit=many": "limit", "limit=": "limit", "since=": "since", "status=xxx": "status"}
    wrong |= {"provider=fall": "provider", "operation=pol": "operation"}
    for query, where in wrong.items():
        assert control.refused("GET", f"/journal?{query}")[1]["where"] == where


def test_a_batch_is_about_all_of_its_jobs(control: Control, wires: tuple[Wire, ...]) -> None:
    runware = next(wire for wire in wires if wire.name == "runware")
    ids = [f"00000000-0000-4000-9000-00000000000{n}" for n in range(3)]
    control.house.post("/runware/v1", [runware.body[0] | {"taskUUID": task} for task in ids])
    (exchange,) = control.get("/journal")["exchanges"]
    assert exchange["jobs"] == ids
    assert len(control.get("/journal/1")["submitted"]) == 3
    assert _numbers(control, f"job={ids[0]}") == [1]


def test_what_is_wrong_with_a_refused_submit_is_told(control: Control, wire: Wire) -> None:
    control.house.post(wire.submit_path, wire.bad_body)
    (exchange,) = control.get("/journal")["exchanges"]
    assert exchange["violations"] >= 1
    (judged,) = control.get("/journal/1")["submitted"]
    assert judged["violations"][0]["message"]


def test_an_input_is_judged_once_however_often_the_journal_is_read(
    control: Control, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counting(find: Callable[[Model, object], object]) -> Callable[[Model, object], object]:
        def counted(model: Model, given: object) -> object:
            asked.append(find.__name__)
            return find(model, given)

        return counted

    for find in (find_violations, find_lints):
        monkeypatch.setattr(judged, find.__name__, counting(find))
    control.house.post(wire.submit_path, wire.bad_body)
    assert asked == ["find_violations"]
    for _ in range(3):
        control.get("/journal")
        control.get("/journal/1")
        control.ask("GET", "/journal.jsonl")
    assert asked == ["find_violations", "find_lints"]


def test_very_many_violations_are_counted_in_the_list(control: Control, wires: tuple[Wire, ...]) -> None:
    runpod = next(wire for wire in wires if wire.name == "runpod")
    control.house.post(runpod.submit_path, {"input": {"prompt": "x", "images": ["x"] * 20000}})
    (exchange,) = control.get("/journal")["exchanges"]
    assert exchange["violations"] == 20001
    (found,) = control.get("/journal/1")["submitted"]
    assert len(found["violations"]) == 51
    assert found["violations"][-1]["message"] == "and 19,951 more"


def test_what_was_hardly_meant_is_told(control: Control, wires: tuple[Wire, ...]) -> None:
    fal = next(wire for wire in wires if wire.name == "fal")
    control.house.post(fal.submit_path, fal.body | {"generate_audio": True})
    (judged,) = control.get("/journal/1")["submitted"]
    assert [(one["rule"], one["pointer"]) for one in judged["lints"]] == [("dropped-parameter", "/generate_audio")]


def test_an_exchange_has_its_bytes_and_both_clocks(control: Control, wire: Wire) -> None:
    wire.submit(control.house)
    control.do("POST", "/clock/advance", {"by": 60})
    exchange = control.get("/journal/1")
    assert exchange["iso"] == "2026-01-01T00:00:00.000000Z"
    assert exchange["real"] > "2026-02"
    held = next(iter(control.house.world().journal))
    assert exchange["request"]["body"]["text"].encode() == held.request_body
    assert exchange["response"]["body"]["text"].encode() == held.response_body
    assert control.refused("GET", "/journal/7")[0] == 404


def test_an_emptied_journal_counts_on(control: Control, wire: Wire) -> None:
    wire.submit(control.house)
    assert control.do("DELETE", "/journal") == {"removed": 1}
    wire.submit(control.house)
    assert _numbers(control, "") == [2]


def test_a_file_that_was_fetched_without_a_key_is_in_its_worlds_journal(control: Control, wire: Wire) -> None:
    job = wire.submit(control.house)
    control.house.advance(5)
    control.house.get(wire.video(wire.look(control.house, job).json()), None)
    fetched = control.get("/journal?key=a-key")["exchanges"][-1]
    assert (fetched["operation"], fetched["jobs"]) == ("media", [job])
    assert list(control.get(f"/journal/{fetched['number']}?key=a-key")["response"]["body"]) == ["base64"]


def _tell_secrets(house: House) -> None:
    house.post(
        "/eachlabs/v1/prediction",
        {
            "model": "kling-o1-video-to-video-reference",
            "input": {"prompt": "a kite", "video_url": "https://clips.example/walk.mp4"},
            "webhook_url": "http://receiver.test/",
            "webhook_secret": SECRET,
        },
        None,
        headers={"X-API-Key": SECRET},
    )
    house.post("/runware/v1", [{"taskType": "authentication", "apiKey": SECRET}], None)
    house.post(
        f"/runpod/v2/kling-video-o1-r2v/run?key={SECRET}",
        {"input": {"prompt": "a kite"}, "s3Config": {"accessId": "id", "accessSecret": SECRET}},
        SECRET,
    )
    house.ask("POST", "/runware/v1", None, content=f'[{{"apiKey": "{SECRET}"'.encode(), headers={"Cookie": SECRET})
    house.get(f"/fal/queue/fal-ai/kling-video/requests/x?fal_jwt_token={SECRET}", SECRET)
    house.advance(10, SECRET)


EXPORTS = ["/journal.har", "/journal.jsonl", "/worlds", "/ledger", "/ledger/worlds"]
EVERYWHERE = [*EXPORTS, "/journal", "/jobs", "/deliveries", "/clock", "/faults"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_nothing_secret_is_shown_unless_it_is_asked_for(control: Control, path: str) -> None:
    _tell_secrets(control.house)
    shown = control.ask("GET", path).text
    assert SECRET not in shown
    if path in EXPORTS:
        assert SECRET in control.ask("GET", f"{path}?secrets=1").text


def test_single_things_hide_their_secrets_as_well(control: Control) -> None:
    _tell_secrets(control.house)
    world = next(w["id"] for w in control.get("/worlds")["worlds"] if w["id"] != "nobody")
    for number in range(1, 4):
        assert SECRET not in control.ask("GET", f"/journal/{number}?world={world}").text
    for job in control.get("/jobs")["jobs"]:
        assert SECRET not in control.ask("GET", f"/jobs/{job['id']}").text
    assert SECRET not in control.ask("POST", "/faults", {"effect": "internal"}).text


def test_bytes_without_a_secret_are_shown_as_they_were(control: Control) -> None:
    body = b'{ "input" :{"prompt": "a\\u0020kite", "images": []}}'
    control.house.ask("POST", "/runpod/v2/kling-video-o1-r2v/run", "a-key", content=body)
    assert control.get("/journal/1")["request"]["body"]["text"].encode() == body


def test_the_archive_is_what_others_read(control: Control, wires: tuple[Wire, ...]) -> None:
    for wire in wires:
        wire.submit(control.house)
    entries = control.get("/journal.har")["log"]["entries"]
    assert len(entries) == 4
    for entry in entries:
        assert entry.keys() >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
        request, response = entry["request"], entry["response"]
        assert request.keys() >= {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize"}
        assert response.keys() >= {"status", "statusText", "httpVersion", "content", "redirectURL", "headersSize"}
        assert request["url"].startswith("http://mock.test/")
        assert json.loads(request["postData"]["text"])
        assert response["content"]["size"] == response["bodySize"] == len(response["content"]["text"].encode())


def test_the_archive_tells_how_long_an_answer_was_held(control: Control) -> None:
    house = control.house
    sync = {"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}
    waiting = house.begin("POST", "/runpod/v2/kling-video-o1-r2v/runsync", json=sync)
    house.advance(60)
    house.finish(waiting)
    (entry,) = control.get("/journal.har")["log"]["entries"]
    assert (entry["startedDateTime"], entry["time"], entry["timings"]["wait"]) == (
        "2026-01-01T00:00:00.000000Z",
        60_000.0,
        60_000.0,
    )


def test_the_lines_are_the_exchanges(control: Control, wires: tuple[Wire, ...]) -> None:
    for wire in wires:
        wire.submit(control.house)
    lines = control.ask("GET", "/journal.jsonl?provider=fal").text.splitlines()
    assert [json.loads(line) for line in lines] == [control.get("/journal/3")]


CANCELLING = {
    "runpod": ("POST", "/runpod/v2/kling-video-o1-r2v/cancel/{}"),
    "fal": ("PUT", "/fal/queue/fal-ai/kling-video/requests/{}/cancel"),
    "eachlabs": ("POST", "/eachlabs/v1/prediction/{}/cancel"),
}


def _story(control: Control, wires: tuple[Wire, ...]) -> None:
    """Whatever gets into a journal, on every provider: a lost answer, a cancelled job, webhooks, a file, time."""
    house, tasks = control.house, iter(range(1, 100))
    house.receiver.statuses = [500, 200]

    def submit(wire: Wire) -> httpx.Response:
        body, params = wire.webhook(wire.body, "http://receiver.test/")
        if isinstance(body, list):
            # Runware's clients choose the ids of their tasks, by chance as a rule.
            more = {"numberResults": 2, "includeCost": True}
            body = [task | more | {"taskUUID": f"00000000-0000-4000-9000-{next(tasks):012}"} for task in body]
        return house.post(wire.submit_path, body, params=params)

    for wire in wires:
        control.do("POST", "/faults?key=a-key", {"phase": "after", "effect": "edge_page", "times": 1})
        assert submit(wire).status_code == 502
        made, dropped = (wire.job_id(submit(wire).json()) for _ in range(2))
        wire.look(house, made)
        if wire.name in CANCELLING:
            method, path = CANCELLING[wire.name]
            assert house.ask(method, path.format(dropped)).is_success
        control.do("POST", "/clock/advance", {"by": "5s"})
        wire.look(house, dropped)
        assert house.get(wire.video(wire.look(house, made).json())).status_code == 200
        house.post(wire.submit_path, wire.bad_body)
    control.do("POST", "/clock/run-until-idle")


def test_two_runs_export_the_same_bytes(
    controls: Callable[..., Control], wires: tuple[Wire, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Signatures are dated by the machine's clock, which may turn a second between the runs.
    monkeypatch.setattr(Clock, "wall", lambda clock, moment=None: clock.now() if moment is None else moment)
    runs = [controls(seed=42), controls(seed=42), controls(seed=43)]
    for run in runs:
        _story(run, wires)
    for path in ("/journal.har", "/journal.har?secrets=1", "/jobs", "/ledger", "/deliveries", "/faults"):
        said = [run.ask("GET", path).content for run in runs]
        assert said[0] == said[1], path
    sent = [[(message.url, message.headers, message.body) for message in run.house.receiver.messages] for run in runs]
    assert sent[0] == sent[1] != sent[2]
    assert {job["provider"] for job in runs[0].get("/jobs")["jobs"]} == {wire.name for wire in wires}
    operations = {exchange["operation"] for exchange in runs[0].get("/journal")["exchanges"]}
    assert operations == {"submit", "poll", "result", "cancel", "media"}


@pytest.mark.parametrize(
    ("query", "headers"), [("?key=mine", {}), ("", {"x-vidmock-key": "mine"})], ids=["query", "header"]
)
def test_exchanges_come_live_from_the_world_that_was_asked_for(
    mock: ThreadedServer, wires: tuple[Wire, ...], query: str, headers: dict[str, str]
) -> None:
    runpod, events, begun = wires[0], [], threading.Event()
    url = f"{mock.url}/_vidmock/journal/live{query}"

    def submit(key: str) -> None:
        url = f"{mock.url}{runpod.submit_path}"
        httpx.post(url, json=runpod.body, headers={"Authorization": f"Bearer {key}"}, trust_env=False)

    with httpx.stream("GET", url, headers=headers, timeout=60, trust_env=False) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        for line in lines:
            if line == "event: begun":
                begun.set()
                submit("theirs")
                submit("mine")
            if line.startswith('data: {"'):
                events.append(json.loads(line.removeprefix("data: ")))
                break
    assert begun.is_set()
    assert [(event["number"], event["operation"], event["status"]) for event in events] == [(1, "submit", 200)]
    assert events[0]["world"] == hashlib.sha256(b"mine").hexdigest()[:8]

    async def gone() -> int:
        return mock.engine.worlds.listening

    for _ in range(200):
        if not mock.run(gone()):
            break
        submit("mine")
    assert mock.run(gone()) == 0


def test_who_listens_is_told_of_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    """A server that closes does not wait for its listeners, and ends their streams in order."""
    heard: list[str] = []
    begun = threading.Event()

    def listen(url: str) -> None:
        with httpx.stream("GET", f"{url}/_vidmock/journal/live", timeout=60, trust_env=False) as answer:
            for line in answer.iter_lines():
                heard.append(line)
                begun.set()
        heard.append("the end")

    with ThreadedServer() as server:
        listener = threading.Thread(target=listen, args=[server.url])
        listener.start()
        assert begun.wait(60)
    listener.join(60)
    assert heard == ["event: begun", "data: {}", "", "the end"]
    assert capfd.readouterr().err == ""
