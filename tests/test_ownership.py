"""Who may change what, and that a public name stands in one module: both are read from the syntax tree."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "mockserver" / "vidmock"
MODULES = sorted(ROOT.rglob("*.py"))


def _name(module: Path) -> str:
    return str(module.relative_to(ROOT))


@cache
def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


SHARED_NAMES: Mapping[str, str] = {
    "add_options": "each command of cli/ adds its own options by this function; nobody imports it by name",
    "EXAMPLES": "each command of cli/ has its examples by this name, and so has the whole; nobody imports it by name",
    "run": "each command of cli/ is run by this function; nobody imports it by name",
    "pytest_addoption": "each part of the pytest plugin has its own share of this hook",
    "pytest_runtest_makereport": "each part of the pytest plugin has its own share of this hook",
    "pytest_sessionfinish": "each part of the pytest plugin has its own share of this hook",
    "pytest_terminal_summary": "each part of the pytest plugin has its own share of this hook",
    "pytest_configure": "each part of the pytest plugin is told of the beginning by this hook",
    "render_problem": "each provider, and the control API, words its problems by this function of its errors module",
}
"""Public names that several modules have, and why."""


def _public_names(module: Path) -> Iterator[str]:
    for node in _tree(module).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets, value=value) if not _is_type_variable(value):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def _is_type_variable(value: ast.expr) -> bool:
    """A type variable means something in its own module alone."""
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("TypeVar", "ParamSpec")
    )


def test_a_public_name_stands_in_one_module() -> None:
    found = defaultdict(list)
    for module in MODULES:
        for name in {name for name in _public_names(module) if not name.startswith("_")}:
            found[name].append(_name(module))
    shared = {name: modules for name, modules in found.items() if len(modules) > 1 and not _are_behaviours(modules)}
    assert {name: modules for name, modules in shared.items() if name not in SHARED_NAMES} == {}
    assert SHARED_NAMES.keys() <= shared.keys(), "an exception that is needed no more"


def _are_behaviours(modules: list[str]) -> bool:
    """Providers have like switches, which are never imported by name: ``behaviours.LIMITS`` is its own provider's."""
    return all(module.endswith("/behaviours.py") for module in modules)


OTHERS_PARTS: Mapping[str, str] = {
    "cli/variables.py": "argparse makes the parser of a command, and takes its last words by assignment only",
    "engine/webhooks/outbox.py": "an outbox owns its deliveries",
    "interception/preload": "it changes modules of the program that it is loaded into",
    "kit/loading.py": "a module that is loaded from a file is registered with Python",
    "problems.py": "public errors are shown by the name under which users import them",
    "providers/exchange/dialect.py": "a handler is marked with the operation that it is",
    "server/certificates.py": "the ssl module takes the choice of a certificate by assignment only",
    "server/control/app.py": "Starlette takes no argument for it",
    "server/http_protocol.py": "uvicorn's protocol tells its cycles in this way how they end; it has no other",
    "server/response_cycle.py": "the other half of the same protocol: how an answer is written",
    "testing/virtual_time": "virtual time changes what modules of clients see, and its own sleepers",
    "pytest_guard.py": "pytest-xdist reads what a process tells from there, and programs read the environment",
    "pytest_plugin.py": "pytest's stash is made to be written to",
    "pytest_story.py": "pytest-xdist sends the members of a report to the process that writes",
    "pytest_worlds.py": "pytest's stash is made to be written to",
}
"""Where a module, or a room, may assign into what is not its own object, and why. Answers are changed on their way out
besides: their headers, their status."""
OF_AN_ANSWER = {"headers", "status_code"}


def _assigned(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            yield from targets
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            yield target
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield target


def _others_parts(module: Path) -> Iterator[str]:
    """What is assigned to in *module* that is a part of another object than ``self``, or of one of its parts."""
    waiting = [target for node in ast.walk(_tree(module)) for target in _assigned(node)]
    while waiting:
        target = waiting.pop()
        match target:
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                waiting += elements
                continue
            case ast.Starred(value=value):
                waiting.append(value)
                continue
        attributes, base = [], target
        while isinstance(base, ast.Attribute | ast.Subscript):
            attributes += [base.attr] if isinstance(base, ast.Attribute) else []
            base = base.value
        own = isinstance(base, ast.Name) and base.id in ("self", "cls")
        if len(attributes) > own and not OF_AN_ANSWER & {*attributes}:
            yield ast.unparse(target)


def test_nobody_but_its_owner_assigns_into_an_object() -> None:
    found = {_name(module): parts for module in MODULES if (parts := sorted(set(_others_parts(module))))}
    used = {place for place in OTHERS_PARTS for name in found if name.startswith(place)}
    assert {name: parts for name, parts in found.items() if not any(name.startswith(place) for place in used)} == {}
    assert used == OTHERS_PARTS.keys(), "an exception that is needed no more"


def test_nobody_changes_a_ledger_a_job_or_a_delivery_but_by_its_owner() -> None:
    """Their changing methods are for the job store, the outbox and the engine's service alone."""
    owners = {"charge": "engine/jobs/store.py", "refund": "engine/jobs/store.py"}
    for module in MODULES:
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in owners:
                assert _name(module) == owners[node.func.attr], f"{_name(module)}: {ast.unparse(node)}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_of_a_world(node.func):
                assert _name(module).startswith("engine/"), f"{_name(module)}: {ast.unparse(node)}"


def _is_of_a_world(function: ast.Attribute) -> bool:
    """Whether it is an operation by which jobs or deliveries come, change, end or go."""
    whole = ast.unparse(function)
    changing = ("accept", "change", "end", "forget", "restore", "add", "plan", "finish", "sign", "attempted", "drop")
    return any(whole.endswith((f".jobs.{name}", f".outbox.{name}", f".schedule.{name}")) for name in changing)
