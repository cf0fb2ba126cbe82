"""What a request takes of memory, as CPython counts it: ``python -m tests.server.request_memory`` writes it down.

How often something is allocated and freed again, CPython does not count. It knows how many blocks of memory there are
more once a request is answered (what the journal and the job store keep), and how many bytes were taken at once while
it was. Both move by a few blocks between runs, and by more between versions of Python, so the version is written down
with them. They are counted in a process of their own, where nothing else is measured.
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.conftest import SETTINGS, WIRES, House

WRITTEN = Path(__file__).with_name("memory.json")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_WARM, _TIMES = 3, 5

Costs = Mapping[str, Mapping[str, Mapping[str, int]]]
"""By provider and request: ``kept`` blocks, and ``most`` bytes at once."""


def request_memory() -> Costs:
    """What each provider's submit and poll take."""
    costs: dict[str, dict[str, dict[str, int]]] = {}
    for wire in WIRES:
        house = House(SETTINGS)
        job = wire.submit(house)
        submit, poll = partial(wire.submit, house), partial(wire.look, house, job)
        costs[wire.name] = {"submit": _least(submit), "poll": _least(poll)}
        house.close()
    return costs


def _least(work: Callable[[], object]) -> dict[str, int]:
    """The least that *work* takes of some times: now and then a table grows."""
    for _ in range(_WARM):
        work()
    kept, most = [], []
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(_TIMES):
            tracemalloc.reset_peak()
            bytes_before, blocks_before = tracemalloc.get_traced_memory()[0], sys.getallocatedblocks()
            work()
            kept.append(sys.getallocatedblocks() - blocks_before)
            most.append(tracemalloc.get_traced_memory()[1] - bytes_before)
    finally:
        tracemalloc.stop()
        gc.enable()
    return {"kept": min(kept), "most": min(most)}


if __name__ == "__main__":
    counted = json.dumps({"python": VERSION, "requests": request_memory()}, indent=2) + "\n"
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(counted)
    else:
        WRITTEN.write_text(counted)
