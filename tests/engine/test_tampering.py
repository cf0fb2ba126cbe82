"""What faults make of a webhook message, byte for byte."""

from __future__ import annotations

import json
from typing import Any

from vidmock.engine.delivery import Message
from vidmock.engine.effects import EFFECTS
from vidmock.engine.faults import Effect
from vidmock.engine.tampering import tampered

JOB = "6b7a3a3c-50c1-4f4e-8c8a-0a9b7a1f2c3d"
BODY = json.dumps({"request_id": JOB, "status": "OK"}).encode()


def headers(moment: float) -> tuple[tuple[str, str], ...]:
    at = int(moment)
    return (("content-type", "application/json"), ("x-job", JOB), ("x-timestamp", str(at)), ("x-signature", f"ab{at}"))


MESSAGE = Message("http://mock.test/hook", BODY, headers(9000), renewed=headers)


def after(name: str, message: Message = MESSAGE, **arguments: Any) -> list[tuple[Message, float]]:
    complete = {**EFFECTS[name].arguments, **arguments}
    return list(tampered(message, Effect(name, complete), JOB, 9000.0))


def test_without_a_fault_the_message_goes_out_at_once() -> None:
    assert list(tampered(MESSAGE, None, JOB, 9000.0)) == [(MESSAGE, 0.0)]


def test_a_lost_one_is_never_sent() -> None:
    assert after("webhook_lost") == []


def test_a_late_one_is_the_same_but_later() -> None:
    assert after("webhook_late", seconds=60.0) == [(MESSAGE, 60.0)]


def test_a_repeated_one_is_the_same_each_time() -> None:
    assert after("webhook_repeated", times=3) == [(MESSAGE, 0.0)] * 3


def test_a_malformed_one_breaks_off_in_the_middle() -> None:
    ((message, _),) = after("webhook_malformed")
    assert message.body == BODY[: len(BODY) // 2]


def test_an_unsigned_one_lacks_the_signature_and_nothing_else() -> None:
    ((message, _),) = after("webhook_unsigned")
    assert message.headers == headers(9000)[:3]
    assert message.body == BODY


def test_a_forged_one_has_another_signature_of_the_same_length() -> None:
    ((message, _),) = after("webhook_forged")
    assert message.headers[:3] == headers(9000)[:3]
    assert message.headers[3] == ("x-signature", "ab9001")


def test_a_stale_one_is_signed_as_of_then() -> None:
    ((message, _),) = after("webhook_stale", seconds=3600.0)
    assert message.headers == headers(5400)


def test_a_stale_one_without_a_signer_only_tells_another_time() -> None:
    plain = Message(MESSAGE.url, BODY, headers(9000))
    ((message, _),) = after("webhook_stale", plain, seconds=3600.0)
    assert dict(message.headers) == dict(headers(9000)) | {"x-timestamp": "5400"}


def test_a_foreign_one_names_a_job_that_nobody_submitted() -> None:
    ((message, _),) = after("webhook_foreign")
    assert JOB.encode() not in message.body
    assert json.loads(message.body)["request_id"] == dict(message.headers)["x-job"] != JOB


def test_every_effect_on_webhooks_is_shown_here() -> None:
    shown = {"lost", "late", "repeated", "malformed", "unsigned", "forged", "stale", "foreign"}
    assert {name for name, kind in EFFECTS.items() if kind.kind == "webhook"} == {f"webhook_{name}" for name in shown}
