"""Generates inputs for a client from a model's schema, without the fields that the client fills in itself."""

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
    """An input for *model*; *fault* is the one thing that is wrong with it, ``None`` where it is valid."""

    model: Model
    input: dict[str, Any]
    fault: Violation | None = None

    def __repr__(self) -> str:
        about = f", with {self.fault.where}: {self.fault.message}" if self.fault else ""
        return f"<{self.model.provider} {self.model.id}: {json.dumps(self.input, ensure_ascii=False)}{about}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis would otherwise print every field of the dataclass, the model's whole schema included."""
        printer.text(repr(self))

    @property
    def fault_fields(self) -> tuple[str, ...]:
        """The fields by which an error may name the fault: those around it, innermost first; none for a valid input."""
        if self.fault is None:
            return ()
        if self.fault.says:
            # The provider's own sentence, in which no field of the request is named.
            return ()
        named = tuple(part for part in reversed(self.fault.path) if isinstance(part, str))
        return named + tuple(str(name).rpartition(".")[2] for name in self.fault.limits.get("parameters", ()))


@st.composite
def client_requests(draw: st.DrawFn, wire: Wire, models: Sequence[Model]) -> GeneratedRequest:
    """Valid inputs for any of *models*."""
    model = draw(st.sampled_from(models))
    return GeneratedRequest(model, _callers_fields(wire, draw(valid_inputs(model))))


@st.composite
def faulty_client_requests(draw: st.DrawFn, wire: Wire, models: Sequence[Model]) -> GeneratedRequest:
    """Inputs with one fault, in a field that the caller fills in."""
    model = draw(st.sampled_from(models))
    miss = draw(near_miss_inputs(model).filter(lambda miss: not miss.path or miss.path[0] not in wire.client_fields))
    return GeneratedRequest(model, _callers_fields(wire, miss.payload), find_violations(model, miss.payload)[0])


def _callers_fields(wire: Wire, payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in wire.client_fields}
