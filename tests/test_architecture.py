"""Who may import whom, who may change what, how long a module may be, and what a public name must say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from tests.import_rules import PAGES, PARTS, ROOMS, Part, with_tables

ROOT = Path(__file__).resolve().parents[1] / "mockserver" / "vidmock"
MODULES = sorted(ROOT.rglob("*.py"))
STANDARD = sys.stdlib_module_names
ABOVE_ALL = {"__init__", "__main__", "pytest_guard", "pytest_plugin", "pytest_story", "pytest_worlds"}
"""Modules that are no part: they may import anything."""


def _name(module: Path) -> str:
    return str(module.relative_to(ROOT))


def _dotted(module: Path) -> str:
    parts = ("vidmock", *module.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _part(module: Path) -> str:
    return module.relative_to(ROOT).parts[0].removesuffix(".py")


def _room(module: Path) -> str:
    """The second name in a part: the room, for rooms that are one file as well."""
    parts = module.relative_to(ROOT).with_suffix("").parts
    return parts[1] if len(parts) > 1 else ""


@cache
def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


@cache
def _names() -> frozenset[str]:
    return frozenset(map(_dotted, MODULES))


@cache
def _imports(module: Path, *, types: bool = True) -> tuple[str, ...]:
    """Every module that is imported anywhere in *module*; with *types*, also what only type checkers read."""
    return tuple(_imported(module, types=types))


def _imported(module: Path, *, types: bool) -> Iterator[str]:
    hidden = {
        id(inner)
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(_tree(module)):
        if not types and id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in _names() else node.module or ""


def _check(module: Path, here: str, rules: Mapping[str, Part], place: int) -> None:
    for name in _imports(module, types=False):
        parts = name.split(".")
        if parts[0] == "vidmock" and len(parts) > place:
            there = parts[place]
            assert there == here or there in rules[here].ours, f"{_name(module)} may not import {name}"


@pytest.mark.parametrize("module", [module for module in MODULES if _part(module) in PARTS], ids=_name)
def test_a_module_imports_only_what_its_part_may(module: Path) -> None:
    part = PARTS[_part(module)]
    _check(module, _part(module), PARTS, 1)
    for name in _imports(module, types=False):
        first = name.partition(".")[0]
        known = first in STANDARD or first == "vidmock" or first in part.theirs
        assert known, f"{_name(module)} may not import {name}"


@pytest.mark.parametrize(
    "module",
    [module for module in MODULES if _part(module) in ROOMS and _room(module) in ROOMS[_part(module)]],
    ids=_name,
)
def test_a_module_imports_only_the_rooms_that_its_room_may(module: Path) -> None:
    part = _part(module)
    rules = ROOMS[part]
    for name in _imports(module, types=True):
        parts = name.split(".")
        if parts[:2] == ["vidmock", part] and len(parts) > 2:
            here, there = _room(module), parts[2]
            assert there == here or there in rules[here].ours, f"{_name(module)} may not import {name}"


def test_the_parts_and_rooms_are_all_known() -> None:
    assert {_part(module) for module in MODULES} <= PARTS.keys() | ABOVE_ALL
    for part, rooms in ROOMS.items():
        assert {_room(module) for module in MODULES if _part(module) == part} - {"__init__"} == rooms.keys()


@pytest.mark.parametrize("rules", [PARTS, *ROOMS.values()], ids=["part", *ROOMS])
def test_arrows_go_in_one_direction_and_each_is_used(rules: Mapping[str, Part]) -> None:
    above: set[str] = set()
    for name, part in rules.items():
        assert part.ours <= above, f"{name} stands above {part.ours - above}"
        above.add(name)
    place = 1 if rules is PARTS else 2
    used = {
        (here, there)
        for module in MODULES
        if (here := (_part(module) if place == 1 else _room(module))) in rules
        for name in _imports(module)
        if (parts := name.split("."))[0] == "vidmock" and len(parts) > place and (there := parts[place]) != here
    }
    allowed = {(name, other) for name, part in rules.items() for other in part.ours}
    assert allowed <= used, f"nobody needs {sorted(allowed - used)}"


def test_no_import_circle_is_left_types_included() -> None:
    known = {_dotted(module): module for module in MODULES}
    graph = {name: {other for other in _imports(module) if other in known} - {name} for name, module in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' → '.join(error.args[1])}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_the_tables_of_the_pages_are_the_rules(page: Path) -> None:
    text = page.read_text("utf-8")
    assert with_tables(text) == text, "python -m tests.import_rules writes them anew"


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_module_is_short_and_named_after_a_thing(module: Path) -> None:
    assert len(module.read_text("utf-8").splitlines()) <= 300
    assert module.stem not in {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


@pytest.mark.parametrize("module", [module for module in MODULES if module.read_text("utf-8").strip()], ids=_name)
def test_a_module_says_what_it_is_about(module: Path) -> None:
    assert ast.get_docstring(_tree(module))


@pytest.mark.parametrize("package", ["vidmock", "vidmock.cli", "vidmock.engine.service.engine"])
def test_the_library_loads_nothing_heavy(package: str) -> None:
    heavy = "starlette", "uvicorn", "hypothesis", "httpx", "cryptography"
    code = f"import {package}, sys; print(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


@pytest.mark.parametrize("part", ["engine", "providers", "server", "testing"])
def test_what_serves_asks_its_world_for_models_and_not_the_shipped_ones(part: str) -> None:
    shipped = {"find_model", "models"}
    for module in sorted((ROOT / part).rglob("*.py")):
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.ImportFrom) and node.module == "vidmock.schema.catalog":
                assert not shipped & {name.name for name in node.names}, _name(module)
