"""A field is changed in answers of any kind: JSON, events of a stream, frames, files that are stored, and webhooks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.conftest import FAL, RUNPOD

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule, Phase

if TYPE_CHECKING:
    from tests.conftest import House, Wire

HOOK = "http://receiver.test/"


def ask_for(house: House, name: str, phase: Phase, times: int | None = None, **arguments: Any) -> None:
    house.world().faults.add(checked_rule(FaultRule(phase, Effect(name, arguments), times=times)))


def test_a_webhook_says_it_and_its_signature_fits(house: House, wire: Wire) -> None:
    ask_for(house, "set_field", "webhook", path="/payload", value=None, also={"/payload_error": "not JSON"})
    wire.submit(house, webhook=HOOK)
    house.advance(5)
    for message in house.receiver.messages:
        body = json.loads(message.body)
        assert (body["payload"], body["payload_error"]) == (None, "not JSON")
        if message.signature:
            now = int(dict(message.headers)["x-fal-webhook-timestamp"])
            assert message.headers == message.signature.headers(message.body, now)
            assert message.body == json.dumps(body, sort_keys=True).encode()
    assert len(house.receiver.messages) == 1


def test_a_file_that_is_sent_is_no_json_and_stays(house: House, wires: tuple[Wire, ...]) -> None:
    wire = next(wire for wire in wires if wire.name == "runware")
    ask_for(house, "set_field", "webhook")
    house.post(
        wire.submit_path, [wire.body[0] | {"taskUUID": "0" * 8 + "-0000-4000-8000-" + "1" * 12, "uploadEndpoint": HOOK}]
    )
    house.advance(5)
    (file,) = house.receiver.messages
    assert file.body[4:8] == b"ftyp"


def test_every_event_of_a_stream_says_it(house: House, wires: tuple[Wire, ...]) -> None:
    wire = next(wire for wire in wires if wire.name == "fal")
    job = wire.submit(house)
    house.advance(5)
    ask_for(house, "set_field", "stream", path="status", value="FAILED")
    answer = house.get(f"{FAL}/requests/{job}/status/stream")
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [event["status"] for event in events] == ["FAILED"]


def test_comments_of_a_stream_stay(house: House, wires: tuple[Wire, ...]) -> None:
    wire = next(wire for wire in wires if wire.name == "fal")
    job = wire.submit(house)
    ask_for(house, "set_field", "stream", path="/x")
    house.world().faults.add(checked_rule(FaultRule("poll", Effect("slow", {"seconds": 60}))))
    wire.look(house, job)
    stream = house.begin("GET", f"{FAL}/requests/{job}/status/stream")
    for _ in range(5):
        house.advance(16)
    lines = house.finish(stream).text.split("\n\n")
    assert ": keep-alive" in lines
    assert all("x" in json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def test_an_answer_without_a_body_gets_one(house: House) -> None:
    signed = house.post("/eachlabs/v1/upload/presign", {"content_type": "image/png"}).json()
    ask_for(house, "set_field", "upload", path="stored", value=1.5)
    headers = {"content-type": "image/png"} | signed["required_headers"]
    answer = house.ask("PUT", signed["presigned_url"], None, content=b"x", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"stored": 1.5})


def test_nothing_is_left_out_of_nothing(house: House) -> None:
    signed = house.post("/eachlabs/v1/upload/presign", {"content_type": "image/png"}).json()
    ask_for(house, "missing_field", "upload")
    headers = {"content-type": "image/png"} | signed["required_headers"]
    answer = house.ask("PUT", signed["presigned_url"], None, content=b"x", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_result_whose_address_is_hidden_is_collected_by_nobody(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    house.advance(5)
    path = {"runpod": "/output", "runware": "videoURL", "fal": "/video/url", "eachlabs": "/output"}[wire.name]
    ask_for(house, "set_field", "poll", 1, path=path)
    told = []
    for _ in range(2):
        wire.look(house, job)
        told.append(house.world().jobs.collected(job, house.world().clock.now()))
    assert told == [False, True]


def test_a_job_looks_timed_out_to_one_poll(house: House) -> None:
    ask_for(house, "set_field", "poll", 1, path="status", value="TIMED_OUT")
    job = house.post(
        f"{RUNPOD}/run", {"input": {"prompt": "a", "images": ["https://pictures.example/cat.png"]}}
    ).json()["id"]
    told = [house.get(f"{RUNPOD}/status/{job}").json()["status"] for _ in range(2)]
    assert told == ["TIMED_OUT", "IN_QUEUE"]
