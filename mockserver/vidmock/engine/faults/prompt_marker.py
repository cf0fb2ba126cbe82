"""Markers in a prompt that ask for faults, for programs in any language: ``a kite [[vidmock: stuck at=before]]``.

The first word is the effect, with its main argument after ``=``. ``at=PHASE`` or ``at=PHASE:N`` says when (by default
in the effect's first phase), ``times=N`` how often, and any other ``name=value`` is an argument.

A marker belongs to the prompt: it strikes each submit with it, and in the phases that follow each job once.
``times=N`` at a submit strikes N of them, lets one through, and begins anew.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from vidmock.engine.faults.catalog import checked_rule, find_effect, fits
from vidmock.engine.faults.faults import Faults
from vidmock.engine.faults.prompt_pattern import SEARCHED_PROMPT
from vidmock.engine.faults.reach import JOBLESS
from vidmock.engine.faults.rules import Effect, FaultRule, Moment
from vidmock.engine.jobs.asked import AskedFault
from vidmock.problems import BadRequest

MOST_MARKERS: Final = 16
"""The most markers of a prompt, a limit of ours: each is looked at at every call about the job."""
_BEGUN = re.compile(r"\[\[\s*vidmock", re.IGNORECASE)
_MARKER = re.compile(rf"\[\[\s*vidmock:((?:(?!(?i:{_BEGUN.pattern})).)*?)\]\]")
_AT_A_SUBMIT: Final = ("before", "after")
"""The phases that a submit has; the others are those of its job."""
_REMEMBERED: Final = 200
"""Characters of a marker up to which it is kept, so that it is read once."""


def faults_in_prompt(prompt: str, provider: str, *, socket: bool = False) -> tuple[AskedFault, ...]:
    """What the markers in *prompt* ask to go wrong, at *provider*, to which it came by HTTP or by a *socket*.

    Only the first ``SEARCHED_PROMPT`` characters are read.

    Raises:
        BadRequest: a marker cannot be read, or would never strike, or there are more than ``MOST_MARKERS``; the message
            says what would be right.
    """
    if prompt.find("[[", 0, SEARCHED_PROMPT) < 0:
        return ()
    found: list[AskedFault] = []
    for begun in _BEGUN.finditer(prompt, 0, SEARCHED_PROMPT):
        if len(found) == MOST_MARKERS:
            raise BadRequest(f"a prompt has at most {MOST_MARKERS} markers")
        match = _MARKER.match(prompt, begun.start(), SEARCHED_PROMPT)
        if match is None:
            raise BadRequest(
                f"{prompt[begun.start() :][:40]!r} begins like a marker and is none. One is written on one line, as in "
                "[[vidmock: edge_page at=poll:2]]"
            )
        _check_in_prompt(_rule(match[1], provider), socket)
        found.append(AskedFault(match[1]))
    return tuple(found)


def strike_asked(
    asked: Sequence[AskedFault], moment: Moment, faults: Faults
) -> tuple[tuple[AskedFault, ...], Effect | None]:
    """*asked* after *moment*, and the effect that strikes then, if any does: of several, the first.

    *faults* counts the submits of the moment's prompt, where a marker says which of them it is for.
    """
    kept, hit = [], None
    for number, one in enumerate(asked):
        rule = _rule(one.marker, moment.provider)
        if rule.phase != moment.phase or not fits(rule.effect, moment):
            kept.append(one)
            continue
        strikes = _strikes_submit(rule, number, moment, faults) if rule.phase in _AT_A_SUBMIT else _strikes(rule, one)
        strikes = strikes and hit is None
        if strikes:
            hit = replace(rule.effect, rule=f"prompt: {one.marker.strip()}", confined=True)
        kept.append(AskedFault(one.marker, one.seen + 1, one.fired + strikes))
    return tuple(kept), hit


def _check_in_prompt(rule: FaultRule, socket: bool) -> None:
    """Raise BadRequest if *rule* would never strike a job whose submit came by HTTP or by a *socket*."""
    name, phase = rule.effect.name, rule.phase
    if phase in JOBLESS:
        said = f"a prompt is of a job, and no call in phase {phase} is about one"
        raise BadRequest(f"{said}: ask for {name} over HTTP (POST /_vidmock/faults) or in Python")
    by = find_effect(name).by
    if phase in _AT_A_SUBMIT and by and (by == "socket") != socket:
        kinds = "by WebSocket", "over HTTP"
        came, needed = kinds if socket else reversed(kinds)
        raise BadRequest(f"{name} can be seen {needed} only, and this request came {came}")


def _strikes_submit(rule: FaultRule, number: int, moment: Moment, faults: Faults) -> bool:
    """Whether *rule*, the marker of that *number*, strikes this submit: each, the nth of every n, or all but one."""
    turns = rule.nth[0] if rule.nth else (rule.times or 0) + 1
    place = f"{number} {hashlib.sha256(moment.prompt[:SEARCHED_PROMPT].encode(errors='replace')).hexdigest()}"
    turn = faults.take_turn(place, turns) if turns > 1 else 0
    return turn == turns - 1 if rule.nth else turns == 1 or turn < turns - 1


def _strikes(rule: FaultRule, one: AskedFault) -> bool:
    """Whether *rule* strikes a job of which *one* was seen so often."""
    left = rule.times is None or one.fired < rule.times
    return left and (not rule.nth or one.seen + 1 in rule.nth)


def _rule(marker: str, provider: str) -> FaultRule:
    return (_known_rule if len(marker) <= _REMEMBERED else parse_marker)(marker, provider)


@lru_cache(maxsize=1024)
def _known_rule(marker: str, provider: str) -> FaultRule:
    return parse_marker(marker, provider)


def parse_marker(text: str, provider: str = "") -> FaultRule:
    """The rule for the inside of a marker, such as ``edge_page=504 at=poll:2``; a value with spaces is quoted.

    Its codes are those of *provider*, or of any for "". Without ``times``, it strikes every submit, or a job once.

    Raises:
        BadRequest: it cannot be read; the message says what would be right.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadRequest(f"the marker {text.strip()!r} cannot be read: {str(error).lower()}") from None
    if not words:
        raise BadRequest("the marker is empty. For example: [[vidmock: edge_page at=poll:2]]")
    name, _, value = words[0].partition("=")
    known = find_effect(name)
    arguments: dict[str, Any] = {}
    if value:
        if known.main is None:
            raise BadRequest(f"{name} takes no value. Try: [[vidmock: {name}]]")
        arguments[known.main] = known.arguments[known.main].from_text(value)
    asked = FaultRule(phase=known.phases[0], effect=Effect(name), provider=provider)
    times: int | None = 0
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals:
            raise BadRequest(f"{word!r} is not of the form name=value")
        if key == "at":
            phase, _, nth = value.partition(":")
            asked = replace(asked, phase=phase, nth=(_count(nth),) if nth else ())  # type: ignore[arg-type]  # checked below
        elif key == "times":
            times = None if value == "always" else _count(value)
        else:
            arguments[key] = known.arguments[key].from_text(value) if key in known.arguments else value
    usual = None if asked.phase in _AT_A_SUBMIT else 1
    return checked_rule(replace(asked, effect=Effect(name, arguments), times=usual if times == 0 else times))


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise BadRequest(f"{text[:20]!r} is not a count: 1, 2, 3, …")
    return int(text)
