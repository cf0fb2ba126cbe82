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
    """What is wrong at *path* by *misfit*; that of a missing member is where it should be. *advice* may be empty."""

    path: pointer.Path
    misfit: Misfit
    advice: str = ""

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
    top = [each for each in found if each.missing and len(each.path) == 1]
    declared = model.schema.get("properties", {})
    if top and (envelope := strays.envelope_in(payload, [str(each.path[0]) for each in top], declared)):
        return _enveloped(model, found, top, envelope, broken)
    told, paired = list[Found](), set[pointer.Path]()
    for each in found:
        if each.missing and (partner := strays.meant_for(each.path, left)):
            stray, advice = partner
            left.remove(stray)
            paired.add(stray.path)
            told.append(replace(each, advice=advice))
        else:
            told.append(each)
    alone = [each for each in told if not (each.unknown and each.path in paired)]
    unknown = {*[each.path for each in alone if each.unknown][: strays.MOST_STRAYS]}
    return [_advised(model, payload, each, broken) if each.path in unknown else each for each in alone]


def advice_on_rule(model: Model, payload: Any, reads: Collection[pointer.Path]) -> str:
    """What to do with a member that the provider drops, and that was meant to be one that a rule *reads*; else ""."""
    for stray in strays.first_strays(model, payload):
        meant = strays.meant_by(model, stray, payload) if stray.dropped else None
        if meant and meant.path in reads and pointer.value_at(payload, meant.path) is pointer.MISSING:
            return f"{pointer.spoken_path(stray.path)} is not a parameter here: {meant.advice}"
    return ""


def _enveloped(
    model: Model, found: Sequence[Found], top: Sequence[Found], envelope: str, broken: BrokenPlaces
) -> list[Found]:
    """*found* where the whole input is inside of the member *envelope*: the first of *top* stands for all of it."""
    for name in model.schema["properties"]:
        broken.add((name,))
    first = replace(top[0], advice=strays.advice_on_envelope(model, envelope))
    missing = {each.path for each in top}
    return [first, *(each for each in found if each.path not in missing and each.path[0] != envelope)]


def _advised(model: Model, payload: Any, found: Found, broken: BrokenPlaces) -> Found:
    """*found*, an unknown member, with advice on what was meant by it."""
    stray = Stray(found.path, found.misfit.value[found.path[-1]], found.misfit.schema)
    meant = strays.meant_by(model, stray, payload)
    if meant is None:
        return found
    if pointer.value_at(payload, meant.path) is pointer.MISSING:
        broken.add(meant.path)
    return replace(found, advice=meant.advice)
