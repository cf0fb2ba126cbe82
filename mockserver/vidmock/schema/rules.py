"""The named rules and lints of a model. Each is one schema, and an input that fails it has one violation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidmock.schema import compiled, pointer, references
from vidmock.schema.evidence import Evidence, stated_evidence
from vidmock.schema.findings import BrokenPlaces
from vidmock.schema.model_checks import ModelChecks
from vidmock.schema.violation import Violation
from vidmock.schema.violation_codes import violation_code


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule or a lint. *places* are what it is about; a failure is reported at the first of them.

    It is skipped where something that it *reads* is wrong by itself: it would report the same mistake again.
    """

    name: str
    keyword: str
    holds: compiled.Verdict
    places: tuple[pointer.Path, ...]
    reads: tuple[pointer.Path, ...]
    message: str
    code: str | None
    limits: Mapping[str, Any]
    evidence: Evidence

    def asked(self, broken: BrokenPlaces) -> bool:
        return not broken.in_the_way_of(self.reads)

    def violation(self, payload: Any) -> Violation:
        value = pointer.value_at(payload, self.places[0])
        return Violation(
            path=self.places[0],
            rule=self.name,
            keyword=self.keyword,
            message=self.message,
            code=self.code,
            limits=self.limits,
            value=None if value is pointer.MISSING else value,
            evidence=self.evidence.kind,
            source=self.evidence.source,
        )


def rules_of(checks: ModelChecks) -> tuple[Rule, ...]:
    """The named rules that the root's ``allOf`` reaches, in its order."""
    root = checks.schema
    return tuple(
        _rule(said, said["x-rule"], "rule", said["x-path"], (said, holds), root) for said, holds in checks.rules
    )


def lint_rules_of(checks: ModelChecks) -> tuple[Rule, ...]:
    """The root's ``x-lints``."""
    return tuple(
        _rule(
            {**said, "x-message": said["message"]},
            said["name"],
            "lint",
            said["path"],
            (said["schema"], holds),
            checks.schema,
        )
        for said, holds in checks.lints
    )


def places_read(
    root: Mapping[str, Any], node: Any, path: pointer.Path = (), around: tuple[str, ...] = ()
) -> Iterator[pointer.Path]:
    """The places that *node*, a schema for what is at *path*, asks about, inside of the ``$ref`` *around*."""
    if not isinstance(node, dict):
        return
    if (ref := node.get("$ref")) and ref not in around:
        yield from places_read(root, references.reference_target(root, node), path, (*around, ref))
    for name, member in node.get("properties", {}).items():
        yield (*path, name)
        yield from places_read(root, member, (*path, name), around)
    asked = {*node.get("required", ()), *node.get("dependentRequired", {})}
    yield from ((*path, name) for name in asked)
    inside = [node.get(keyword) for keyword in ("not", "if", "then", "else")]
    inside += [one for keyword in ("allOf", "anyOf", "oneOf") for one in node.get(keyword, ())]
    for one in inside:
        yield from places_read(root, one, path, around)


def _rule(
    said: Mapping[str, Any],
    name: str,
    keyword: str,
    where: str | Sequence[str],
    judged: tuple[Any, compiled.Verdict],
    root: Mapping[str, Any],
) -> Rule:
    """The rule that is *said*; *judged* are its schema and the verdict of that."""
    body, holds = judged
    places = tuple(pointer.parse_pointer(place) for place in ([where] if isinstance(where, str) else where))
    limits = dict(said.get("x-error", {}).get("limits", {}))
    if named := [pointer.spoken_path(place) for place in places if place][: len(places) if len(places) > 1 else 0]:
        limits["parameters"] = named
    chain = [root, said] if keyword == "rule" else []
    return Rule(
        name=name,
        keyword=keyword,
        holds=holds,
        places=places,
        reads=_deepest({*places, *places_read(root, body)}),
        message=said["x-message"],
        code=violation_code(chain, "rule", places[0]),
        limits=limits,
        evidence=stated_evidence([said], keyword),
    )


def _deepest(places: Collection[pointer.Path]) -> tuple[pointer.Path, ...]:
    """Those of *places* that are around none of the others."""
    around = {place[:length] for place in places for length in range(len(place))}
    return tuple(sorted(place for place in places if place not in around))
