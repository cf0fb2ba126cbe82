"""What a request takes of memory stays what it is: counted in blocks and bytes, which no neighbour changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.server.request_memory import VERSION, WRITTEN

COSTS = json.loads(WRITTEN.read_bytes())


@pytest.mark.skipif(COSTS["python"] != VERSION, reason=f"what was written down is of Python {COSTS['python']}")
def test_a_request_takes_as_much_memory_as_was_written_down() -> None:
    # A measuring process that is itself measured would count the other's blocks.
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-m", "tests.server.request_memory", "--print"]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=quiet).stdout
    found = _figures(json.loads(printed)["requests"])
    written = _figures(COSTS["requests"])
    assert found.keys() == written.keys()
    off = {name: (figure, written[name]) for name, figure in found.items() if figure > 1.1 * written[name]}
    assert not off, "if it is meant: python -m tests.server.request_memory"


def _figures(costs: dict[str, dict[str, dict[str, int]]]) -> dict[str, int]:
    return {
        f"{provider} {request} {figure}": count
        for provider, requests in costs.items()
        for request, figures in requests.items()
        for figure, count in figures.items()
    }
