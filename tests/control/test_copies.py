"""Copies of webhooks with something wrong about them, judged as the providers have their receivers judge."""

from __future__ import annotations

import json
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import pytest
from tests.fal_signatures import verifies

from vidmock.engine.webhooks.delivery import ATTEMPTS_SHOWN

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control

HOOK = "http://receiver.test/hook"
SECRET = "s3cret-of-1"


def submit(control: Control, wire: Wire | None = None) -> str:
    """The id of a job, of fal unless *wire* is another's, whose webhook has been sent."""
    house = control.house
    if wire is None:
        house.post("/fal/queue/fal-ai/kling-video/o1/reference-to-video", {"prompt": "a"}, params={"fal_webhook": HOOK})
    elif wire.name == "eachlabs":
        house.post(wire.submit_path, {**wire.body, "webhook_url": HOOK, "webhook_secret": SECRET})
    else:
        wire.submit(house, webhook=HOOK)
    house.advance(100)
    (delivery,) = control.get("/deliveries")["deliveries"]
    return str(delivery["job"])


def copies(control: Control, effect: str, number: int = 1, **arguments: Any) -> list[dict[str, Any]]:
    made = control.do("POST", f"/deliveries/{number}/copies", {"effect": effect, "arguments": arguments})
    found: list[dict[str, Any]] = made["deliveries"]
    return found


def accepted(control: Control, place: int) -> bool:
    """Whether fal's own verification takes the message at *place* of those that came."""
    message = control.house.receiver.messages[place]
    published = control.house.get("/fal/rest/.well-known/jwks.json", None).json()["keys"]
    return verifies(published, dict(message.headers), message.body, control.house.world().clock.wall())


@pytest.mark.parametrize("effect", ["webhook_forged", "webhook_unknown_key", "webhook_stale"])
def test_a_receiver_of_fal_refuses_what_is_forged_and_takes_the_original(control: Control, effect: str) -> None:
    submit(control)
    (copy,) = copies(control, effect)
    first, forged = control.house.receiver.messages
    assert (first.body, {*dict(first.headers)}) == (forged.body, {*dict(forged.headers)})
    assert len(bytes.fromhex(dict(forged.headers)["x-fal-webhook-signature"])) == 64
    assert [accepted(control, place) for place in (0, 1)] == [True, False]
    assert (copy["effect"], copy["copied"], copy["number"], copy["planned"]) == (effect, 1, 2, None)
    assert [attempt["by_hand"] for attempt in copy["attempts"]] == [True]


def test_one_without_a_signature_has_nothing_to_verify(control: Control) -> None:
    submit(control)
    copies(control, "webhook_unsigned")
    assert "x-fal-webhook-signature" not in dict(control.house.receiver.messages[1].headers)


def test_a_key_that_is_unknown_is_published_nowhere_and_a_rotated_one_is(control: Control) -> None:
    submit(control)
    before = control.house.get("/fal/rest/.well-known/jwks.json", None).json()
    copies(control, "webhook_unknown_key")
    assert control.house.get("/fal/rest/.well-known/jwks.json", None).json() == before
    copies(control, "webhook_rotated")
    assert accepted(control, 2)
    control.do("POST", "/deliveries/2/redeliver")
    assert not accepted(control, 3), "a forged one stays forged"


def test_eachlabs_secret_is_wrong_or_missing(control: Control, wires: tuple[Wire, ...]) -> None:
    job = submit(control, next(wire for wire in wires if wire.name == "eachlabs"))
    (forged,) = copies(control, "webhook_forged")
    copies(control, "webhook_unsigned")
    told = [dict(message.headers).get("x-webhook-secret", "") for message in control.house.receiver.messages]
    assert [compare_digest(secret, SECRET) for secret in told] == [True, False, False]
    assert told[1]
    assert not told[2]
    assert dict(forged["headers"])["x-webhook-secret"] == "[hidden]"
    again = control.refused("POST", f"/deliveries/{forged['number']}/copies", {"effect": "webhook_forged"})
    assert again[0] == 409
    listed = control.house.get("/eachlabs/v1/webhooks/" + job).json()
    assert len(listed["attempts"]) == 1, "the provider knows nothing of copies"
    assert control.house.get("/eachlabs/v1/webhooks").json()["total_count"] == 1


@pytest.mark.parametrize("name", ["runpod", "runware"])
def test_what_nobody_signs_cannot_be_forged_and_comes_late_or_twice(
    control: Control, wires: tuple[Wire, ...], name: str
) -> None:
    submit(control, next(wire for wire in wires if wire.name == name))
    for effect, because in (
        ("webhook_forged", "nothing in a webhook there"),
        ("webhook_unknown_key", "only fal signs"),
    ):
        status, said = control.refused("POST", "/deliveries/1/copies", {"effect": effect})
        assert (status, said["where"]) == (409, "effect")
        assert said["error"].startswith(f"{effect} cannot be seen at {name}: {because}")
    copies(control, "webhook_late", seconds=5)
    copies(control, "webhook_repeated", times=2)
    control.house.advance(5)
    assert len({message.body for message in control.house.receiver.messages}) == 1
    assert len(control.house.receiver.messages) == 4


