"""The named rules and lints of a model. Each is one schema, and an input that fails it has one violation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidmock.schema import compiled, pointer
from vidmock.schema.evidence import EvidenceKind
from vidmock.schema.findings import BrokenPlaces
from vidmock.schema.violation import Violation, violation_code, violation_evidence


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule or a lint. *places* are what it reads; a failure is reported at the first of them.

    It is skipped where one of its places is wrong by itself: it would report the same mistake again.
    """

    name: str
    keyword: str
    holds: compiled.Verdict
    places: tuple[pointer.Path, ...]
    message: str
    code: str | None
    limits: Mapping[str, Any]
    evidence: EvidenceKind

    def asked(self, broken: BrokenPlaces) -> bool:
        return not broken.in_the_way_of(self.places)

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
            evidence=self.evidence,
        )


def rules_of(schema: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The named rules that the root's ``allOf`` reaches, in its order."""
    definitions = [schema["$defs"][entry["$ref"].removeprefix("#/$defs/")] for entry in schema.get("allOf", ())]
    return tuple(_rule(said, said["x-rule"], "rule", said["x-path"], said, schema) for said in definitions)


def lint_rules_of(schema: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The root's ``x-lints``."""
    return tuple(
        _rule({**said, "x-message": said["message"]}, said["name"], "lint", said["path"], said["schema"], schema)
        for said in schema.get("x-lints", ())
    )


def _rule(
    said: Mapping[str, Any], name: str, keyword: str, where: str | Sequence[str], body: Any, root: Mapping[str, Any]
) -> Rule:
    places = tuple(pointer.parse_pointer(place) for place in ([where] if isinstance(where, str) else where))
    limits = dict(said.get("x-error", {}).get("limits", {}))
    if named := [pointer.spoken_path(place) for place in places if place][: len(places) if len(places) > 1 else 0]:
        limits["parameters"] = named
    chain = [root, said] if keyword == "rule" else []
    return Rule(
        name=name,
        keyword=keyword,
        holds=compiled.compile_verdict(body, root),
        places=places,
        message=said["x-message"],
        code=violation_code(chain, "rule", places[0]),
        limits=limits,
        evidence=violation_evidence([said]),
    )
