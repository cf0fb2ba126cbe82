"""Makes inputs that a model takes, and inputs with a single fault, simplest first; the same ones in every run.

The strategies draw from these. Inputs for rules over several fields are searched for: combinations of the values that
the rules mention are tried.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from itertools import product
from random import Random
from typing import Any, Final

from vidmock.schema import compiled, pointer, references, rules
from vidmock.schema.catalog import Model
from vidmock.schema.findings import BrokenPlaces
from vidmock.schema.model_checks import ModelChecks
from vidmock.schema.values import ABSENT, fill_values, values_for, wrong_values

_TRIES: Final = 6000
_KEPT: Final = 24


@dataclass(frozen=True, slots=True)
class SampleMistake:
    """One way to break an input: *rule* fails at *path*, and nothing else does, in each of *payloads*."""

    rule: str
    path: pointer.Path
    payloads: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Samples:
    """Inputs of a model.

    *valid* are good ones, one per shape that the rules tell apart, *faults* the ways to break them, and *spare* values
    for the fields that no rule reads.
    """

    valid: tuple[dict[str, Any], ...]
    faults: tuple[SampleMistake, ...]
    spare: Mapping[pointer.Path, tuple[Any, ...]]


@cache
def samples_of(model: Model) -> Samples:
    """The samples of *model*.

    Raises:
        LookupError: no value was found for a parameter, or no input that breaks a named rule and nothing else.
    """
    root = model.schema
    named = rules.rules_of(ModelChecks(root))
    read = {place for entry in root.get("allOf", ()) for place in rules.places_read(root, entry)}
    least = {name: values_for(root, root["properties"][name])[0] for name in root.get("required", ())}
    knobs = dict(_knobs(root, root, ()))
    axes = {
        path: [ABSENT, *_options(root, node, path)]
        for path, node in knobs.items()
        if path in read and path[0] not in least
    }
    fields = compiled.compile_verdict({key: value for key, value in root.items() if key != "allOf"}, root)
    valid: list[dict[str, Any]] = []
    broken: dict[str, list[dict[str, Any]]] = {rule.name: [] for rule in named}
    for payload in _combinations(least, axes):
        if fields(payload):
            failed = [rule.name for rule in named if not rule.holds(payload)]
            if len(failed) < 2:
                (broken[failed[0]] if failed else valid).append(payload)
    if missing := [name for name, payloads in broken.items() if not payloads]:
        raise LookupError(f"{model.id}: no input found that breaks only {', '.join(missing)}")
    valid.sort(key=_simplicity)
    by_rule = {rule.name: rule for rule in named}
    return Samples(
        valid=tuple(valid),
        faults=(
            *(
                SampleMistake(name, by_rule[name].places[0], tuple(sorted(payloads, key=_simplicity)[:_KEPT]))
                for name, payloads in broken.items()
            ),
            *_field_faults(root, valid, knobs),
        ),
        spare={path: tuple(values_for(root, node)) for path, node in knobs.items() if path not in read},
    )


def _knobs(
    root: Mapping[str, Any], node: Mapping[str, Any], path: pointer.Path
) -> Iterator[tuple[pointer.Path, Mapping[str, Any]]]:
    """The path and schema of every field that does not consist of others, or only with some of them."""
    for name, member in references.resolve_reference(root, node).get("properties", {}).items():
        about = references.resolve_reference(root, member)
        if "properties" in about and not about.get("required"):
            yield from _knobs(root, about, (*path, name))
        else:
            yield (*path, name), about


def _options(root: Mapping[str, Any], node: Mapping[str, Any], path: pointer.Path) -> list[Any]:
    """Values for a field that rules read: some that its schema takes, and limits in the rules, from both sides."""
    mentioned = {value for entry in root["allOf"] for value in _mentioned(root, entry, path)}
    if "array" not in node.get("type", ""):
        return list(dict.fromkeys([*values_for(root, node), *sorted(mentioned, key=str)]))
    items = values_for(root, node["items"])
    lengths = sorted({1, 2, *(length for length in mentioned if isinstance(length, int) and length > 0)})
    pairs = [[deepcopy(item) for item in pair] for pair in product(items, repeat=2)]
    return [[item] for item in items] + pairs + [fill_values(items, length) for length in lengths]


def _mentioned(root: Mapping[str, Any], node: Any, path: pointer.Path) -> Iterator[Any]:
    """The constants and limits, and the numbers beside the limits, that *node* holds for the field at *path*."""
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        yield from _mentioned(root, references.reference_target(root, node), path)
    if path:
        yield from _mentioned(root, node.get("properties", {}).get(path[0]), path[1:])
    else:
        yield from (node[keyword] for keyword in ("const",) if keyword in node)
        yield from node.get("enum", ())
        for keyword in ("minimum", "maximum", "minItems", "maxItems"):
            if keyword in node:
                yield from (node[keyword] - 1, node[keyword], node[keyword] + 1)
    for keyword in ("not", "if", "then", "else"):
        yield from _mentioned(root, node.get(keyword), path)
    for keyword in ("allOf", "anyOf"):
        for inner in node.get(keyword, ()):
            yield from _mentioned(root, inner, path)


def _combinations(least: Mapping[str, Any], axes: Mapping[pointer.Path, list[Any]]) -> Iterator[dict[str, Any]]:
    """Different ways to set the fields of *axes* beside *least*: all of them, or as many as are tried."""
    draw = Random(0)
    seen = set()
    for _ in range(_TRIES if axes else 1):
        payload = deepcopy(dict(least))
        for path, options in axes.items():
            if draw.random() < 0.5 and (value := draw.choice(options)) is not ABSENT:
                with_value(payload, path, value)
        text = json.dumps(payload, sort_keys=True)
        if text not in seen:
            seen.add(text)
            yield payload


def with_value(payload: dict[str, Any], path: pointer.Path, value: Any) -> None:
    """Sets the member at *path*, making the objects on the way."""
    node: Any = payload
    for part in path[:-1]:
        node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
    node[path[-1]] = deepcopy(value)


def _simplicity(payload: Mapping[str, Any]) -> tuple[int, str]:
    text = json.dumps(payload, sort_keys=True)
    return len(text), text


def _field_faults(
    root: Mapping[str, Any], valid: list[dict[str, Any]], knobs: Mapping[pointer.Path, Mapping[str, Any]]
) -> Iterator[SampleMistake]:
    """Every constraint of every field, broken by itself."""
    named = rules.rules_of(ModelChecks(root))
    # What is richest at a place is asked for each input that lacks it, and takes long to find.
    richest = cache(lambda place: values_for(root, knobs[place])[-1] if place in knobs else {})
    for path, keyword, wrong in wrong_values(root, root, ()):
        payloads = []
        asked = [rule for rule in named if rule.asked(BrokenPlaces([path]))]
        for base in valid:
            payload = deepcopy(base)
            if _apply(payload, path, wrong, richest) and all(rule.holds(payload) for rule in asked):
                payloads.append(payload)
            if len(payloads) == _KEPT:
                break
        if not payloads:
            raise LookupError(f"no valid input has room for a fault at {pointer.spoken_path(path)}")
        yield SampleMistake(keyword, path, tuple(payloads))


def _apply(payload: dict[str, Any], path: pointer.Path, wrong: Any, richest: Callable[[pointer.Path], Any]) -> bool:
    """Puts *wrong* at *path*, or takes away what is there; False if *payload* has no such place.

    Objects and lists on the way are what *richest* gives for their place.
    """
    for size in range(1, len(path)):
        around = path[:size]
        there = pointer.value_at(payload, around)
        if there is pointer.MISSING or there is None or (there == [] and size + 1 == len(path)):
            with_value(payload, around, richest(around))
    parent, last = pointer.value_at(payload, path[:-1]), path[-1]
    if isinstance(last, int):
        if not isinstance(parent, list) or last >= len(parent):
            return False
        parent[last] = deepcopy(wrong)
        return True
    if not isinstance(parent, dict):
        return False
    if wrong is ABSENT:
        return parent.pop(last, ABSENT) is not ABSENT
    parent[last] = deepcopy(wrong)
    return True
