"""Who may import whom, how long a module may be, and what a public name must say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "mockserver" / "vidmock"
MODULES = sorted(ROOT.rglob("*.py"))
STANDARD = sys.stdlib_module_names

SCHEMA = {"schema", "media", "resources", "problems", "strict_json"}
ENGINE = {"engine", "schema", "media", "problems"}
PROVIDERS = {"providers", "engine", "schema", "media", "problems", "strict_json"}
MAY_IMPORT: dict[str, tuple[set[str], set[str]]] = {
    "problems": (set(), set()),
    "resources": (set(), set()),
    "strict_json": ({"problems"}, set()),
    "schema": (SCHEMA, {"jsonschema", "hypothesis"}),
    "media": ({"media", "resources"}, set()),
    "engine": (ENGINE | {"resources", "strict_json"}, set()),
    "providers": (PROVIDERS, {"starlette", "cryptography"}),
    "server": (PROVIDERS | {"server", "resources"}, {"starlette", "uvicorn", "uvloop", "httpx", "cryptography"}),
    "interception": ({"interception"}, set()),
    "testing": (PROVIDERS | {"server", "testing", "interception"}, {"httpx"}),
    "kit": ({"kit", "schema", "problems", "strict_json"}, {"httpx", "hypothesis"}),
}
"""For each part: the parts of ours, and the packages of others, that it may import. The rest may import anything."""


def _part(module: Path) -> str:
    return module.relative_to(ROOT).parts[0].removesuffix(".py")


def _imports(module: Path) -> Iterator[str]:
    """Every module that is imported anywhere in *module* at run time; what only type checkers read does not count."""
    tree = ast.parse(module.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            if node.module == "vidmock":
                yield from (f"vidmock.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def _name(module: Path) -> str:
    return str(module.relative_to(ROOT))


@pytest.mark.parametrize("module", [module for module in MODULES if _part(module) in MAY_IMPORT], ids=_name)
def test_a_module_imports_only_what_its_part_may(module: Path) -> None:
    ours, theirs = MAY_IMPORT[_part(module)]
    for name in _imports(module):
        first, _, rest = name.partition(".")
        if first == "vidmock":
            assert rest.split(".")[0] in ours, f"{_name(module)} may not import {name}"
        else:
            assert first in STANDARD or first in theirs, f"{_name(module)} may not import {name}"


def test_the_parts_are_all_known() -> None:
    others = {"__init__", "__main__", "cli", "pytest_plugin"}
    assert {_part(module) for module in MODULES} <= MAY_IMPORT.keys() | others


def test_the_rules_would_notice() -> None:
    engine = {name for module in MODULES if _part(module) == "engine" for name in _imports(module)}
    assert any(name.startswith("vidmock.schema") for name in engine)
    assert not any(name.startswith("vidmock.server") for name in engine)


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_module_is_short_and_named_after_a_thing(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 300
    assert module.stem not in {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


@pytest.mark.parametrize("module", [module for module in MODULES if module.read_text().strip()], ids=_name)
def test_a_module_says_what_it_is_about(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text()))


@pytest.mark.parametrize("package", ["vidmock", "vidmock.cli", "vidmock.engine.service.engine"])
def test_the_library_loads_nothing_heavy(package: str) -> None:
    heavy = "starlette", "uvicorn", "hypothesis", "httpx", "cryptography"
    code = f"import {package}, sys; print(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []
