"""Microseconds for one validation by vidmock, jsonschema and jsonschema-rs: ``python benchmarks/validate.py [MODEL…]``.

All look for every error of an input, in turn; validators are made only once. Only the errors of vidmock say what would
be right. A ratio is how many times as long another one takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "mockserver"))

import jsonschema_rs
from jsonschema import Draft202012Validator

from vidmock.schema import catalog
from vidmock.schema.samples import samples_of
from vidmock.schema.validate import find_violations

ROUNDS, INPUTS = 5, 400


def microseconds(validate: Callable[[Any], object], payloads: list[Any]) -> float:
    """The time for one payload, in the fastest of the rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = perf_counter()
        for payload in payloads:
            validate(payload)
        best = min(best, perf_counter() - start)
    return best / len(payloads) * 1e6


def every_error(plain: Any, payload: Any) -> list[object]:
    return list(plain.iter_errors(payload))


def main() -> None:
    row = "{:<56} {:<8} {:>8} {:>11} {:>7} {:>14} {:>6}\n"
    sys.stdout.write(row.format("model", "inputs", "vidmock", "jsonschema", "ratio", "jsonschema-rs", "ratio"))
    for model in catalog.models():
        if sys.argv[1:] and model.id not in sys.argv[1:]:
            continue
        drawn, schema = samples_of(model), dict(model.schema)
        others = Draft202012Validator(schema), jsonschema_rs.validator_for(schema)
        kinds = {"valid": drawn.valid, "invalid": tuple(fault.payloads[0] for fault in drawn.faults)}
        for kind, payloads in kinds.items():
            some = list(islice(cycle(payloads), INPUTS))
            ours = microseconds(partial(find_violations, model), some)
            told = [microseconds(partial(every_error, other), some) for other in others]
            shown = [cell for theirs in told for cell in (f"{theirs:.1f}", f"{theirs / ours:.2f}x")]
            sys.stdout.write(row.format(model.id, kind, f"{ours:.1f}", *shown))


if __name__ == "__main__":
    main()
