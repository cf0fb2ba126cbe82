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
VIRTUAL = ("patching", "rest", "virtual_time", "timed_waits", "sleeping_receivers")
OWN_TIME = {"contracts/adapters/fal_client.py", "tests/contract/own_time.py"}
NOT_REAL = {"tests/testing/stories.py", *OWN_TIME, *(f"tests/testing/test_{name}.py" for name in VIRTUAL)}
"""Modules that live on the mock's clock."""
PROGRAMS = {
    "contracts/adapters/litellm_fal.py",
    *(f"tests/state/killer/{name}.py" for name in ("__main__", "client", "inbox", "troubles")),
}
"""Modules that are programs of their own, which live in real time."""
PRODUCT = TOP / "mockserver" / "vidmock"
SERVING = ("engine", "providers", "server")
REAL_TIME = {
    "engine/service/stepping.py": "a stepped clock is for programs that live by a real one",
    "engine/service/webhook_sender.py": "a limit ends when the world's clock says so",
    "engine/snapshot/parts.py": "a clock that flows has not stood still while no server ran",
    "engine/time/clock.py": "a clock that flows does so with the real one",
    "providers/exchange/trace.py": "the journal notes the machine's time beside the world's",
    "server/answer_head.py": "the rest of the answer of a receiver that is another program has its limit",
    "server/control/coming_steps.py": "who looks on plans nothing on the clock",
    "server/control/world_events.py": "each event has the machine's clock beside it",
    "server/control/live_feed.py": "an event stream is kept alive",
    "server/forwarding.py": "another server, which may end meanwhile, is looked at again",
    "server/gathered_events.py": "replicas that come while a stream is open are looked for",
    "server/gathering.py": "another replica, which may end meanwhile, is asked again",
    "server/http_protocol.py": "a request that is never finished is given up",
    "server/listener.py": "the same; and a fault that refuses connections, but not those of programs in virtual time",
    "server/protocol_detection.py": "a connection without a byte is given up",
    "server/patience.py": "a receiver that is another program has its limit in real time",
    "server/settled_answers.py": "whether the state can be kept is looked at again after a real time",
    "server/replica.py": "a world that moves from one server to another is there a moment later",
}
"""Modules of the server that decide something by real time, and why no client in virtual time sees it."""
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
    assert FILES.keys() > NOT_REAL | PROGRAMS
    assert len(FILES) > 100


@pytest.mark.parametrize("name", sorted(FILES.keys() - NOT_REAL - PROGRAMS))
def test_the_machine_decides_nothing(name: str) -> None:
    assert hurried(FILES[name].read_text("utf-8")) == []


def test_the_product_decides_by_the_clock_of_a_world_but_where_it_says_why() -> None:
    found = {
        file.relative_to(PRODUCT).as_posix()
        for file in PRODUCT.rglob("*.py")
        if file.relative_to(PRODUCT).parts[0] in SERVING
        and any(map(decides_by_real_time, ast.walk(ast.parse(file.read_text("utf-8")))))
    }
    assert found == REAL_TIME.keys()


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


def decides_by_real_time(node: ast.AST) -> bool:
    """Whether a real clock is read or waited for; going round the event loop is neither."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    called, owner = node.func.attr, ast.unparse(node.func.value)
    if called in ("call_later", "call_at", "settimeout") or (called == "time" and "loop" in owner):
        return True
    if owner == "time":
        return called in CLOCKS | {"time", "sleep"}
    if owner == "asyncio" and called in ("sleep", "timeout", "timeout_at", "wait_for"):
        return not any(isinstance(each, ast.Constant) and not each.value for each in node.args)
    return any(word.arg == "timeout" and not isinstance(word.value, ast.Constant) for word in node.keywords)


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
