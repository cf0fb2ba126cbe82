"""The words that a type checker takes are the words that there are, neither more nor fewer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.outcomes import FORCED
from vidmock.engine.faults.target import OPERATIONS
from vidmock.engine.jobs.job import State
from vidmock.schema.catalog import providers
from vidmock.testing.vocabulary import EffectName, OutcomeName, Provider, StateName

CONTROL = Path(__file__).parents[2] / "schemas" / "control.openapi.json"
HINT = "python -m tests.effect_lists writes them anew"


def words(literal: Any) -> list[str]:
    return sorted(get_args(literal))


def test_the_providers_are_those_with_models() -> None:
    assert words(Provider) == sorted(providers())


def test_the_states_are_the_engines() -> None:
    assert get_args(StateName) == tuple(State)


def test_the_effects_are_those_of_the_catalog() -> None:
    assert words(EffectName) == sorted(EFFECTS), HINT
    assert words(OutcomeName) == sorted(FORCED), HINT


def test_the_control_api_is_described_with_the_same_words() -> None:
    described: dict[str, list[list[str]]] = {}
    for path in json.loads(CONTROL.read_text("utf-8"))["paths"].values():
        for parameter in path.get("get", {}).get("parameters", ()):
            if "enum" in parameter.get("schema", {}):
                described.setdefault(parameter["name"], []).append(parameter["schema"]["enum"])
    wanted: dict[str, list[str]] = {"provider": [*providers()], "operation": [*OPERATIONS], "state": [*State]}
    for name, known in wanted.items():
        assert described[name]
        # Nothing is no filter.
        assert all(found == [*known, ""] for found in described[name])
