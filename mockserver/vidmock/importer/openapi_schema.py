"""Schemas as OpenAPI writes them, as parameters of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vidmock.importer.page import NOTHING, Parameter, Unsure
from vidmock.importer.parameter_tree import DEEPEST_PARAMETER, MOST_PARAMETERS, PARAMETER_NAME
from vidmock.importer.safe_patterns import is_safe_pattern
from vidmock.problems import BadRequest

_NUMBERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS: Final = ("minLength", "maxLength", "minItems", "maxItems")
_TAKEN: Final = ("enum", "const", "uniqueItems", *_NUMBERS, *_COUNTS)
_PASSED_OVER: Final = frozenset(
    {*_TAKEN, "type", "title", "description", "default", "examples", "example", "format", "nullable", "$ref", "allOf"}
    | {"anyOf", "oneOf", "items", "properties", "required", "additionalProperties", "pattern"}
    | {"x-fal-order-properties", "ui", "deprecated", "contentMediaType"}
)
_CUT: Final = "schemas that are too deep or too many are left open"
_KINDS: Final = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})


class OpenApiSchemas:
    """The schemas of a *document*. What they leave open is added to *notes*."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.notes = list[Unsure]()
        self.count = 0

    def resolved(self, node: Any) -> dict[str, Any]:
        """*node* with the members of what it refers to, and of what it is a whole of, beside its own.

        Raises:
            BadRequest: it refers to what the document does not have, or in a circle.
        """
        own = dict(node) if isinstance(node, dict) else {}
        for _ in range(DEEPEST_PARAMETER):
            if "$ref" in own:
                target = self._target(own.pop("$ref"))
                own = {**target, **own}
            elif isinstance(own.get("allOf"), list) and len(own["allOf"]) == 1:
                (whole,) = own.pop("allOf")
                own = {**(whole if isinstance(whole, dict) else {}), **own}
            else:
                return own
        raise BadRequest("the document refers to its own schemas in a circle")

    def _target(self, reference: Any) -> dict[str, Any]:
        target = self.document
        for part in str(reference).removeprefix("#/").split("/"):
            target = target.get(part) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            raise BadRequest(f"the document refers to {str(reference)[:100]!r}, which it does not have")
        return target

    def members(self, root: Mapping[str, Any], source: str, at: str = "") -> tuple[Parameter, ...]:
        """The parameters of the object *root* at the pointer *at*, in the document's order."""
        properties = root.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        if not properties:
            raise BadRequest(f"the document has no parameter at {at or 'the input'}")
        order = [name for name in _listed(root, "x-fal-order-properties") if name in properties]
        names = dict.fromkeys([*order, *properties])
        required = _listed(root, "required")
        return tuple(
            self.parameter(name, properties[name], f"{source} › {name}", at, required=name in required)
            for name in names
        )

    def parameter(self, name: str, node: Any, source: str, within: str, *, required: bool) -> Parameter:
        self.count += 1
        at = f"{within}/{name}"
        if self.count > MOST_PARAMETERS:
            raise BadRequest(f"the document has more than {MOST_PARAMETERS:,} parameters: no model has")
        if not PARAMETER_NAME.fullmatch(name):
            raise BadRequest(f"{name[:80]!r} is no name of a parameter")
        if at.count("/") > DEEPEST_PARAMETER:
            raise BadRequest(f"the parameter {name[:80]!r} is more than {DEEPEST_PARAMETER} levels deep")
        outer = self.resolved(node)
        whole, nullable, choices = self._chosen(outer, at)
        kind = str(whole.get("type", ""))
        items = self.resolved(whole.get("items")) if kind == "array" else {}
        listed = items if _has_members(items) else {}
        inner = listed or (whole if _has_members(whole) else {})
        stated: dict[str, Any] = {**self._keywords(whole, at), **choices}
        if kind == "array" and not listed and (plain := self._keywords(items, at, kind=True)) and not _is_text(plain):
            stated["items"] = plain
        about = outer.get("description")
        return Parameter(
            name,
            type=kind if kind in _KINDS and not choices else "",
            required=required,
            default=outer.get("default", NOTHING),
            about=" ".join(about.split()) if isinstance(about, str) else "",
            keywords=stated,
            members=self.members(inner, source, f"{at}/*" if listed else at) if inner else (),
            nullable=nullable,
            source=source,
        )

    def _chosen(self, whole: dict[str, Any], at: str) -> tuple[dict[str, Any], bool, dict[str, Any]]:
        """The one schema that *whole* may be beside null, whether null is one, and else the choice as keywords."""
        options = [self.resolved(each) for each in [*_listed(whole, "anyOf"), *_listed(whole, "oneOf")]]
        nullable = whole.get("nullable") is True or any(option.get("type") == "null" for option in options)
        options = [option for option in options if option.get("type") != "null"]
        if len(options) == 1:
            return (
                {**options[0], **{key: value for key, value in whole.items() if key not in ("anyOf", "oneOf")}},
                nullable,
                {},
            )
        if not options:
            return whole, nullable, {}
        return whole, nullable, {"anyOf": [self._inline(option, at, 0) for option in options]}

    def _inline(self, whole: Mapping[str, Any], at: str, depth: int) -> dict[str, Any]:
        """One of several schemas, whole: what is deeper than parameters may be is left open."""
        stated = self._keywords(whole, at, kind=True)
        self.count += 1
        if not _has_members(whole):
            return stated
        if depth >= DEEPEST_PARAMETER or self.count >= MOST_PARAMETERS:
            if all(note.because != _CUT for note in self.notes):
                self.notes.append(Unsure(at, "", _CUT))
            return stated
        stated["properties"] = {
            name: self._inline(self.resolved(node), at, depth + 1) for name, node in whole["properties"].items()
        }
        if required := [name for name in _listed(whole, "required") if name in stated["properties"]]:
            stated["required"] = required
        return stated

    def _keywords(self, whole: Mapping[str, Any], at: str, *, kind: bool = False) -> dict[str, Any]:
        stated = {key: whole[key] for key in _TAKEN if key in whole and _fits(key, whole[key])}
        if kind and whole.get("type") in _KINDS and "enum" not in stated:
            stated["type"] = whole["type"]
        pattern = whole.get("pattern")
        if isinstance(pattern, str) and is_safe_pattern(pattern):
            stated |= {"pattern": pattern, "x-message": f"must match {pattern}"}
        elif pattern is not None:
            self.notes.append(
                Unsure(at, f"pattern: {str(pattern)[:200]}", "a pattern that could take long, or means others")
            )
        for key in sorted(whole.keys() - _PASSED_OVER | {key for key in _TAKEN if key in whole and key not in stated}):
            self.notes.append(Unsure(at, f"{key}: {str(whole[key])[:200]}", "a keyword that no rule is made of"))
        return stated


def _fits(key: str, value: Any) -> bool:
    if key == "enum":
        return isinstance(value, list) and bool(value)
    if key == "uniqueItems":
        return isinstance(value, bool)
    if key in _COUNTS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return key == "const" or (number and (key != "multipleOf" or value > 0))


def _has_members(whole: Mapping[str, Any]) -> bool:
    return isinstance(whole.get("properties"), dict) and bool(whole["properties"])


def _is_text(stated: Mapping[str, Any]) -> bool:
    return stated.keys() <= {"type"} and stated.get("type") == "string"


def _listed(node: Mapping[str, Any], name: str) -> list[Any]:
    found = node.get(name)
    return found if isinstance(found, list) else []
