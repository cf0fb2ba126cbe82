"""A fault, as it looks at each provider: what is asked and answered, and what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from vidmock.cli.output import say, say_json
from vidmock.engine.faults.catalog import EFFECTS, checked_rule
from vidmock.engine.faults.prompt_marker import parse_marker as asked
from vidmock.engine.faults.rules import FaultRule
from vidmock.media import Container, content_type
from vidmock.providers.exchange.envelope import phrase
from vidmock.server.demonstration import Demonstration, ShownExchange, demonstrate
from vidmock.server.sample_calls import SAMPLES

_WIDEST = 400
_EXPECTED = {"application/json", *map(content_type, get_args(Container))}
_TELLING = ("retry-after", "location", "signature", "secret", "timestamp", "error-type", "retry", "retryable")


def show_fault(text: str, provider: str | None, *, as_json: bool) -> int:
    """Print what the fault that *text* asks for does, at one provider or at each.

    Raises:
        BadRequest: no such fault, or no provider of that name.
    """
    # Checked once more, because what a code means depends on the provider.
    rule = checked_rule(replace(asked(text), provider=provider or ""))
    plays = {name: demonstrate(name, rule) for name in SAMPLES if provider in (None, name)}
    if as_json:
        say_json([_plain(play) for play in plays.values() if play])
        return 0
    effect = rule.effect.name
    say(f"{effect}: {EFFECTS[effect].about}\nHere {_when(rule)}. In a prompt: [[vidmock: {text}]]")
    for name, play in plays.items():
        say("")
        if play is None:
            say(f"{name}: has no {rule.phase}")
            continue
        say(f"{name}: charged ${play.charged}" + (f", given back ${play.refunded}" if play.refunded != "0.00" else ""))
        for line in _lines(play):
            say(line)
    return 0


def _when(rule: FaultRule) -> str:
    arguments = ", ".join(f"{key}={value!r}" for key, value in rule.effect.arguments.items())
    return f"at {rule.phase}{', with ' if arguments else ''}{arguments}"


def _lines(play: Demonstration) -> Iterator[str]:
    told: dict[str, ShownExchange] = {}
    for scene in play.scenes:
        before, told[scene.line] = told.get(scene.line), scene
        if before and (before.status, before.body) == (scene.status, scene.body) and scene.status is not None:
            # Asked again, and nothing is new.
            continue
        mark = "*" if scene.struck else " "
        yield f"{mark} {scene.at:8.2f} s  {scene.line if scene.status is not None else f'sends {scene.line}'}"
        if scene.status is not None:
            yield f"{'':13}{_status(scene.status)}"
        for name, value in scene.headers:
            if any(word in name for word in _TELLING) or (name == "content-type" and _odd(value)):
                yield f"{'':13}{name}: {value}"
        if scene.body:
            yield f"{'':13}{_body(scene)}"


def _status(status: int) -> str:
    if not status:
        return "no answer"
    return f"{status} {phrase(status)}".rstrip()


def _odd(content_type: str) -> bool:
    return content_type.partition(";")[0] not in _EXPECTED


def _body(scene: ShownExchange) -> str:
    try:
        text = scene.body.decode().strip()
    except UnicodeDecodeError:
        return f"({len(scene.body):,} bytes, which begin with {scene.body[:12]!r})"
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]} … ({len(text):,} characters)"


def _plain(play: Demonstration) -> dict[str, object]:
    scenes = [
        {
            "at": scene.at,
            "request" if scene.status is not None else "sends": scene.line,
            **({"status": scene.status} if scene.status is not None else {}),
            "headers": dict(scene.headers),
            "body": scene.body.decode(errors="replace"),
            "struck": scene.struck,
        }
        for scene in play.scenes
    ]
    return {"provider": play.provider, "charged": play.charged, "refunded": play.refunded, "scenes": scenes}
