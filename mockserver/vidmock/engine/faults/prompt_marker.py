"""Markers in a prompt that ask for faults, for programs in any language: ``a kite [[vidmock: stuck at=before]]``.

The first word is the effect, with its main argument after ``=``. ``at=PHASE`` or ``at=PHASE:N`` says when (by default
in the effect's first phase), ``times=N`` how often (by default once), and any other ``name=value`` is an argument.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

from vidmock.engine.faults.catalog import checked_rule, find_effect
from vidmock.engine.faults.rules import Effect, FaultRule, Faults
from vidmock.problems import BadRequest

_BEGUN = re.compile(r"\[\[\s*vidmock", re.IGNORECASE)
_MARKER = re.compile(rf"\[\[\s*vidmock:((?:(?!(?i:{_BEGUN.pattern})).)*?)\]\]")


def rules_in_prompt(prompt: str) -> tuple[FaultRule, ...]:
    """The rules that the markers in *prompt* ask for. Each strikes only jobs with this prompt.

    Raises:
        BadRequest: a marker cannot be read; the message says what would be right.
    """
    found = []
    for number, begun in enumerate(_BEGUN.finditer(prompt), 1):
        match = _MARKER.match(prompt, begun.start())
        if match is None:
            raise BadRequest(
                f"{prompt[begun.start() :][:40]!r} begins like a marker and is none. One is written on one line, as in "
                "[[vidmock: edge_page at=poll:2]]"
            )
        found.append(replace(parse_marker(match[1]), prompt=f"^{re.escape(prompt)}$", id=f"prompt {number}: {prompt}"))
    return tuple(found)


def apply_prompt_markers(faults: Faults, prompt: str) -> None:
    """Add the rules in *prompt* to *faults*, unless the same prompt has added them before. Raises BadRequest."""
    if "[[" in prompt:
        for found in rules_in_prompt(prompt):
            if found.id not in faults:
                faults.add(found)


def parse_marker(text: str) -> FaultRule:
    """The rule for the inside of a marker, such as ``edge_page=504 at=poll:2``; a value with spaces is quoted.

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
        arguments[known.main] = value
    asked = FaultRule(phase=known.phases[0], effect=Effect(name), times=1)
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals:
            raise BadRequest(f"{word!r} is not of the form name=value")
        if key == "at":
            phase, _, nth = value.partition(":")
            asked = replace(asked, phase=phase, nth=(_count(nth),) if nth else ())  # type: ignore[arg-type]  # checked below
        elif key == "times":
            asked = replace(asked, times=None if value == "always" else _count(value))
        else:
            arguments[key] = value
    return checked_rule(replace(asked, effect=Effect(name, arguments)))


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise BadRequest(f"{text[:20]!r} is not a count: 1, 2, 3, …")
    return int(text)
