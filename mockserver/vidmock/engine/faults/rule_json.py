"""Fault rules as JSON: ``{"phase": "poll", "effect": "edge_page", "arguments": {"status": 504}, "nth": [2]}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import chain
from typing import Any

from vidmock.engine.codec import to_plain
from vidmock.engine.faults.catalog import checked_rule, effect_name, find_effect
from vidmock.engine.faults.outcomes import NEXT, find_outcome
from vidmock.engine.faults.rules import PHASES, Effect, FaultRule, Moment
from vidmock.engine.faults.target import check_operation, check_provider, resolve_model
from vidmock.problems import BadRequest, did_you_mean
from vidmock.schema.catalog import SHIPPED, ModelCatalog

RULE_MEMBERS = ("effect", "arguments", *(field.name for field in fields(FaultRule) if field.name != "effect"))
"""The members of a rule in JSON; ``effect`` is a name, and ``arguments`` are that effect's."""

_MOST = 20
"""Things that are told of one rule."""
_TEXTS = ("phase", "provider", "operation", "model", "job", "prompt", "id")


class RuleMistakes(BadRequest):
    """*several* things that are wrong with a rule: the message has a line for each."""

    def __init__(self, several: Sequence[BadRequest]) -> None:
        places = dict.fromkeys(one.parameter for one in several if one.parameter)
        super().__init__("\n".join(map(str, several)), ", ".join(places))
        self.several = several


def rule_from_json(data: object, catalog: ModelCatalog = SHIPPED) -> FaultRule:
    """The rule of *data*, checked. Without ``phase``, it strikes in the first phase of its effect.

    Its model is one of *catalog*.

    Raises:
        BadRequest: *data* is not a rule; the message says what would be right, and ``parameter`` which member is wrong.
        RuleMistakes: more than one thing is wrong with it.
    """
    if not isinstance(data, Mapping):
        raise BadRequest("a fault is an object such as {'phase': 'poll', 'effect': 'edge_page'}")
    if found := _mistakes(data, catalog):
        raise _as_one(found)
    made = FaultRule(
        **{name: data[name] for name in _TEXTS if name in data and name != "phase"},
        phase=_phase(data),
        effect=effect_from_json(data),
        nth=_nth(data.get("nth", [])),
        times=_times(data.get("times")),
        probability=_probability(data.get("probability", 1.0)),
    )
    return checked_rule(made, catalog)


def _as_one(found: Sequence[BadRequest]) -> BadRequest:
    return found[0] if len(found) == 1 else RuleMistakes(found)


def _mistakes(data: Mapping[str, Any], catalog: ModelCatalog) -> list[BadRequest]:
    """What is wrong with *data*, as far as each part can be judged without the others; at most ``_MOST`` things."""
    strange = [name for name in data if name not in RULE_MEMBERS]
    found = [
        BadRequest(f"a fault has no {name!r}.{did_you_mean(name, RULE_MEMBERS)} It has {_listed(RULE_MEMBERS)}", name)
        for name in strange[:_MOST]
    ]
    no_texts = {name for name in _TEXTS if not isinstance(data.get(name, ""), str)}
    found += [BadRequest(f"'{name}' must be a string", name) for name in _TEXTS if name in no_texts]
    no_effect = _refused(effect_from_json, data)
    found += no_effect
    for name, read in _NUMBERS.items():
        found += _refused(read, data[name]) if name in data else []
    if not no_effect:
        found += _part_mistakes({name: value for name, value in data.items() if name not in no_texts}, catalog)
    return found[:_MOST]


def _part_mistakes(data: Mapping[str, Any], catalog: ModelCatalog) -> list[BadRequest]:
    """What is wrong with phase, target and arguments of *data*, which has an effect."""
    provider, operation, model = (data.get(name, "") for name in ("provider", "operation", "model"))
    no_phase, no_provider = _refused(_phase, data), _refused(check_provider, provider)
    found = [*no_phase, *no_provider, *_refused(check_operation, operation)]
    if model and not no_provider:
        found += _refused(resolve_model, model, provider, catalog)
    if not (no_phase or no_provider):
        moment, known = Moment(_phase(data), provider), find_effect(data["effect"])
        arguments = data.get("arguments", {})
        if whole := _refused(known.complete, arguments, moment):
            each = [_refused(known.complete, {name: value}, moment) for name, value in arguments.items()]
            found += [*chain.from_iterable(each)] or whole
    return found


def _refused(check: Callable[..., object], *given: object) -> list[BadRequest]:
    try:
        check(*given)
    except BadRequest as problem:
        return [problem]
    return []


def outcome_from_json(data: Mapping[str, Any], catalog: ModelCatalog = SHIPPED) -> FaultRule:
    """The rule that gives one later job the outcome of *data*: the next that matches, or the ``nth``.

    Raises:
        BadRequest: as :func:`rule_from_json`, or the effect is not an outcome.
    """
    if no_outcome := _refused(find_outcome, data.get("effect"), NEXT):
        raise _as_one([*no_outcome, *(one for one in _mistakes(data, catalog) if one.parameter != "effect")])
    return rule_from_json({"phase": "before", "times": 1, **data}, catalog)


def rule_to_json(known: FaultRule) -> dict[str, Any]:
    """*known* as :func:`rule_from_json` reads it, without the members that have their defaults."""
    plain: dict[str, Any] = to_plain(known)
    effect = plain.pop("effect")
    defaults: Mapping[str, Any] = {"nth": [], "times": None, "probability": 1.0}
    kept = {name: value for name, value in plain.items() if value != defaults.get(name, "")}
    return (
        {"id": kept.pop("id", ""), "phase": kept.pop("phase"), "effect": effect["name"]}
        | ({"arguments": effect["arguments"]} if effect["arguments"] else {})
        | kept
    )


def effect_from_json(data: Mapping[str, Any]) -> Effect:
    """The effect of ``{"effect": NAME, "arguments": {…}}``. Raises BadRequest."""
    name, arguments = effect_name(data.get("effect")), data.get("arguments", {})
    find_effect(name, "effect")
    if not isinstance(arguments, Mapping):
        raise BadRequest("'arguments' must be an object", "arguments")
    return Effect(name, dict(arguments))


def _phase(data: Mapping[str, Any]) -> Any:
    known = find_effect(effect_from_json(data).name)
    phase = data.get("phase") or known.phases[0]
    known.check_phase(phase, None if phase in PHASES else "phase")
    return phase


def _nth(value: object) -> tuple[int, ...]:
    numbers = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(number, bool) or not isinstance(number, int) or number < 1 for number in numbers):
        raise BadRequest("'nth' is a count from 1, or a list of them", "nth")
    return tuple(numbers)


def _times(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadRequest("'times' is how often at most, from 1, or null for always", "times")
    return value


def _probability(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise BadRequest("'probability' is above 0 and at most 1", "probability")
    return float(value)


_NUMBERS: Mapping[str, Callable[[object], object]] = {"nth": _nth, "times": _times, "probability": _probability}
"""How the members that are numbers are read."""


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)
