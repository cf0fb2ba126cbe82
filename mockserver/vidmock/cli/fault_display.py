"""Prints what a fault looks like at each provider: requests, answers and webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from vidmock.cli.output import say, say_json
from vidmock.engine.faults.catalog import EFFECTS, why_not
from vidmock.engine.faults.prompt_marker import parse_marker
from vidmock.engine.faults.reach import JOBLESS
from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.money import format_amount
from vidmock.media.clip import Container
from vidmock.media.formats import content_type
from vidmock.providers.exchange.envelope import phrase
from vidmock.schema.dollars import dollars
from vidmock.server.demonstration import Demonstration, ShownExchange, demonstrate
from vidmock.server.sample_calls import SAMPLES

_WIDEST = 400
"""Characters of a body that are printed."""
_USUAL_TYPES = {"application/json", *map(content_type, get_args(Container))}
_SHOWN_HEADERS = ("retry-after", "location", "signature", "secret", "timestamp", "error-type", "retry", "retryable")


def show_fault(text: str, provider: str | None, *, as_json: bool) -> int:
    """Print what the fault *text*, such as ``late=30 at=poll``, does at one provider or at each.

    Raises:
        BadRequest: no such fault, or no provider of that name.
    """
    rule = replace(parse_marker(text, provider or ""), times=None)
    shown = {name: demonstrate(name, rule) for name in SAMPLES if provider in (None, name)}
    if as_json:
        say_json([_to_json(demonstration) for demonstration in shown.values() if demonstration])
        return 0
    effect = rule.effect.name
    in_a_prompt = "" if rule.phase in JOBLESS else f" In a prompt: [[vidmock: {text}]]"
    say(f"{effect}: {EFFECTS[effect].about}\nHere {_when(rule)}.{in_a_prompt}")
    for name, demonstration in shown.items():
        say("")
        if demonstration is None:
            say(f"{name}: {why_not(rule, name)}")
            continue
        say(
            f"{name}: charged {dollars(demonstration.charged)}"
            + (f", given back {dollars(demonstration.refunded)}" if demonstration.refunded else "")
        )
        for line in _lines(demonstration):
            say(line)
    return 0


def _when(rule: FaultRule) -> str:
    arguments = ", ".join(f"{key}={value!r}" for key, value in rule.effect.arguments.items())
    return f"at {rule.phase}{', with ' if arguments else ''}{arguments}"


def _lines(demonstration: Demonstration) -> Iterator[str]:
    last: dict[str, ShownExchange] = {}
    for scene in demonstration.scenes:
        before, last[scene.line] = last.get(scene.line), scene
        if before and (before.status, before.body) == (scene.status, scene.body) and scene.status is not None:
            # A poll whose answer is still the same.
            continue
        mark = "*" if scene.struck else " "
        yield f"{mark} {scene.at:8.2f} s  {scene.line if scene.status is not None else f'sends {scene.line}'}"
        if scene.status is not None:
            yield f"{'':13}{_status(scene.status)}"
        for name, value in scene.headers:
            if any(word in name for word in _SHOWN_HEADERS) or (name == "content-type" and _is_unusual(value)):
                yield f"{'':13}{name}: {value}"
        if scene.body:
            yield f"{'':13}{_body(scene)}"


def _status(status: int) -> str:
    if not status:
        return "no answer"
    return f"{status} {phrase(status)}".rstrip()


def _is_unusual(content_type: str) -> bool:
    return content_type.partition(";")[0] not in _USUAL_TYPES


def _body(scene: ShownExchange) -> str:
    try:
        text = scene.body.decode().strip()
    except UnicodeDecodeError:
        return f"({len(scene.body):,} bytes, which begin with {scene.body[:12]!r})"
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]} … ({len(text):,} characters)"


def _to_json(demonstration: Demonstration) -> dict[str, object]:
    scenes = [
        {
            "at": scene.at,
            "request" if scene.status is not None else "sends": scene.line,
            **({"status": scene.status} if scene.status is not None else {}),
            "headers": dict(scene.headers),
            "body": scene.body.decode(errors="replace"),
            "struck": scene.struck,
        }
        for scene in demonstration.scenes
    ]
    return {
        "provider": demonstration.provider,
        "charged": format_amount(demonstration.charged),
        "refunded": format_amount(demonstration.refunded),
        "scenes": scenes,
    }
