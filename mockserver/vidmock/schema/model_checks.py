"""What a model's schema decides: whether an input is valid, and whether each of its rules and lints holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from vidmock.schema import references
from vidmock.schema.catalog import Model
from vidmock.schema.compiled import Verdict, compile_verdicts


class ModelChecks:
    """The verdicts of *schema*, a model's. *valid* is that of the whole.

    *sound* is the verdict of *fields*, all of it but its rules; *rules* are those, each with its verdict.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self.fields: Mapping[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        said = [references.reference_target(schema, entry) for entry in schema.get("allOf", ())]
        self.sound, *each, self.valid = compile_verdicts([self.fields, *said], schema)
        self.rules: tuple[tuple[Mapping[str, Any], Verdict], ...] = (*zip(said, each, strict=True),)

    @cached_property
    def lints(self) -> tuple[tuple[Mapping[str, Any], Verdict], ...]:
        """What the root's ``x-lints`` say, each with its verdict."""
        said = self.schema.get("x-lints", ())
        *each, self._quiet = compile_verdicts([lint["schema"] for lint in said], self.schema)
        return (*zip(said, each, strict=True),)

    def quiet(self, payload: Any) -> bool:
        """Whether all lints hold."""
        return not self.lints or self._quiet(payload)


@cache
def checks_of(model: Model) -> ModelChecks:
    """The checks of *model*, which are made once."""
    return ModelChecks(model.schema)
