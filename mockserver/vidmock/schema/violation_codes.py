"""A provider's own code for what is wrong with an input, and its sentence: of the schema, or of its known errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vidmock.schema import pointer
from vidmock.schema.errors import violation_error


def violation_code(
    chain: Iterable[Mapping[str, Any]], keyword: str, path: pointer.Path, group: str = "*"
) -> str | None:
    """The provider's code for *keyword*, one of *group*, failing at *path*.

    *chain* are the schemas around the place, outermost first: the innermost that has a code for the keyword, for its
    group, or for any (``*``), decides. ``{Name}`` in a code is the parameter's name with a capital. Where none has, it
    is what the provider's catalogue of errors has for the keyword.
    """
    around = [*chain]
    for schema in reversed(around):
        codes = schema.get("x-error", {}).get("codes", {})
        if found := codes.get(keyword, codes.get(group, codes.get("*"))):
            name = next((part for part in reversed(path) if isinstance(part, str)), "input")
            return str(found).replace("{Name}", name[:1].upper() + name[1:])
    if group != "*" or not around or "x-model" not in around[0]:
        return None
    kind = around[-1].get("type", "")
    kind = kind if isinstance(kind, str) else kind[0]
    told = violation_error(around[0]["x-model"]["provider"], keyword, kind)
    return told.code if told else None


def provider_words(chain: Iterable[Mapping[str, Any]], keyword: str) -> str | None:
    """The provider's sentence for *keyword*, of the innermost schema of *chain* that has a code for it."""
    for schema in reversed([*chain]):
        error = schema.get("x-error", {})
        if keyword in error.get("codes", {}):
            says: str | None = error.get("says")
            return says
    return None
