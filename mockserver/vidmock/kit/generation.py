"""Inputs for a client, out of a model's schema: what its caller would write, without what it fills in itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from vidmock.kit.wire import Wire
from vidmock.schema.catalog import Model
from vidmock.schema.strategies import near_miss_inputs, valid_inputs
from vidmock.schema.validate import find_violations
from vidmock.schema.violation import Violation


@dataclass(frozen=True, slots=True, repr=False)
class GeneratedRequest:
    """An input for *model*; *fault* is the one thing that is wrong with it, if anything is."""

    model: Model
    input: dict[str, Any]
    fault: Violation | None = None

    def __repr__(self) -> str:
        about = f", with {self.fault.where}: {self.fault.message}" if self.fault else ""
        return f"<{self.model.provider} {self.model.id}: {json.dumps(self.input, ensure_ascii=False)}{about}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis prints every field of a dataclass otherwise, and here that is a whole schema."""
        printer.text(repr(self))

    @property
    def blamed(self) -> tuple[str, ...]:
        """The names that an error may speak of: the fields around the fault, innermost first."""
        if self.fault is None:
            return ()
        named = tuple(part for part in reversed(self.fault.path) if isinstance(part, str))
        return named + tuple(str(name).rpartition(".")[2] for name in self.fault.limits.get("parameters", ()))


@st.composite
def valid_requests(draw: st.DrawFn, wire: Wire, models: Sequence[Model]) -> GeneratedRequest:
    """Good inputs for any of *models*."""
    model = draw(st.sampled_from(models))
    return GeneratedRequest(model, _without(wire, draw(valid_inputs(model))))


@st.composite
def invalid_requests(draw: st.DrawFn, wire: Wire, models: Sequence[Model]) -> GeneratedRequest:
    """Inputs with one fault, in a field that the caller fills."""
    model = draw(st.sampled_from(models))
    miss = draw(near_miss_inputs(model).filter(lambda miss: not miss.path or miss.path[0] not in wire.own))
    return GeneratedRequest(model, _without(wire, miss.payload), find_violations(model, miss.payload)[0])


def _without(wire: Wire, payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in wire.own}
