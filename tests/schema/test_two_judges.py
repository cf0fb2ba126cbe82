"""Our own evaluator and one in Rust, which we did not write: the same verdict on whatever is made of a request.

``VIDMOCK_JUDGED=20000`` tries as many payloads of each model.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from vidmock.schema import catalog
from vidmock.schema.catalog import Model
from vidmock.schema.compiled import compile_verdict
from vidmock.schema.model_checks import checks_of
from vidmock.schema.rules import lint_rules_of, rules_of
from vidmock.schema.samples import samples_of, with_value
from vidmock.schema.validate import find_violations

PAYLOADS = int(os.environ.get("VIDMOCK_JUDGED", "250"))
MODELS = catalog.models()
URL = "https://example.com/a.png"
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 5, 5.0, 5.5, 0.1, 0.3, 1e15, 1e300, -0.0, 10**25, 2**63, 1280, 720, 1920),
    *("", " ", "x", "x" * 3000, "5", "10", "auto", "16:9", "é", "e\u0301", "\u202e\u05d0", "🌊" * 1250, "a\nb", "\x00"),
    *(URL, "http://localhost/a", "data:image/png;base64,AA==", "6b7a3a3c-50c1-4f4e-8c8a-0a9b7a1f2c3d", "@Image1"),
    *([], [[]], {}, {"": {}}, [URL], [URL] * 8, [URL, None], {"url": URL}, {"inputImage": URL, "frame": "first"}),
)
"""What a member may become: every type, both sides of what is a number, and texts that patterns trip over."""


class WrittenAsInteger:
    """A keyword for the other judge: to a provider, 5.0 is no integer, which to JSON Schema it is."""

    def __init__(self, parent_schema: Mapping[str, Any], value: Any, schema_path: object) -> None: ...

    def validate(self, instance: Any) -> None:
        if isinstance(instance, float):
            raise ValueError("is no integer")


def for_the_other(schema: Any) -> Any:
    """*schema* with that keyword wherever only an integer is taken."""
    if isinstance(schema, list):
        return [for_the_other(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {name: for_the_other(said) for name, said in schema.items()}
    return made | {"writtenAsInteger": True} if "integer" in (schema.get("type") or ()) else made


def other_judge(schema: Mapping[str, Any]) -> Callable[[Any], bool]:
    keywords: Any = {"writtenAsInteger": WrittenAsInteger}
    return jsonschema_rs.validator_for(for_the_other(schema), keywords=keywords).is_valid


def payloads(model: Model) -> Iterator[Any]:
    """Requests that are right or nearly, each with up to three members replaced, left out, renamed or repeated."""
    drawn, draw = samples_of(model), Random(model.id)
    bases = [*drawn.valid, *(payload for fault in drawn.faults for payload in fault.payloads)]
    yield from (*VALUES, *bases[:PAYLOADS])
    for _ in range(PAYLOADS):
        payload = deepcopy(draw.choice(bases))
        for path, values in drawn.spare.items():
            if len(path) == 1 and draw.random() < 0.3:
                with_value(payload, path, draw.choice(values))
        for _ in range(draw.choice((0, 1, 1, 2, 3))):
            change(draw, draw.choice([*containers(payload)]))
        yield payload


def containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for member in value.values() if isinstance(value, dict) else value:
            yield from containers(member)


def change(draw: Random, around: Any) -> None:
    value = deepcopy(draw.choice(VALUES))
    if isinstance(around, list):
        around.insert(draw.randrange(len(around) + 1), value if draw.random() < 0.5 or not around else around[0])
        return
    name = draw.choice([*around]) if around else "x"
    match draw.randrange(4):
        case 0:
            around[name] = value
        case 1:
            around.pop(name, None)
        case 2:
            around[f"{name}s"] = around.pop(name, value)
        case _:
            around[name] = [around[name]] * draw.choice((1, 2, 8)) if name in around else value


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.id))
def test_our_own_evaluator_and_one_in_rust_agree_on_a_request_and_on_each_rule(model: Model) -> None:
    root, checks = model.schema, checks_of(model)
    alone = {key: value for key, value in root.items() if key != "allOf"}
    within = {"$defs": root["$defs"]} if "$defs" in root else {}
    asked = [(root, compile_verdict(root, root)), (alone, compile_verdict(alone, root))]
    asked += [(root["$defs"][rule.name], rule.holds) for rule in rules_of(checks)]
    asked += [
        (said["schema"], rule.holds) for said, rule in zip(root.get("x-lints", ()), lint_rules_of(checks), strict=True)
    ]
    judges = [(ours, other_judge({**within, **schema})) for schema, ours in asked]
    verdicts = set()
    for payload in payloads(model):
        mine = [ours(payload) for ours, _ in judges]
        assert mine == [theirs(payload) for _, theirs in judges], payload
        assert mine[0] is not bool(find_violations(model, payload))
        verdicts.add(mine[0])
    assert verdicts == {True, False}
