"""Microseconds per verdict: vidmock's validate against a cached jsonschema validator asked for every error.

Run with the project's Python: ``python benchmarks/validate.py``.
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

ROUNDS, VERDICTS = 5, 400


def microseconds(judge: Callable[[Any], object], payloads: list[Any]) -> float:
    """The best of some rounds, per payload."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = perf_counter()
        for payload in payloads:
            judge(payload)
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
            some = list(islice(cycle(payloads), VERDICTS))
            ours = microseconds(partial(find_violations, model), some)
            theirs = microseconds(partial(every_error, plain), some)
            sys.stdout.write(row.format(model.id, kind, f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.1f}x"))


if __name__ == "__main__":
    main()