def test_a_late_one_comes_when_it_is_due_and_once(control: Control) -> None:
    submit(control)
    control.house.receiver.statuses = [500]
    (copy,) = copies(control, "webhook_late", seconds=60)
    assert (copy["attempts"], copy["planned"]) == ([], control.house.world().clock.now() + 60)
    control.house.advance(59)
    assert len(control.house.receiver.messages) == 1
    control.house.advance(86_400)
    assert len(control.house.receiver.messages) == 2
    (_, late) = control.get("/deliveries")["deliveries"]
    assert ([attempt["status"] for attempt in late["attempts"]], late["planned"]) == ([500], None)


def test_a_doubled_one_comes_twice_and_each_is_told(control: Control) -> None:
    submit(control)
    made = copies(control, "webhook_repeated", times=2)
    assert [(copy["number"], copy["attempts"][0]["status"]) for copy in made] == [(2, 200), (3, 200)]
    assert len({message.body for message in control.house.receiver.messages}) == 1
    assert len(control.house.receiver.messages) == 3


def test_one_with_another_body_is_signed_as_it_then_is(control: Control) -> None:
    submit(control)
    copies(control, "set_field", path="status", value="MELTED")
    assert json.loads(control.house.receiver.messages[1].body)["status"] == "MELTED"
    assert accepted(control, 1)


def test_what_would_change_nothing_is_refused(control: Control) -> None:
    submit(control)
    for body, where in (
        ({"effect": "webhook_lost"}, "effect"),
        ({"effect": "missing_field", "arguments": {"name": "nothing"}}, "effect"),
        ({"effect": "webhook_stale", "arguments": {"seconds": 0}}, "effect"),
    ):
        status, said = control.refused("POST", "/deliveries/1/copies", body)
        assert (status, said["where"]) == (409, where), said
    assert control.refused("POST", "/deliveries/1/copies", {"effect": "rate_limit"})[0] == 400
    assert control.refused("POST", "/deliveries/1/copies", {"effect": "webhook_forge"})[0] == 400
    assert control.refused("POST", "/deliveries/1/copies", {"effect": "webhook_late", "arguments": {"m": 1}})[0] == 400
    assert control.refused("POST", "/deliveries/9/copies", {"effect": "webhook_forged"})[0] == 404
    assert len(control.house.receiver.messages) == 1


def test_a_rule_that_struck_a_webhook_is_named_beside_it(control: Control) -> None:
    control.house.world()
    control.do("POST", "/faults?key=a-key", {"effect": "webhook_malformed"})
    submit(control)
    (delivery,) = control.get("/deliveries")["deliveries"]
    assert (delivery["effect"], delivery["copied"]) == ("webhook_malformed", None)


def test_copies_and_what_went_over_the_wire_are_in_a_snapshot(control: Control) -> None:
    control.house.receiver.sent, control.house.receiver.received = b"POST / HTTP/1.1\r\nx: \xe9\r\n", b"a: b\r\n\r\nok"
    submit(control)
    copies(control, "webhook_unknown_key")
    before = control.get("/deliveries")
    saved = control.get("/worlds/snapshot?key=a-key", headers={"x-vidmock": "1"})
    control.do("POST", "/worlds/reset?key=a-key")
    control.do("PUT", "/worlds/snapshot?key=a-key", saved)
    assert control.get("/deliveries") == before
    control.do("POST", "/deliveries/2/redeliver")
    assert not accepted(control, 2)


def test_each_attempt_has_the_headers_and_the_answer_without_secrets(control: Control) -> None:
    receiver = control.house.receiver
    receiver.sent = b"POST /hook HTTP/1.1\r\nhost: a.test\r\nx-webhook-secret: s3cret\r\nx-cut-of"
    receiver.received = b'set-cookie: a=s3cret\r\nx-why: no\r\n\r\n{"why": "no", "access_token": "s3cret'
    submit(control)
    (attempt,) = control.get("/deliveries")["deliveries"][0]["attempts"]
    assert attempt["sent"] == [["host", "a.test"], ["x-webhook-secret", "[hidden]"]]
    assert attempt["answer"]["headers"] == [["set-cookie", "[hidden]"], ["x-why", "no"]]
    assert attempt["answer"]["body"]["text"] == '{"why": "no", "access_token": "[hidden]"'
    (shown,) = control.get("/deliveries?secrets=1", headers={"x-vidmock": "1"})["deliveries"][0]["attempts"]
    assert "s3cret" in json.dumps(shown["sent"])


def test_of_many_attempts_the_newest_have_it(control: Control) -> None:
    control.house.receiver.sent, control.house.receiver.received = b"POST / HTTP/1.1\r\n", b"\r\n\r\n"
    submit(control)
    for _ in range(ATTEMPTS_SHOWN + 1):
        control.do("POST", "/deliveries/1/redeliver")
    attempts = control.get("/deliveries")["deliveries"][0]["attempts"]
    known = [attempt["answer"] is not None and attempt["sent"] is not None for attempt in attempts]
    assert known == [False, False, *[True] * ATTEMPTS_SHOWN]
