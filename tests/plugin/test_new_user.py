"""The tests of docs/python.md: ten lines reproduce each trouble that costs users money, in a tenth of a second."""

from __future__ import annotations

import ast
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
SECONDS = 0.1
ATTEMPTS = 10
"""A busy machine may be slow at times; one attempt in so many is fast enough for all of them."""
TESTS = [
    node for node in ast.parse(PROGRAM).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]
DURATION = re.compile(r"^([\d.]+)s (setup|call|teardown) +test_second\.py::(\w+)$", re.MULTILINE)


def test_each_is_ten_lines_or_less() -> None:
    assert len(TESTS) == 6
    for test in TESTS:
        assert test.end_lineno is not None
        assert test.end_lineno - test.lineno < 10


def test_each_passes_in_less_than_a_tenth_of_a_second(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    # The first test of a process imports, which is not what is measured.
    for name in ("test_first.py", "test_second.py"):
        (pytester.path / name).write_text(PROGRAM, "utf-8")
    slow: dict[str, float] = {}
    for _ in range(ATTEMPTS):
        result = run("", "--durations=0", "--durations-min=0", "-vv")
        result.assert_outcomes(passed=2 * len(TESTS))
        taken = dict.fromkeys((test.name for test in TESTS), 0.0)
        for seconds, _, name in DURATION.findall(result.stdout.str()):
            taken[name] += float(seconds)
        assert all(taken.values())
        slow = {name: seconds for name, seconds in taken.items() if seconds > SECONDS}
        if not slow:
            return
    raise AssertionError(slow)
