"""The catalog of effects by name, against which rules are checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, get_args

from vidmock.engine.faults.definition import EffectDefinition, Kind
from vidmock.engine.faults.reach import check_reach
from vidmock.engine.faults.rules import Effect, FaultRule, Moment, check_rule
from vidmock.engine.faults.target import resolve_target
from vidmock.problems import BadRequest, did_you_mean
from vidmock.schema.catalog import SHIPPED, ModelCatalog

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class EffectCatalog(Mapping[str, EffectDefinition[Any]]):
    """The effects of all kinds by name. The module that implements an effect adds it when it is imported.

    Effects on answers and files are in ``vidmock.providers``, which the engine does not import. Reading the catalog
    before ``vidmock.providers.exchange.effects`` is imported raises RuntimeError: it would not know those effects yet.
    """

    def __init__(self) -> None:
        self._effects: dict[str, EffectDefinition[Any]] = {}

    def add(self, effect: EffectDefinition[Any]) -> None:
        """Add *effect*. Raises TypeError: there is another of that name."""
        if effect.name in self._effects:
            raise TypeError(
                f"effect {effect.name!r}: there is another of that name, of kind {self._effects[effect.name].kind}"
            )
        self._effects[effect.name] = effect

    def __getitem__(self, name: str) -> EffectDefinition[Any]:
        self._check_complete()
        return self._effects[name]

    def __iter__(self) -> Iterator[str]:
        """The names by kind, and within a kind as they were added."""
        self._check_complete()
        return iter(sorted(self._effects, key=lambda name: KINDS.index(self._effects[name].kind)))

    def __len__(self) -> int:
        self._check_complete()
        return len(self._effects)

    def _check_complete(self) -> None:
        known = {effect.kind for effect in self._effects.values()}
        if missing := [kind for kind in KINDS if kind not in known]:
            kinds = " and ".join(missing)
            raise RuntimeError(
                f"no effects of kind {kinds} are known before: import vidmock.providers.exchange.effects"
            )


EFFECTS: Final = EffectCatalog()


def effect_kind(effect: Effect) -> Kind:
    return EFFECTS[effect.name].kind


def effect_name(value: object) -> str:
    """*value*, which somebody gave for the name of an effect. Raises BadRequest: it is no text."""
    if not isinstance(value, str):
        raise BadRequest("'effect' must be the name of an effect. See: vidmock faults", "effect")
    return value


def find_effect(name: str, parameter: str | None = None) -> EffectDefinition[Any]:
    """The effect of that name.

    Raises:
        BadRequest: there is none; the problem names *parameter* as the wrong one.
    """
    if name not in EFFECTS:
        raise BadRequest(f"no effect {name!r}.{did_you_mean(name, EFFECTS)} See: vidmock faults", parameter)
    return EFFECTS[name]


def fits(effect: Effect, moment: Moment) -> bool:
    """Whether *effect* can be seen at *moment*: not with a code that only another provider has, for example."""
    known = EFFECTS[effect.name]
    if known.by and (known.by == "socket") != moment.socket:
        return False
    if moment.phase == "before" and moment.operation == "upload" and not known.account:
        return False
    return not known.why_not(moment.provider, moment.phase) and known_at(effect, moment.provider)


def why_not(rule: FaultRule, provider: str) -> str:
    """Why *rule*, which names no provider, never strikes at *provider*; "" if it does."""
    try:
        checked_rule(replace(rule, provider=provider))
    except BadRequest as problem:
        return str(problem)
    return ""


def known_at(effect: Effect, provider: str) -> bool:
    """Whether *provider* has the codes in the arguments of *effect*."""
    known = EFFECTS[effect.name].arguments
    return all(known[name].known_at(value, provider) for name, value in effect.arguments.items())


def checked_rule(rule: FaultRule, catalog: ModelCatalog = SHIPPED) -> FaultRule:
    """*rule* with its effect's arguments parsed and completed by defaults, and its model's alias replaced by its id.

    Its model is one of *catalog*.

    Raises:
        BadRequest: no such effect, not in that phase, an argument that it does not have or a value that the argument
            cannot have, an unknown provider, operation or model, or a place where it would never strike; the message
            says what there is.
    """
    known = find_effect(rule.effect.name)
    known.check_phase(rule.phase)
    resolved = resolve_target(rule, catalog)
    arguments = known.complete(rule.effect.arguments, Moment(resolved.phase, resolved.provider))
    made = replace(resolved, effect=Effect(known.name, arguments))
    check_rule(made)
    check_reach(made, known)
    return made
