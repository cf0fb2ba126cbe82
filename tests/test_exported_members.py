"""``import vidmock`` has every name that its users meet in the signatures of what they use, and no other."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, get_args

import pytest

import vidmock
from vidmock import pytest_worlds

SPECIAL = {"__iter__", "__getitem__", "__len__", "__enter__", "__aenter__", "__call__"}
"""Methods that users call without writing their names."""
MADE_BY_USERS = (vidmock.MockServer, vidmock.AsyncMockServer)
"""Classes whose constructor is part of what users see; all others but plain values are handed out."""
INSIDE = {
    "FaultRule.matches": "asked by the engine, of a moment in a call",
    "Job.asked": "what the prompt asks to go wrong, which the engine counts",
    "Job.line": "the queue that it waits in, as the engine plans it",
    "Job.notes": "what the provider must remember of the request, as it needs it",
    "Message.retries": "the provider's plan, which the engine follows",
    "Message.signature": "the provider's own way to sign a message",
    "Message.signing": "how a fault has it signed",
}
"""Attributes of public classes that are no user's business, and why they are there."""
PAGE = Path(__file__).parents[1] / "docs" / "python.md"


def test_all_is_sorted_and_is_what_the_module_has() -> None:
    assert vidmock.__all__ == sorted(vidmock.__all__)
    assert [name for name in dir(vidmock) if not name.startswith("_")] == vidmock.__all__
    for name in vidmock.__all__:
        assert getattr(vidmock, name) is not None


def test_type_checkers_are_told_of_the_same_names_from_the_same_modules() -> None:
    told = {
        alias.asname or alias.name: node.module
        for node in ast.walk(ast.parse(inspect.getsource(vidmock)))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vidmock.")
        for alias in node.names
    }
    assert told == {name: home for home, names in vidmock._NAMES_BY_MODULE.items() for name in names}
    assert sorted(told) == vidmock.__all__


def test_a_name_that_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'vidmock' has no attribute 'MockServr'"):
        vidmock.MockServr  # type: ignore[attr-defined]  # noqa: B018 - the point of the test


def test_no_module_is_loaded_for_a_name_that_is_not_used() -> None:
    code = "import sys, vidmock; dir(vidmock); print(*(name for name in sys.modules if name.startswith('vidmock.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


def test_every_name_that_users_meet_is_exported_as_they_see_it() -> None:
    unknown = {
        f"{where}: {name}"
        for where, name, meant in met()
        if name not in vidmock.__all__ or getattr(vidmock, name) is not meant
    }
    assert unknown == set()


def test_the_fixtures_are_met_as_well() -> None:
    ours = {
        "vidmock",
        "vidmock_module",
        "vidmock_session",
        "vidmock_server",
        "vidmock_clock",
        "vidmock_env",
        "vidmock_hook",
    }
    assert ours == {fixture for fixture, _ in fixtures()}
    assert ("vidmock_clock", "ClockHandle", vidmock.ClockHandle) in met()


def test_what_is_no_users_business_would_be_met_else() -> None:
    without = {where.partition("(")[0] for where, name, _ in met(inside=()) if name not in vidmock.__all__}
    assert without >= INSIDE.keys()


def test_tracebacks_show_an_error_by_the_path_that_it_is_imported_from() -> None:
    errors = [found for name in vidmock.__all__ if isinstance(found := getattr(vidmock, name), type)]
    errors = [error for error in errors if issubclass(error, Exception)]
    assert vidmock.NoWebhook in errors
    assert {error.__module__ for error in errors} == {"vidmock"}


def test_an_error_that_a_public_method_is_said_to_raise_is_exported() -> None:
    assert {vidmock.BadRequest, vidmock.NoSuchJob, vidmock.NoWebhook, vidmock.PortTaken} <= {*raised()}


def test_nothing_is_exported_that_users_do_not_meet() -> None:
    beginnings = {
        *(
            "AsyncMockServer",
            "json_schema",
            "lints",
            "load_catalog",
            "price",
            "provider_answer",
            "suggest",
            "validate",
            "validate_answer",
        )
    }
    errors = {kind.__name__ for error in raised() for kind in error.__mro__}
    assert {*vidmock.__all__} - {name for _, name, _ in met()} - errors == beginnings


def test_the_page_has_every_name_once() -> None:
    section = PAGE.read_text("utf-8").partition("### Names to import\n")[2].partition("\n#")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    told = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == vidmock.__all__


