"""Examples a second of each strategy, with Hypothesis' own share: ``python benchmarks/strategies.py``.

The floor is Hypothesis with the simplest strategy that there is. Processor time is counted, as others may be at work.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "mockserver"))

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from vidmock import strategies
from vidmock.schema import catalog

EXAMPLES, ROUNDS = 1000, 3
SETTINGS = settings(
    max_examples=EXAMPLES,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)


def rate(strategy: st.SearchStrategy[Any]) -> float:
    """Examples a second of processor time, in the fastest of the rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        drawn = 0

        @SETTINGS
        @given(strategy)
        def draw(_value: Any) -> None:
            nonlocal drawn
            drawn += 1

        start = process_time()
        draw()
        best = max(best, drawn / (process_time() - start))
    return best


def main() -> None:
    row = "{:<48} {:>8} {:>8}\n"
    sys.stdout.write(row.format("examples a second", "valid", "invalid"))
    for model in catalog.models():
        kinds = (strategies.valid_requests, strategies.invalid_requests)
        rates = [f"{rate(kind(model.provider, model.id)):,.0f}" for kind in kinds]
        sys.stdout.write(row.format(model.id, *rates))
    sys.stdout.write(row.format("floor: binary", f"{rate(st.binary()):,.0f}", ""))


if __name__ == "__main__":
    main()
