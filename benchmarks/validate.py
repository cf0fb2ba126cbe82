"""Microseconds for one validation by vidmock, and by jsonschema: ``python benchmarks/validate.py``.

Both look for every error of an input, and jsonschema's validator is made only once.
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


def every_error(plain: Draft202012Validator, payload: Any) -> list[object]:
    return list(plain.iter_errors(payload))


def main() -> None:
    row = "{:<48} {:<8} {:>10} {:>12} {:>7}\n"
    sys.stdout.write(row.format("model", "inputs", "vidmock µs", "jsonschema µs", "ratio"))
    for model in catalog.models():
        drawn = samples_of(model)
        plain = Draft202012Validator(dict(model.schema))
        kinds = {"valid": drawn.valid, "invalid": tuple(fault.payloads[0] for fault in drawn.faults)}
        for kind, payloads in kinds.items():
            some = list(islice(cycle(payloads), INPUTS))
            ours = microseconds(partial(find_violations, model), some)
            theirs = microseconds(partial(every_error, plain), some)
            sys.stdout.write(row.format(model.id, kind, f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.1f}x"))


if __name__ == "__main__":
    main()
