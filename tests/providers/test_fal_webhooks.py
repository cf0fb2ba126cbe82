"""fal's webhooks: signed with Ed25519 so that a verifier by other hands accepts them, and retried by either edition."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.fal_signatures import LEEWAY, verifies

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.time.mode import Mode
from vidmock.providers.fal.keys import KEYS_KEPT

if TYPE_CHECKING:
    from tests.conftest import House

ENDPOINT = "fal-ai/kling-video/o1/reference-to-video"
HOOK = "http://receiver.test/hook"


def submit(house: House, body: object = None, key: str = "a-key") -> str:
    answer = house.post(f"/fal/queue/{ENDPOINT}", body or {"prompt": "a kite"}, key, params={"fal_webhook": HOOK})
    return str(answer.json()["request_id"])


def keys(house: House) -> Any:
    return house.get("/fal/rest/.well-known/jwks.json", None).json()["keys"]


def received(house: House, number: int = 0) -> tuple[dict[str, str], bytes]:
    message = house.receiver.messages[number]
    return dict(message.headers), message.body


@pytest.mark.parametrize("body", [{"prompt": "a kite"}, {"prompt": 5}], ids=["success", "failure"])
def test_a_third_partys_verifier_accepts_the_signature(house: House, body: object) -> None:
    submit(house, body)
    house.advance(3)
    headers, raw = received(house)
    assert len(bytes.fromhex(headers["x-fal-webhook-signature"])) == 64
    assert headers["x-fal-webhook-signature"].islower()
    assert verifies(keys(house), headers, raw, house.world().clock.wall())


@pytest.mark.parametrize("name", ["request-id", "user-id", "timestamp", "body"])
def test_whatever_is_changed_no_longer_verifies(house: House, name: str) -> None:
    submit(house)
    house.advance(3)
    headers, raw = received(house)
    if name == "body":
        raw += b" "
    else:
        told = headers[f"x-fal-webhook-{name}"]
        headers[f"x-fal-webhook-{name}"] = told[:-1] + ("8" if told.endswith("9") else "9")
    assert not verifies(keys(house), headers, raw, house.world().clock.wall())


def test_two_keys_are_published_padded_and_the_newest_signs(house: House) -> None:
    submit(house)
    house.advance(3)
    newest, older = keys(house)
    assert all(len(key["x"]) == 44 and key["x"].endswith("=") for key in (newest, older))
    headers, raw = received(house)
    assert verifies([newest], headers, raw, house.world().clock.wall())
    assert not verifies([older], headers, raw, house.world().clock.wall())


def test_a_rotated_key_is_only_known_to_those_who_look_it_up_again(house: House) -> None:
    cached = keys(house)
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect("webhook_rotated"), times=1)))
    submit(house)
    house.advance(3)
    headers, raw = received(house)
    assert not verifies(cached, headers, raw, house.world().clock.wall())
    assert verifies(keys(house), headers, raw, house.world().clock.wall())
    submit(house, key="other-key")
    house.advance(3, "other-key")
    assert verifies(cached, *received(house, 1), house.world().clock.wall()), "nobody else's key has changed"


def test_the_set_of_keys_does_not_grow_without_end(house: House) -> None:
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect("webhook_rotated"))))
    for number in range(30):
        submit(house)
        house.advance(3)
        assert verifies(keys(house), *received(house, number), house.world().clock.wall())
    assert len(keys(house)) == KEYS_KEPT + 2


def test_keys_come_from_the_seed(houses: Callable[..., House]) -> None:
    published = [keys(houses(seed=seed)) for seed in (1, 1, 2)]
    assert published[0] == published[1]
    assert published[0][0]["x"] != published[2][0]["x"]


def test_the_user_id_is_the_keys_own_and_does_not_show_it(house: House) -> None:
    for key in ("a-key", "a-key", "other-key"):
        submit(house, key=key)
        house.advance(3, key)
    users = [dict(message.headers)["x-fal-webhook-user-id"] for message in house.receiver.messages]
    assert users[0] == users[1] != users[2]
    assert not any("key" in user for user in users)


@pytest.mark.parametrize("clock", ["manual", "scaled:20", "step"])
def test_an_honest_receiver_takes_a_webhook_however_the_clock_runs(houses: Callable[..., House], clock: str) -> None:
    house = houses(clock=Mode.parse(clock))
    house.receiver.statuses = [500, 500, 200]
    submit(house)
    house.advance(86_400)
    assert len(house.receiver.messages) == 3
    for number in range(3):
        assert verifies(keys(house), *received(house, number), house.world().clock.wall())
    assert abs(house.world().clock.now() - house.world().clock.wall()) > LEEWAY


def stamps_of_three(house: House) -> list[int]:
    """The times in the signatures of three attempts, in seconds after the submit, for a program that lives there."""
    clock = house.world().clock
    clock.live_by(lambda: True)
    began = clock.now()
    house.receiver.statuses = [500, 500, 200]
    submit(house)
    house.advance(100)
    found = [int(received(house, number)[0]["x-fal-webhook-timestamp"]) for number in range(3)]
    for number, stamp in enumerate(found):
        assert verifies(keys(house), *received(house, number), stamp)
    return [stamp - int(began) for stamp in found]


def test_each_attempt_has_its_own_time_and_a_signature_that_verifies(house: House) -> None:
    assert stamps_of_three(house) == [3, 13, 24]


def test_a_retry_may_repeat_time_and_signature(houses: Callable[..., House]) -> None:
    assert stamps_of_three(houses(behaviours={"fal.webhook_signature": "first"})) == [3, 3, 3]


@pytest.mark.parametrize("effect", ["webhook_forged", "webhook_unsigned", "webhook_stale"])
def test_a_later_attempt_is_as_wrong_as_the_first(house: House, effect: str) -> None:
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect(effect))))
    house.receiver.statuses = [500, 200]
    submit(house)
    house.advance(100)
    for number in range(2):
        headers, raw = received(house, number)
        headers.setdefault("x-fal-webhook-signature", "00" * 64)
        assert not verifies(keys(house), headers, raw, house.world().clock.wall())


def test_a_webhook_is_tried_until_the_result_expires_with_growing_distances(
    houses: Callable[..., House],
) -> None:
    house = houses()
    house.receiver.statuses = [500]
    job = submit(house)
    house.advance(3 + 4000)
    (delivery,) = house.world().outbox
    at = [attempt.at - house.world().jobs[job].ends for attempt in delivery.attempts]
    distances = [later - earlier for earlier, later in pairwise(at)]
    assert 20 < len(at) <= 32
    assert at[-1] < 3600
    assert distances == sorted(distances)
    assert house.receiver.timeouts == [15.0] + [120.0] * (len(at) - 1)


def test_there_is_less_time_for_a_long_result(houses: Callable[..., House]) -> None:
    house = houses()
    house.receiver.statuses = [500]
    job = submit(house, {"prompt": "a kite", "duration": "5" * 11_000})
    house.advance(4000)
    (delivery,) = house.world().outbox
    assert len(delivery.attempts) > 5
    assert delivery.attempts[-1].at - house.world().jobs[job].ends < 360


def test_a_webhook_is_never_tried_more_than_31_times_again(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.retention": "stored"})
    house.receiver.statuses = [500]
    submit(house)
    house.advance(30 * 86400)
    assert len(house.receiver.messages) == 32


@pytest.mark.parametrize(("edition", "attempts"), [("newer", 1), ("older", 11)])
def test_a_redirect_ends_the_attempts_in_the_newer_edition(
    houses: Callable[..., House], edition: str, attempts: int
) -> None:
    house = houses(behaviours={"fal.webhook_retries": edition})
    house.receiver.statuses = [302]
    submit(house)
    house.advance(10_000)
    assert len(house.receiver.messages) == attempts


def test_a_cancelled_job_is_announced_as_an_error(house: House) -> None:
    job = submit(house)
    house.ask("PUT", f"/fal/queue/fal-ai/kling-video/requests/{job}/cancel")
    house.advance(1)
    headers, raw = received(house)
    assert b'"error": "Unexpected status code: 499"' in raw
    assert verifies(keys(house), headers, raw, house.world().clock.wall())


@pytest.mark.parametrize(
    ("said", "error"), [("unexpected", "Unexpected status code: 499"), ("invalid", "Invalid status code: 499")]
)
def test_the_error_of_a_webhook_is_worded_as_it_is_switched(
    houses: Callable[..., House], said: str, error: str
) -> None:
    house = houses(behaviours={"fal.webhook_error": said})
    job = submit(house)
    house.ask("PUT", f"/fal/queue/fal-ai/kling-video/requests/{job}/cancel")
    house.advance(1)
    assert json.loads(received(house)[1])["error"] == error


@pytest.mark.parametrize("effect", ["webhook_forged", "webhook_stale"])
def test_a_tampered_webhook_is_refused_by_a_verifier(house: House, effect: str) -> None:
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect(effect))))
    submit(house)
    house.advance(3)
    assert not verifies(keys(house), *received(house), house.world().clock.wall())


@pytest.mark.parametrize("effect", ["webhook_foreign", "webhook_malformed"])
def test_what_a_signature_cannot_tell_is_left_to_the_receiver(house: House, effect: str) -> None:
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect(effect))))
    job = submit(house)
    house.advance(3)
    headers, raw = received(house)
    assert verifies(keys(house), headers, raw, house.world().clock.wall())
    with pytest.raises((ValueError, AssertionError)):
        assert json.loads(raw)["request_id"] == job


def test_a_stale_webhook_is_refused_for_its_time_alone(house: House) -> None:
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect("webhook_stale", {"seconds": 3600}))))
    submit(house)
    house.advance(3)
    assert verifies(keys(house), *received(house), house.world().clock.wall() - 3600)
