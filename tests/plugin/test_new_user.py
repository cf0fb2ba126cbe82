"""The tests on docs/python.md: ten lines reproduce each failure that costs users money, with a handful of requests."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
(PROGRAM,) = re.findall(
    r"^```python\n(.*?def test_.*?)^```$",
    PAGE.read_text("utf-8").partition("## The plugin")[0],
    re.DOTALL | re.MULTILINE,
)
REQUESTS = 30
"""What a test may ask at most. Whoever really polled for a job of an hour would ask ten thousand times."""
TESTS = [
    node for node in ast.parse(PROGRAM).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]
COUNTING = """
import json, pytest

@pytest.fixture(autouse=True)
def count(request, vidmock):
    yield
    with open("requests", "a") as file:
        print(json.dumps([request.node.name, len(vidmock.journal)]), file=file)
"""


def test_each_is_ten_lines_or_less() -> None:
    assert len(TESTS) == 6
    for test in TESTS:
        assert test.end_lineno is not None
        assert test.end_lineno - test.lineno < 10


def test_each_passes_with_a_handful_of_requests(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    """How long they take is measured by benchmarks/plugin.py."""
    pytester.makeconftest(COUNTING)
    run(PROGRAM).assert_outcomes(passed=len(TESTS))
    asked = dict(json.loads(line) for line in (pytester.path / "requests").read_text().splitlines())
    assert asked.keys() == {test.name for test in TESTS}
    assert {name: count for name, count in asked.items() if not 0 < count <= REQUESTS} == {}
