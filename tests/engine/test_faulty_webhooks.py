"""What faults make of a webhook message, byte for byte."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Self

from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.rules import Effect
from vidmock.engine.webhooks.delivery import Message, MessageHeaders
from vidmock.engine.webhooks.faulty import PlannedMessage, apply_webhook_fault

JOB = "6b7a3a3c-50c1-4f4e-8c8a-0a9b7a1f2c3d"
BODY = json.dumps({"request_id": JOB, "status": "OK"}).encode()


@dataclass(frozen=True)
class Signed:
    """Signs with what it is about: the job, the time, the length of the body, and the key."""

    job: str = JOB
    key: str = "a"

    def headers(self, body: bytes, moment: float) -> MessageHeaders:
        at = int(moment)
        signature = f"{self.key} {len(body)} {at}"
        return (("content-type", "x"), ("x-job", self.job), ("x-timestamp", str(at)), ("x-signature", signature))

    def about(self, job: str) -> Self:
        return replace(self, job=job)

    def rotated(self) -> Self:
        return replace(self, key="b")

    def unpublished(self) -> Self:
        return replace(self, key="c")


def headers(moment: float) -> MessageHeaders:
    return Signed().headers(BODY, moment)


MESSAGE = Message("http://mock.test/hook", BODY, headers(9000), signature=Signed())


def after(name: str, message: Message = MESSAGE, **arguments: Any) -> list[PlannedMessage]:
    complete = {**EFFECTS[name].defaults, **arguments}
    return list(apply_webhook_fault(message, Effect(name, complete), JOB, 9000.0))


def alone(planned: list[PlannedMessage]) -> Message:
    """The one message that goes out, and at once, as it is sent."""
    (one,) = planned
    assert (one.delay, one.held) == (0.0, False)
    return one.message.signed(9000.0)


def test_without_a_fault_the_message_goes_out_at_once() -> None:
    assert apply_webhook_fault(MESSAGE, None, JOB, 9000.0) == (PlannedMessage(MESSAGE),)


def test_a_lost_one_is_never_sent() -> None:
    assert after("webhook_lost") == []


def test_a_late_one_is_the_same_but_later() -> None:
    assert after("webhook_late", seconds=60.0) == [PlannedMessage(MESSAGE, 60.0)]


def test_a_repeated_one_is_the_same_each_time() -> None:
    assert after("webhook_repeated", times=3) == [PlannedMessage(MESSAGE)] * 3


def test_a_reordered_one_waits_for_the_next() -> None:
    assert after("webhook_reordered", seconds=60.0) == [PlannedMessage(MESSAGE, 60.0, held=True)]


def test_a_malformed_one_breaks_off_in_the_middle_and_is_signed_as_it_is() -> None:
    message = alone(after("webhook_malformed"))
    assert message.body == BODY[: len(BODY) // 2]
    assert message.headers == Signed().headers(message.body, 9000)


def test_an_unsigned_one_lacks_the_signature_and_nothing_else() -> None:
    message = alone(after("webhook_unsigned"))
    assert message.headers == headers(9000)[:3]
    assert message.body == BODY


def test_a_forged_one_has_another_signature_of_the_same_length() -> None:
    message = alone(after("webhook_forged"))
    assert message.headers[:3] == headers(9000)[:3]
    assert message.headers[3] == ("x-signature", f"a {len(BODY)} 9001")


def test_a_stale_one_is_signed_as_of_then() -> None:
    message = alone(after("webhook_stale", seconds=3600.0))
    assert message.headers == headers(5400)
    assert message.signed(9999.0).headers == headers(6399), "a later attempt is as stale as the first"


def test_a_rotated_one_is_signed_with_a_new_key_now_and_later() -> None:
    message = alone(after("webhook_rotated"))
    assert message.headers == Signed(key="b").headers(BODY, 9000)
    assert message.signed(9999.0).headers == Signed(key="b").headers(BODY, 9999)


def test_one_of_an_unknown_key_is_signed_right_by_a_key_that_nobody_publishes() -> None:
    message = alone(after("webhook_unknown_key"))
    assert message.signed(9999.0).headers == Signed(key="c").headers(BODY, 9999)


def test_one_that_is_wrong_already_is_not_made_right_by_the_same_again() -> None:
    plain = Message(MESSAGE.url, BODY, (("x-webhook-secret", "s1"),))
    once = alone(after("webhook_forged", plain))
    assert alone(after("webhook_forged", once)).headers == once.headers == (("x-webhook-secret", "s0"),)


def test_one_without_a_signer_has_its_secret_wrong_or_not_at_all() -> None:
    plain = Message(MESSAGE.url, BODY, (("x-webhook-secret", "s0"), ("x-other", "s0")))
    assert alone(after("webhook_forged", plain)).headers == (("x-webhook-secret", "s1"), ("x-other", "s0"))
    assert alone(after("webhook_unsigned", plain)).headers == (("x-other", "s0"),)
    assert alone(after("webhook_stale", plain)).headers == plain.headers


def test_a_foreign_one_names_a_job_that_nobody_submitted_and_its_signature_fits() -> None:
    message = alone(after("webhook_foreign"))
    assert JOB.encode() not in message.body
    stranger = json.loads(message.body)["request_id"]
    assert stranger != JOB
    assert message.headers == Signed(stranger).headers(message.body, 9000)


def test_every_effect_on_webhooks_is_shown_here() -> None:
    shown = {"lost", "late", "reordered", "repeated", "malformed", "unsigned", "forged", "stale", "foreign", "rotated"}
    shown.add("unknown_key")
    assert {name for name, kind in EFFECTS.items() if kind.kind == "webhook"} == {f"webhook_{name}" for name in shown}
