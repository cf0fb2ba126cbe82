"""An input with the verdict on it, which several readers share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from vidmock.schema.catalog import Model
from vidmock.schema.validate import find_lints, find_violations
from vidmock.schema.violation import Violation


class Judged:
    """An *input* of the *model* of that id. It is judged when somebody first asks, and never again."""

    model: str
    input: Mapping[str, Any]

    def __init__(self, model: Model, input: Mapping[str, Any]) -> None:
        self.model, self.input, self._model = model.id, input, model

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """What breaks the model's schema."""
        return find_violations(self._model, self.input)

    @cached_property
    def lints(self) -> tuple[Violation, ...]:
        """What the provider takes, but probably not as it was meant."""
        return find_lints(self._model, self.input)
