"""Joins what is wrong with an input by one and the same mistake: a name misspelt, a member misplaced, an envelope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vidmock.schema import pointer, strays
from vidmock.schema.catalog import Model
from vidmock.schema.findings import BrokenPlaces
from vidmock.schema.misfits import Misfit
from vidmock.schema.strays import Stray


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong at *path* by *misfit*; that of a missing member is where it should be.

    *advice* may be empty. It is about the members that it *explains*, which were meant for this place.
    """

    path: pointer.Path
    misfit: Misfit
    advice: str = ""
    explains: frozenset[pointer.Path] = frozenset()

    @property
    def missing(self) -> bool:
        return self.misfit.keyword == "required"

    @property
    def unknown(self) -> bool:
        return self.misfit.keyword == "additionalProperties"


def one_for_each_mistake(model: Model, payload: Any, found: Sequence[Found], broken: BrokenPlaces) -> list[Found]:
    """*found* in *payload*, with advice, one for each mistake. Where a member was meant to be is *broken* as well."""
    if not any(each.missing or each.unknown for each in found):
        return list(found)
    left = strays.first_strays(model, payload)
    for around, missing in _missing_by_object(found).items():
        there = pointer.value_at(payload, around)
        declared = missing[0].misfit.schema.get("properties", {})
        if envelope := strays.envelope_in(there, [str(each.path[-1]) for each in missing], declared):
            return _enveloped(model, found, missing, (around, envelope), broken)
    told, paired = list[Found](), set[pointer.Path]()
    for each in found:
        if each.missing and (meant := strays.meant_for(model, each.path, left)):
            members, advice = meant
            left = [stray for stray in left if stray not in members]
            explained = frozenset(stray.path for stray in members)
            paired |= explained
            told.append(replace(each, advice=advice, explains=explained))
        else:
            told.append(each)
    alone = [each for each in told if not (each.unknown and each.path in paired)]
    unknown = {*[each.path for each in alone if each.unknown][: strays.MOST_STRAYS]}
    return [_advised(model, payload, each, broken) if each.path in unknown else each for each in alone]


def _missing_by_object(found: Sequence[Found]) -> dict[pointer.Path, list[Found]]:
    """The missing members among *found*, by the place of the object that they are missing in."""
    missing: dict[pointer.Path, list[Found]] = {}
    for each in found:
        if each.missing:
            missing.setdefault(each.path[:-1], []).append(each)
    return missing


def advice_on_rule(model: Model, payload: Any, reads: Collection[pointer.Path]) -> tuple[str, set[pointer.Path]]:
    """What to do with one that the provider drops, and that was meant to be one that a rule *reads*; and its place.

    Without such a member, "" and no place.
    """
    for stray in strays.first_strays(model, payload):
        meant = strays.meant_by(model, stray, payload) if stray.dropped else None
        if meant and meant.path in reads and pointer.value_at(payload, meant.path) is pointer.MISSING:
            return f"{pointer.spoken_path(stray.path)} is not a parameter here: {meant.advice}", {stray.path}
    return "", set()


def _enveloped(
    model: Model,
    found: Sequence[Found],
    missing: Sequence[Found],
    place: tuple[pointer.Path, pointer.Path],
    broken: BrokenPlaces,
) -> list[Found]:
    """*found* where all *missing* members are in an envelope: the first stands for all of them.

    *place* is that of the object around, and that of the envelope in it.
    """
    around, within = place
    for name in missing[0].misfit.schema.get("properties", {}):
        broken.add((*around, name))
    advice, envelope = strays.advice_on_envelope(model, around, within), (*around, *within)
    first = replace(missing[0], advice=advice, explains=frozenset({envelope[: len(around) + 1]}))
    told = {each.path for each in missing}
    rest = [each for each in found if each.path not in told and each.path[: len(envelope)] != envelope]
    return [first, *rest]


def _advised(model: Model, payload: Any, found: Found, broken: BrokenPlaces) -> Found:
    """*found*, an unknown member, with advice on what was meant by it."""
    stray = Stray(found.path, found.misfit.value[found.path[-1]], found.misfit.schema)
    meant = strays.meant_by(model, stray, payload)
    if meant is None:
        return found
    if pointer.value_at(payload, meant.path) is pointer.MISSING:
        broken.add(meant.path)
    return replace(found, advice=meant.advice)
