"""Hypothesis strategies for the inputs of a model: good ones, and ones with a single fault.

The only module of the package that imports Hypothesis.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from vidmock.schema import pointer, references
from vidmock.schema.catalog import Model
from vidmock.schema.samples import SampleMistake, samples_of, with_value

_MOST_SPARE: Final = 3
_LONG: Final = 40


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An input with one fault: *rule* fails at *path*, and nothing else does."""

    payload: dict[str, Any]
    rule: str
    path: pointer.Path


def valid_inputs(model: Model) -> SearchStrategy[dict[str, Any]]:
    """Inputs that *model* takes: every shape that its rules tell apart, boundaries, and prompts in any script.

    They shrink to the smallest input of their kind.
    """
    return _dressed(model, st.sampled_from(samples_of(model).valid), spare=True)


def near_miss_inputs(model: Model) -> SearchStrategy[NearMiss]:
    """Inputs with one fault each; every constraint and every named rule of *model* has its own."""
    # Each is made once: making one takes longer than drawing from it. Hypothesis writes out what is sampled from.
    made = [_missing(model, fault) for fault in samples_of(model).faults]
    return st.sampled_from(range(len(made))).flatmap(lambda at: made[at])


def _missing(model: Model, fault: SampleMistake) -> SearchStrategy[NearMiss]:
    payloads = st.sampled_from(fault.payloads)
    dressed = payloads if fault.path == _prompt(model) else _dressed(model, payloads, spare=False)
    return dressed.map(lambda payload: NearMiss(deepcopy(payload), fault.rule, fault.path))


def _dressed(model: Model, payloads: SearchStrategy[dict[str, Any]], *, spare: bool) -> SearchStrategy[dict[str, Any]]:
    """*payloads* with another prompt, and with *spare* also with some of the fields that no rule reads."""
    prompt = _prompt(model)
    choices = [(path, value) for path, listed in samples_of(model).spare.items() for value in listed] if spare else []
    extras = st.lists(st.sampled_from(choices), max_size=_MOST_SPARE) if choices else st.just([])

    def dressed(payload: dict[str, Any], text: str, added: list[tuple[pointer.Path, Any]]) -> dict[str, Any]:
        payload = deepcopy(payload)
        with_value(payload, prompt, text)
        for path, value in added:
            with_value(payload, path, value)
        return payload

    return st.builds(dressed, payloads, _prompts(model), extras)


def _prompt(model: Model) -> pointer.Path:
    """The path of the prompt."""
    return pointer.parse_pointer(model.schema["x-video"]["prompt"][0]["at"])


def _prompts(model: Model) -> SearchStrategy[str]:
    schema = references.resolve_reference(model.schema, model.schema["properties"][_prompt(model)[0]])
    least, most = schema.get("minLength", 1), schema.get("maxLength", _LONG)
    words = st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=min(most, _LONG))
    return words | st.sampled_from(["é" * least, "🌊" * most])
