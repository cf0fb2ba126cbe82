"""Tests are true on a busy machine: none reads a real clock, and none gives up in less than a minute."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
CLOCKS = {"monotonic", "perf_counter", "process_time", "time_ns", "monotonic_ns", "perf_counter_ns"}
BOUNDED = {"wait": 0, "join": 0, "wait_for": 1, "timeout": 0, "result": 0, "settimeout": 0}
"""Calls that give up, and which of their arguments says when, if it is not named ``timeout``."""
A_MINUTE = 60
A_LOOK = 0.01
"""Seconds; the longest sleep between two looks at whether something has happened."""
NOT_REAL = {f"tests/testing/{name}.py" for name in ("test_patching", "test_rest", "test_virtual_time", "stories")}
"""Modules that live on the mock's clock."""
CLIENTS = TOP / "contracts" / "clients"
"""Programs with clocks of their own, unless the suite gives them one."""
FILES = {
    file.relative_to(TOP).as_posix(): file
    for folder in (TOP / "tests", TOP / "contracts")
    for file in sorted(folder.rglob("*.py"))
    if not any(part.startswith(".") or part == "node_modules" for part in file.relative_to(TOP).parts)
    and not file.is_relative_to(CLIENTS)
}


def test_there_are_tests_to_read() -> None:
    assert FILES.keys() > NOT_REAL
    assert len(FILES) > 100


@pytest.mark.parametrize("name", sorted(FILES.keys() - NOT_REAL))
def test_the_machine_decides_nothing(name: str) -> None:
    assert hurried(FILES[name].read_text("utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "began = time.monotonic()",
        "from time import perf_counter",
        "assert time.time() - began < 2",
        "client.get(url, timeout=5)",
        "thread.join(10)",
        "asyncio.wait_for(event.wait(), 5)",
        "asyncio.timeout(1.5)",
        "time.sleep(1)",
    ],
)
def test_hurry_is_seen(code: str) -> None:
    assert hurried(code) == ["line 1"]


@pytest.mark.parametrize(
    "code", ["thread.join()", "', '.join(words)", "event.wait(60)", "get(url, timeout=SECONDS)", "sleep(0.001)"]
)
def test_patience_is_seen_as_well(code: str) -> None:
    assert hurried(code) == []


def hurried(text: str) -> list[str]:
    """The lines of a program where a busy machine could make a difference."""
    nodes = (node for node in ast.walk(ast.parse(text)) if reads_a_clock(node) or gives_up_soon(node))
    return [f"line {line}" for line in sorted({getattr(node, "lineno", 0) for node in nodes})]


def reads_a_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "time" and any(alias.name != "sleep" for alias in node.names)
    if not isinstance(node, ast.Attribute):
        return False
    return node.attr in CLOCKS or (node.attr == "time" and isinstance(node.value, ast.Name) and node.value.id == "time")


def gives_up_soon(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called == "sleep":
        return any((seconds(argument) or 0) > A_LOOK for argument in node.args[:1])
    place = BOUNDED.get(called, len(node.args))
    bounds = [*node.args[place : place + 1], *(word.value for word in node.keywords if word.arg == "timeout")]
    return any((seconds(bound) or A_MINUTE) < A_MINUTE for bound in bounds)


def seconds(node: ast.expr) -> float | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int | float) else None
