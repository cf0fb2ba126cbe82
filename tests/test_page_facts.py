"""A list that stands on a page and in the code is the same in both."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.model_tables import with_models

from vidmock import cli, pytest_plugin, pytest_story, pytest_worlds, resources
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.failure_codes import FAILURE_CODES
from vidmock.engine.faults.outcomes import FORCED
from vidmock.engine.faults.reserved_keys import ABOUT
from vidmock.engine.faults.rules import ANY_CALL, PHASES
from vidmock.integrity.options import integrity_parser
from vidmock.schema.catalog import models, providers
from vidmock.schema.errors import known_errors
from vidmock.schema.known_media import MediaInfo
from vidmock.server.control.app import ROUTES
from vidmock.testing.clocks import ClockHandle, WebhooksHandle
from vidmock.testing.faults import FaultsHandle
from vidmock.testing.mock_server import MockServer
from vidmock.testing.records import JobsHandle, JournalHandle, LedgerHandle
from vidmock.testing.virtual_time.autojump import SLEEPS_AT_MOST
from vidmock.testing.virtual_time.patching import CLIENT_PACKAGES

if TYPE_CHECKING:
    from tests.conftest import House

TOP = Path(__file__).parents[1]
PAGES = {str(file.relative_to(TOP)): file.read_text("utf-8") for file in (*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"))}
CONTROL, PYTHON, FAULTS = (PAGES[f"docs/{name}.md"] for name in ("control", "python", "faults"))
HANDLES = {
    "clock": ClockHandle,
    "jobs": JobsHandle,
    "journal": JournalHandle,
    "ledger": LedgerHandle,
    "webhooks": WebhooksHandle,
    "faults": FaultsHandle,
}
OF_OTHER_PROGRAMS = {
    "--from",
    "--spec",
    "--save-dev",
    "--time",
    "--cap-add",
    "--network",
    "--http2",
    "--import",
    "--python",
    "--hypothesis-profile",
    "--rm",
    "--read-only",
    "--junitxml",
}
"""Options on the pages that are no option of ours."""


def table(page: str, head: str) -> list[list[str]]:
    """The cells of each row of the one table on *page* whose first line begins with *head*."""
    (rows,) = re.findall(rf"^{re.escape(head)}.*\n\|[-| ]+\n((?:\|.*\n)+)", page, re.MULTILINE)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows.splitlines()]


def quoted(text: str) -> list[str]:
    """The inline code in *text*, which may have blocks of code, too."""
    return re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))


def section(page: str, heading: str) -> str:
    """What is under *heading*, up to the next one of any level."""
    return page.partition(f"\n{heading}\n")[2].partition("\n#")[0]


def test_the_control_page_lists_every_route() -> None:
    told = {(method, path) for method, path in re.findall(r"`(GET|PUT|POST|DELETE) (/[^ `]*)", CONTROL)}
    paths = {(method, re.sub(r"\{[^}]+\}", "{}", path)) for method, path in told if not path.startswith("/_vidmock")}
    routes = {(route.method, re.sub(r"\{[^}]+\}", "{}", route.path)) for route in ROUTES}
    assert paths == routes - {("GET", "/"), ("GET", "/openapi.json")}


def test_the_control_page_lists_every_filter_and_every_member_of_a_fault() -> None:
    document = json.loads((resources.folder("schemas") / "control.openapi.json").read_bytes())
    for path, begins in (("/jobs", r"`GET /jobs` takes"), ("/journal", r"`GET /journal`, `\.har` and `\.jsonl` take")):
        (told,) = re.findall(rf"{begins} (.*?)\. ", CONTROL)
        filters = [each["name"] for each in document["paths"][path]["get"]["parameters"] if "name" in each]
        assert [word for word in quoted(told) if word not in ("502", "5xx")] == sorted(filters, key=told.index)
    members = [name for row in table(CONTROL, "| member | meaning |") for name in quoted(row[0])]
    assert sorted(members) == sorted(document["components"]["schemas"]["NewFault"]["properties"])


def test_the_pages_list_every_phase_and_outcome() -> None:
    (phases,) = (row[1] for row in table(CONTROL, "| member | meaning |") if row[0] == "`phase`")
    assert sorted(quoted(phases)) == sorted(PHASES)
    assert sorted(phase for row in table(FAULTS, "| phase | strikes |") for phase in quoted(row[0])) == sorted(PHASES)
    (told,) = re.findall(r"^An outcome is (.*?)\. ", CONTROL, re.MULTILINE)
    assert sorted(quoted(told)) == sorted(FORCED)


def test_the_page_of_faults_counts_them() -> None:
    numbers = {"seven": 7, "eight": 8}
    (word,) = re.findall(r"The first (\w+) replace the answer", section(FAULTS, "## The answer"))
    first = [row[0].strip("`") for row in table(section(FAULTS, "## The answer"), "| effect | |")[: numbers[word]]]
    assert first == [name for name, effect in EFFECTS.items() if effect.kind == "answer" and effect.phases == ANY_CALL]
    (word,) = re.findall(r"Beyond these (\w+), `error=CODE`", FAULTS)
    assert numbers[word] == sum(1 for effect in EFFECTS.values() if effect.kind == "problem") - 1
    (count,) = re.findall(r"There are about (\d+)", FAULTS)
    assert abs(int(count) - sum(len(known_errors(provider)) for provider in providers())) <= 5
    (codes,) = re.findall(r"The code of `fail` is (.*?), which", FAULTS)
    assert quoted(codes) == list(FAILURE_CODES)


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "docs/faults.md"])
def test_a_page_names_every_reserved_key(page: str) -> None:
    assert {word for word in quoted(PAGES[page]) if word.startswith("vidmock-")} == ABOUT.keys()


def test_the_page_of_input_files_lists_every_fact_and_every_rule() -> None:
    page = PAGES["docs/inputs.md"]
    facts = [name for row in table(page, "| fact | |") for name in quoted(row[0])]
    assert facts == [field.name for field in dataclasses.fields(MediaInfo)]
    examples = resources.folder("fixtures").glob("*/*/invalid/*.json")
    broken = {fault["rule"] for file in examples for fault in json.loads(file.read_bytes())["expect"]}
    assert set(re.findall(r"`(media-[a-z-]+)`", page)) == {rule for rule in broken if rule.startswith("media-")}


def test_the_python_page_lists_the_fixtures_and_the_arguments_of_the_marker() -> None:
    plugin = section(PYTHON, "## The plugin")
    functions = [node for node in ast.parse(inspect.getsource(pytest_worlds)).body if isinstance(node, ast.FunctionDef)]
    fixtures = [node.name for node in functions if "pytest.fixture" in map(_decorator, node.decorator_list)]
    assert sorted(row[0].strip("`") for row in table(plugin, "| fixture | what it is |")) == sorted(fixtures)
    assert sorted(re.findall(r"^- `(\w+)", plugin, re.MULTILINE)) == sorted(pytest_worlds._OPTIONS)
    declared = ast.parse(pytest_worlds.MARKER.partition("):")[0] + ")", mode="eval").body
    assert isinstance(declared, ast.Call)
    assert sorted(argument.arg or "" for argument in declared.keywords) == sorted(pytest_worlds._OPTIONS)


def _decorator(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def test_what_the_python_page_says_of_a_handle_is_so() -> None:
    for handle, text in table(PYTHON, "| handle | what it has |"):
        owner = HANDLES.get(handle.removeprefix("`mock.").removesuffix("`"))
        for name, arguments in re.findall(r"`\.(\w+)(?:\((.*?)\))?`", text if owner else ""):
            member = inspect.getattr_static(owner, name)
            named = re.findall(r"(\w+)=(?![\w\"])", arguments)
            if named:
                known = [each for each in inspect.signature(member).parameters if each != "self"]
                assert set(named) <= set(known), (handle, name)
                assert "…" in arguments or set(re.findall(r"\w+", arguments)) == set(known), (handle, name)
    for handle in HANDLES:
        assert f"| `mock.{handle}` |" in PYTHON
    told = set(re.findall(r"`(assert_\w+)\(", PYTHON))
    assert told == {name for name in dir(MockServer) if name.startswith("assert_")}


def test_the_python_page_names_what_lives_in_virtual_time_and_its_limit() -> None:
    (told,) = re.findall(r"This works in (.*?), in your own modules", PYTHON, re.DOTALL)
    assert quoted(told) == [name.partition(".")[0] for name in CLIENT_PACKAGES]
    assert (SLEEPS_AT_MOST, "has slept five thousand times" in PYTHON) == (5000, True)


def test_the_versions_on_the_pages_are_those_that_are_tested() -> None:
    tested = defaultdict(set)
    for name, version in _versions():
        tested[name].add(version)
    for row in table(PAGES["docs/clients.md"], "| client | version |"):
        assert tested[quoted(row[0])[0]] == {row[1]}
    for name, text in (*PAGES.items(), ("contracts/README.md", (TOP / "contracts" / "README.md").read_text("utf-8"))):
        for client, version in re.findall(r"`?([\w@/.-]+)`?\s+(\d+\.\d+\.\d+)\b", text):
            assert version in tested.get(client, {version}), (name, client)


def _versions() -> Iterator[tuple[str, str]]:
    """The version of each client that the tests install."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    for requirement in project["dependency-groups"]["clients"]:
        name, _, version = requirement.partition("==")
        yield name, version
    for folder in (TOP / "tests" / "node", TOP / "tests" / "node" / "ai-7"):
        yield from json.loads((folder / "package.json").read_bytes())["devDependencies"].items()
    yield from re.findall(r"pip install --quiet (runware)==([\d.]+)", (TOP / "scripts" / "install").read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_options_and_commands_that_there_are(page: str, pytestconfig: pytest.Config) -> None:
    parsers = dict(_parsers())
    known = {flag for parser in parsers.values() for flag in cli.flags_of(parser)}
    checker = {flag for action in integrity_parser()._actions for flag in action.option_strings}
    plugin = re.findall(
        r"addoption\(\s*\"(--[\w-]+)\"", inspect.getsource(pytest_plugin) + inspect.getsource(pytest_story)
    )
    suite = re.findall(r"addoption\(\s*\"(--[\w-]+)\"", (TOP / "contracts" / "conftest.py").read_text("utf-8"))
    told = {flag for text in quoted(PAGES[page]) for flag in re.findall(r"(?<!\S)--[a-z][\w-]+", text)}
    assert told - known - {*plugin, *suite, *checker} <= OF_OTHER_PROGRAMS
    commands = {text.split()[1] for text in quoted(PAGES[page]) if re.match(r"vidmock [a-z]", text)}
    assert commands <= parsers.keys()


def _parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for command in cli.COMMANDS:
        parser = argparse.ArgumentParser()
        import_module(f"vidmock.cli.{command}").add_options(parser)
        yield command, parser


def test_the_page_of_the_ways_in_has_the_prefix_of_every_api(house: House) -> None:
    (row,) = (row for row in table(PAGES["docs/ways-in.md"], "| a client that… |") if "base URL" in row[0])
    assert all(path.startswith(tuple(house.app.surfaces)) for path in quoted(row[1]))
    assert {prefix.split("/")[1] for prefix in quoted(row[1])} == {*providers()}


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md"])
def test_a_page_counts_the_models(page: str) -> None:
    (number,) = re.findall(r"for \[?(\d+) models", PAGES[page])
    assert int(number) == len(models())


def test_the_page_of_models_lists_them_with_how_sure_each_is() -> None:
    assert with_models(PAGES["docs/models.md"]) == PAGES["docs/models.md"], "python -m tests.model_tables writes it"


def test_the_page_of_benchmarks_lists_every_program() -> None:
    folder = TOP / "benchmarks"
    programs = [file.name for file in folder.glob("*.py") if '__name__ == "__main__"' in file.read_text("utf-8")]
    told = [quoted(row[0])[0] for row in table((folder / "README.md").read_text("utf-8"), "| script |")]
    assert sorted(told) == sorted(f"python benchmarks/{name}" for name in programs)
