"""Hypothesis strategies for the inputs of a model: good ones, and ones with a single fault.

The only module of the part that imports Hypothesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from vidmock.schema import pointer, references
from vidmock.schema.catalog import Model
from vidmock.schema.freshness import fresh_seeds, fresh_value
from vidmock.schema.samples import samples_of, with_value
from vidmock.schema.slips import slips_of

_MOST_SPARE: Final = 3
_LONG: Final = 40
_SCRIPTS: Final = (
    *(
        "e\u0301",
        "\u05e9\u05dc\u05d5\u05dd",
        "\u202eabc\u202c",
        "👩\u200d👩\u200d👧",
        "🇨🇭",
        "\U0001d51e",
        "日本",
        "\x00",
    ),
    *("\\", '"', "\n", "</script>", "%00", "\ufeff", "\uffff"),
)
"""What programs trip over: combining and right-to-left signs, signs of several code points, and such as are escaped."""
_KINDS: Final = {"required": "missing", "additionalProperties": "unknown", "type": "type"}


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An input with one fault: *rule* fails at *path*, and nothing else does.

    *kind* is how it came about: ``missing``, ``unknown``, ``limit`` (any other keyword), ``rule`` (a named rule);
    ``misspelt``, ``misplaced``, ``wrapped``, ``null``; or what stands there instead: ``string``, ``number``,
    ``float``, ``bool``, ``list``, ``object``, ``type`` (something else).
    """

    payload: dict[str, Any]
    rule: str
    path: pointer.Path
    kind: str = "limit"


def valid_inputs(model: Model) -> SearchStrategy[dict[str, Any]]:
    """Inputs that *model* takes: every shape that its rules tell apart, boundaries, and prompts in any script.

    Each has ids, seeds and URLs of its own. They shrink to the smallest input of their kind.
    """
    return _dressed(model, list(samples_of(model).valid))


def near_miss_inputs(model: Model, *, slips: bool = False) -> SearchStrategy[NearMiss]:
    """Inputs with one fault each; every constraint and every named rule of *model* has its own.

    With *slips*, also with what people do: other types, null, names misspelt, places mistaken.
    """
    # By kind first, so that one kind shrinks to its smallest.
    kinds = tuple(_misses_by_kind(model, slips).values())
    return st.builds(
        lambda kind, number, which, token: _fresh(kinds[kind][number % len(kinds[kind])], which, token),
        st.integers(0, len(kinds) - 1),
        st.integers(0, max(map(len, kinds)) - 1),
        st.integers(0, 23),
        _tokens(),
    )


@cache
def _misses_by_kind(model: Model, slips: bool) -> Mapping[str, list[tuple[NearMiss, ...]]]:
    """The near misses of *model* by their kind, those with the same fault together, each kind's smallest first."""
    found: dict[str, list[tuple[NearMiss, ...]]] = {}
    for alike in _misses(model, slips):
        found.setdefault(alike[0].kind, []).append(alike)
    return {kind: sorted(misses, key=lambda alike: len(str(alike[0].payload))) for kind, misses in found.items()}


@cache
def _misses(model: Model, slips: bool) -> tuple[tuple[NearMiss, ...], ...]:
    """The near misses of *model*, those with the same fault together."""
    named = {name for name in model.schema.get("$defs", {}) if "x-rule" in model.schema["$defs"][name]}
    drawn = [
        tuple(
            NearMiss(
                payload, fault.rule, fault.path, "rule" if fault.rule in named else _KINDS.get(fault.rule, "limit")
            )
            for payload in fault.payloads
        )
        for fault in samples_of(model).faults
    ]
    made = slips_of(model) if slips else ()
    return (*drawn, *((NearMiss(slip.payload, slip.rule, slip.path, slip.kind),) for slip in made))


def _fresh(alike: tuple[NearMiss, ...], which: int, token: int) -> NearMiss:
    miss = alike[which % len(alike)]
    return NearMiss(fresh_value(miss.payload, token), miss.rule, miss.path, miss.kind)


def _tokens() -> SearchStrategy[int]:
    return st.integers(0, 2**48 - 1)


def _dressed(model: Model, payloads: list[dict[str, Any]]) -> SearchStrategy[dict[str, Any]]:
    """*payloads* with another prompt, and with some of the fields that no rule reads."""
    prompt, spare = _prompt(model), samples_of(model).spare
    choices = [(path, value) for path, listed in spare.items() for value in listed]
    extras = st.lists(st.sampled_from(choices), max_size=_MOST_SPARE) if choices else st.just([])

    def dressed(at: int, text: str, added: list[tuple[pointer.Path, Any]], token: int) -> dict[str, Any]:
        payload: dict[str, Any] = fresh_value(payloads[at], token)
        seeds = fresh_seeds(dict(added and {path: spare[path] for path, _ in added}), token) if token else {}
        for path, value in added:
            with_value(payload, path, seeds.get(path, value))
        if prompt and prompt[0] in payload:
            with_value(payload, prompt, text)
        return payload

    return st.builds(dressed, st.integers(0, len(payloads) - 1), _prompts(model), extras, _tokens())


def _prompt(model: Model) -> pointer.Path:
    """The path of the prompt; empty where the model has none."""
    said = model.schema.get("x-video", {}).get("prompt", [])
    return pointer.parse_pointer(said[0].get("at", "")) if said else ()


def _prompts(model: Model) -> SearchStrategy[str]:
    prompt = _prompt(model)
    if not prompt:
        return st.just("")
    schema = references.resolve_reference(model.schema, model.schema["properties"][prompt[0]])
    least, most = schema.get("minLength", 1), schema.get("maxLength", _LONG)
    words = st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=max(least, min(most, 8)))
    known = [(text * (least + 1))[: max(least, len(text))] for text in _SCRIPTS if len(text) <= most]
    return words | st.sampled_from(["é" * least, "🌊" * most, *known])
