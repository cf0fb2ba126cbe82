"""A fault that would never strike is refused, and what providers have is what their dialects say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import vidmock.providers.exchange.effects
from vidmock.engine.faults.catalog import EFFECTS, checked_rule, fits, why_not
from vidmock.engine.faults.prompt_marker import faults_in_prompt
from vidmock.engine.faults.reach import JOBLESS, OPERATIONS_AT, OPERATIONS_IN, check_key, phases_at
from vidmock.engine.faults.rules import PHASES, Effect, FaultRule, Moment
from vidmock.engine.faults.target import OPERATIONS
from vidmock.problems import BadRequest
from vidmock.providers.runware.tasks import TASK_OPERATIONS
from vidmock.schema.catalog import providers

LOST, PARTIAL = Effect("lost"), Effect("partial")
PACKAGE = Path(vidmock.providers.__file__).parent


def said_in_code(provider: str) -> Iterator[str]:
    """The operations that a dialect marks its handlers with, or has a call perform."""
    for file in (PACKAGE / provider).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.args[0] if node.args else None, ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("operation", "perform"):
                    yield str(ast.literal_eval(node.args[0]))


@pytest.mark.parametrize("provider", providers())
def test_a_provider_has_the_operations_that_its_dialect_marks(provider: str) -> None:
    tasks = TASK_OPERATIONS.values() if provider == "runware" else ()
    assert {*said_in_code(provider), *tasks, "webhook"} == {*OPERATIONS_AT[provider]}


def test_every_operation_has_a_phase_and_every_phase_a_provider() -> None:
    assert {name for names in OPERATIONS_IN.values() for name in names} == {*OPERATIONS}
    assert [*OPERATIONS_IN] == sorted(PHASES, key=[*OPERATIONS_IN].index)
    assert {phase for provider in providers() for phase in phases_at(provider)} == {*PHASES}


@pytest.mark.parametrize(
    ("rule", "where", "said"),
    [
        (FaultRule("cancel", LOST, "runware"), "phase", "runware has no cancel; it has before, after, poll, webhook, "),
        (FaultRule("stream", LOST, "eachlabs"), "phase", "eachlabs has no stream"),
        (FaultRule("upload", LOST, "runpod"), "phase", "runpod has no upload"),
        (FaultRule("connect", LOST, "fal"), "phase", "fal has no connect"),
        (FaultRule("before", LOST, "fal", "retry"), "operation", "fal has no operation 'retry'; it has submit, poll, "),
        (FaultRule("poll", LOST, operation="submit"), "operation", "there it is poll or result"),
        (FaultRule("before", LOST, operation="upload"), "operation", "there it is submit or retry"),
        (FaultRule("before", Effect("locked"), "eachlabs", "upload"), "operation", "there it is submit or retry"),
        (FaultRule("upload", LOST, job="x"), "job", "a call in phase upload is about no job: it has no job"),
        (FaultRule("other", LOST, model="kling-video-o1-r2v"), "model", "it has no model"),
        (FaultRule("connect", LOST, prompt="x"), "prompt", "it has no prompt"),
        (FaultRule("before", PARTIAL, "fal"), None, "partial cannot be seen at fal in phase before: only Runware "),
        (FaultRule("poll", Effect("socket_closed"), "fal"), None, "only Runware has a WebSocket"),
        (FaultRule("after", Effect("other_urls"), "runpod"), None, "only fal's answer to a submit has URLs"),
        (FaultRule("webhook", Effect("webhook_stale"), "runpod"), None, "only fal signs its webhooks"),
    ],
    ids=lambda one: f"{one.effect.name} {one.phase} {one.provider}" if isinstance(one, FaultRule) else "",
)
def test_what_would_never_strike_is_refused(rule: FaultRule, where: str | None, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        checked_rule(rule)
    assert said in str(refused.value)
    assert refused.value.parameter == where


def test_a_rule_for_all_providers_strikes_where_it_can() -> None:
    rule = checked_rule(FaultRule("before", PARTIAL))
    assert [name for name in providers() if not why_not(rule, name)] == ["runware"]
    assert fits(rule.effect, Moment("before", "runware"))
    assert not fits(rule.effect, Moment("before", "fal"))


@pytest.mark.parametrize(
    ("effect", "by_socket", "over_http"), [("lost", 1, 1), ("wrong_type", 0, 1), ("socket_closed", 1, 0)]
)
def test_an_effect_waits_for_a_call_that_comes_its_way(effect: str, by_socket: int, over_http: int) -> None:
    made = checked_rule(FaultRule("after", Effect(effect))).effect
    assert fits(made, Moment("after", "runware", socket=True)) == bool(by_socket)
    assert fits(made, Moment("after", "runware")) == bool(over_http)


def test_the_state_of_an_account_is_met_by_uploads_too() -> None:
    upload = Moment("before", "fal", "upload")
    assert [name for name, effect in EFFECTS.items() if effect.account] == ["no_balance", "locked"]
    assert fits(Effect("locked"), upload)
    assert not fits(Effect("unauthorized"), upload)
    assert checked_rule(FaultRule("before", Effect("locked"), "fal", "upload")).operation == "upload"


@pytest.mark.parametrize("phase", JOBLESS)
def test_a_prompt_asks_for_nothing_that_is_not_of_its_job(phase: str) -> None:
    with pytest.raises(BadRequest, match=rf"no call in phase {phase} is about one: ask for lost over HTTP"):
        faults_in_prompt(f"[[vidmock: lost at={phase}]]", "runware")


@pytest.mark.parametrize(
    ("marker", "socket", "said"),
    [
        ("wrong_type", True, "wrong_type can be seen over HTTP only, and this request came by WebSocket"),
        (
            "socket_closed at=after",
            False,
            "socket_closed can be seen by WebSocket only, and this request came over HTTP",
        ),
    ],
)
def test_a_prompt_asks_for_what_its_own_request_can_show(marker: str, socket: bool, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        faults_in_prompt(f"[[vidmock: {marker}]]", "runware", socket=socket)
    assert faults_in_prompt(f"[[vidmock: {marker}]]", "runware", socket=not socket)
    # A job may be asked for in the other way.
    assert faults_in_prompt(f"[[vidmock: {marker.replace('after', 'poll')} at=poll]]", "runware", socket=socket)


def test_a_handshake_is_of_no_key() -> None:
    rule = FaultRule("connect", LOST)
    check_key(rule, None)
    check_key(rule, "")
    check_key(FaultRule("session", LOST), "a-key")
    with pytest.raises(BadRequest, match="a WebSocket's handshake comes before its key"):
        check_key(rule, "a-key")
