"""Builds one self-contained JSON Schema of a model's file and the shared files that it refers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from vidmock import strict_json

_ROOT_ORDER: Final = (
    *("$schema", "$id", "title", "description", "x-model", "x-error"),
    *("type", "required", "properties", "additionalProperties", "allOf", "$defs"),
    *("x-pricing", "x-video", "x-result", "x-lints", "x-conflicts", "x-unsure"),
)


class BundleError(ValueError):
    """A schema file is not built in a way that this module understands. The file is at fault, never a request.

    *ref* is the ``$ref`` that is wrong, where it is one.
    """

    def __init__(self, message: str, ref: str = "") -> None:
        super().__init__(message)
        self.ref = ref


ReadOf = Callable[[Path], Any]
"""Gives the JSON in a file."""


def shipped_document(file: Path) -> Any:
    """The JSON in *file*, one of ours, which is read once. Raises BundleError: there is no such file."""
    return _document(file)


def bundle_schema(file: Path, read: ReadOf = shipped_document) -> dict[str, Any]:
    """The schema in *file* with everything it refers to inside, of files as *read* gives them.

    A ``$ref`` in the root's ``allOf`` to a whole file is a base: its properties, required names, rules and x- keywords
    become the root's own, so that ``unevaluatedProperties: false`` can become ``additionalProperties: false``,
    which every validator knows and can report key by key. Every other ``$ref`` ends up in ``$defs``.

    Raises:
        BundleError: a reference leads nowhere, or two files define the same property or definition differently.
    """
    return _Bundling(read).run(file.resolve())


@cache
def _document(file: Path) -> Any:
    try:
        return strict_json.loads(file.read_bytes())
    except FileNotFoundError:
        raise BundleError(f"there is no schema file {file}") from None


class _Bundling:
    def __init__(self, read: ReadOf) -> None:
        self._read = read
        self.defs: dict[str, Any] = {}
        self.origin: dict[str, tuple[Path, str]] = {}

    def run(self, file: Path) -> dict[str, Any]:
        root = self.root(file)
        if root.pop("unevaluatedProperties", True) is False:
            root["additionalProperties"] = False
        root["$defs"] = self.defs
        return {key: root[key] for key in sorted(root, key=_root_position)}

    def document(self, file: Path, ref: str) -> Any:
        """The JSON in *file*, which *ref* names. Raises BundleError: there is no such file."""
        try:
            return self._read(file)
        except BundleError as error:
            raise BundleError(str(error), ref) from None

    def root(self, file: Path, ref: str = "") -> dict[str, Any]:
        """The root of *file*, named by *ref*, with its bases merged in and its references rewritten."""
        own = {key: value for key, value in self.document(file, ref).items() if key != "$defs"}
        merged: dict[str, Any] = {}
        rules = []
        for entry in own.pop("allOf", ()):
            if entry.keys() == {"$ref"} and "#" not in entry["$ref"]:
                base = self.root((file.parent / entry["$ref"]).resolve(), entry["$ref"])
                rules += base.pop("allOf", [])
                merged = _merged(merged, base, file)
            else:
                rules.append(self.rewritten(entry, file))
        for name in ("$schema", "$id", "title", "description"):
            merged.pop(name, None)
        merged = _merged(merged, self.rewritten(own, file), file)
        if rules:
            merged["allOf"] = rules
        return merged

    def rewritten(self, node: Any, file: Path) -> Any:
        if isinstance(node, list):
            return [self.rewritten(item, file) for item in node]
        if not isinstance(node, dict):
            return node
        return {
            # A member of an input may bear the keyword's name: what it is given is a schema then, and no text.
            key: self.reference(value, file)
            if key == "$ref" and isinstance(value, str)
            else self.rewritten(value, file)
            for key, value in node.items()
        }

    def reference(self, ref: str, file: Path) -> str:
        place, _, pointer = ref.partition("#")
        target = (file.parent / place).resolve() if place else file
        folder, _, name = pointer.rpartition("/")
        if folder != "/$defs":
            raise BundleError(f"{file.name}: {ref!r} must point to an entry of $defs", ref)
        if self.origin.setdefault(name, (target, pointer)) != (target, pointer):
            raise BundleError(f"{file.name}: two files define {name!r}", ref)
        if name not in self.defs:
            self.defs[name] = None
            try:
                definition = self.document(target, ref)["$defs"][name]
            except KeyError:
                raise BundleError(f"{file.name}: {ref!r} leads nowhere", ref) from None
            self.defs[name] = self.rewritten(definition, target)
        return f"#/$defs/{name}"


def _merged(base: Mapping[str, Any], own: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """*base* with *own* added: objects are merged, lists joined, and any other value must be the same in both."""
    result = dict(base)
    for key, value in own.items():
        if key not in result or key in ("$schema", "$id", "title", "description"):
            result[key] = value
        elif key == "properties" and (twice := result[key].keys() & value.keys()):
            raise BundleError(f"{file.name}: the property {min(twice)!r} is a base's already")
        elif isinstance(value, dict):
            result[key] = _merged(result[key], value, file)
        elif isinstance(value, list):
            result[key] = result[key] + value
        elif result[key] != value:
            raise BundleError(f"{file.name}: {key!r} differs from a base's")
    return result


def _root_position(key: str) -> int:
    return _ROOT_ORDER.index(key) if key in _ROOT_ORDER else len(_ROOT_ORDER)