def met(inside: Any = tuple(INSIDE)) -> Iterator[tuple[str, str, Any]]:
    """Where a name of ours is met in the signature of something public, the name, and what it stands for.

    Begins with the servers, the fixtures and the functions, and goes on with what is met.
    """
    todo: list[Any] = [*MADE_BY_USERS, vidmock.validate, vidmock.price, vidmock.suggest, vidmock.load_catalog]
    todo.append(vidmock.provider_answer)
    for fixture, text in fixtures():
        for name in names_in(text) - vars(pytest_worlds).keys() - vars(builtins).keys():
            yield fixture, name, getattr(vidmock, name, None)
            todo.append(getattr(vidmock, name))
    done: list[Any] = []
    while todo:
        owner = todo.pop()
        if any(owner is other for other in done):
            continue
        done.append(owner)
        for where, scope, text in signatures(owner):
            if where.partition("(")[0] in inside:
                continue
            for name in names_in(text):
                meant = scope.get(name, getattr(vidmock, name, None))
                if ours(name, meant, scope):
                    yield where, name, meant
                    todo.append(meant)
        for base in owner.__bases__ if isinstance(owner, type) else ():
            if base.__module__.startswith("vidmock") and not base.__name__.startswith("_"):
                yield f"{owner.__name__}(base)", base.__name__, base
                todo.append(base)


def raised() -> Iterator[type[Exception]]:
    """The errors that the documentation of what is public says are raised."""
    for owner in (getattr(vidmock, name) for name in vidmock.__all__):
        for text in (owner.__doc__, *(function.__doc__ for _, function in functions(owner))):
            _, _, lines = inspect.cleandoc(text or "").partition("Raises:\n")
            for names in re.findall(r"^    (\w[\w, ]*):", lines, re.MULTILINE):
                for name in names.split(", "):
                    yield getattr(builtins, name, None) or getattr(vidmock, name)


def fixtures() -> Iterator[tuple[str, str]]:
    """The plugin's fixtures, and the text of what each is annotated to give."""
    for node in ast.parse(inspect.getsource(pytest_worlds)).body:
        if isinstance(node, ast.FunctionDef) and any("fixture" in ast.unparse(each) for each in node.decorator_list):
            yield node.name, ast.unparse(node.returns) if node.returns else ""


def functions(owner: Any) -> Iterator[tuple[str, FunctionType]]:
    """The public functions of *owner*, or itself, with the names that they go by."""
    if isinstance(owner, FunctionType):
        yield owner.__name__, owner
    for name, member in inspect.getmembers_static(owner) if isinstance(owner, type) else ():
        if not name.startswith("_") or name in SPECIAL or (name == "__init__" and owner in MADE_BY_USERS):
            parts = (member.fget, member.fset) if isinstance(member, property) else (member,)
            for found in (getattr(part, "__func__", part) for part in parts):
                if isinstance(found, FunctionType) and found.__module__.startswith("vidmock"):
                    yield f"{owner.__name__}.{name}", inspect.unwrap(found)


def signatures(owner: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each annotation in the public face of *owner*: where, what names mean there, and its text."""
    for where, function in functions(owner):
        for argument, text in function.__annotations__.items():
            yield f"{where}({argument})", function.__globals__, text
    for kind in owner.__mro__ if isinstance(owner, type) else ():
        if kind.__module__.startswith("vidmock"):
            for attribute, text in vars(kind).get("__annotations__", {}).items():
                if not attribute.startswith("_"):
                    yield f"{owner.__name__}.{attribute}", vars(sys.modules[kind.__module__]), text
    if not isinstance(owner, type | FunctionType):
        yield from alias_parts(owner)


def alias_parts(alias: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The classes in a type's other name, such as ``Probe``, as if each were an annotation."""
    for part in get_args(alias):
        for kind in part if isinstance(part, list) else (part,):
            if isinstance(kind, type):
                yield str(alias), {kind.__name__: kind}, kind.__name__
            else:
                yield from alias_parts(kind)


def names_in(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}


def ours(name: str, meant: Any, scope: dict[str, Any]) -> bool:
    """Whether a name in a signature is one of vidmock's: a class of its own, or another name of a type."""
    if meant is None:
        return not hasattr(builtins, name)
    if isinstance(meant, type | ModuleType):
        return (meant.__module__ if isinstance(meant, type) else meant.__name__).startswith("vidmock")
    return bool(get_args(meant))
