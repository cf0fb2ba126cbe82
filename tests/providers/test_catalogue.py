"""All that the server refuses is in the catalogues, and their words stand nowhere else."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.providers.refused_answers import entries_of
from tests.providers.test_renderers import DIALECTS, KINDS, context, sample

import vidmock
from vidmock import problems
from vidmock.problems import Coded, Defect, Invalid, Problem
from vidmock.providers.fal.platform_api.errors import render_platform_problem
from vidmock.providers.fal.refusal import RefusedInput
from vidmock.resources import folder
from vidmock.schema.catalog import models, providers
from vidmock.schema.errors import failure_words, known_error, known_errors, refusal_words
from vidmock.schema.validate import find_violations

PACKAGE = Path(vidmock.__path__[0])
GOLDEN = sorted(folder("fixtures").glob("wire/*/*.json"))
FALLS_BACK: Mapping[str, set[str]] = {
    "runpod": {"wrong_scheme", "not_ready", "already_ended", "duplicate"},
    "runware": {"wrong_scheme", "not_ready", "already_ended", "invalid"},
    "fal": {"wrong_scheme", "duplicate", "invalid"},
    "eachlabs": {"wrong_scheme", "not_ready", "duplicate"},
}
"""Words of problems that a provider has no error of its own for: that of a base is used. fal and Runware word invalid
input by what is wrong with it, and fal a key in another form by the form."""
FAILURES = {
    "internal", "moderated", "upstream", "upstream_timeout", "download", "no_media", "lost", "start_timeout",
    "run_timeout",
}  # fmt: skip
"""What a job of any provider can fail for."""
PLAIN_HTTP = {"exchange/dialect.py": {400}, "exchange/files.py": {304, 416}, "fal/proxy.py": set[int]()}
"""Statuses that are HTTP's own and no provider's: nobody is there to read it, a version that is known, a bad range."""


def told(answer: Any) -> tuple[int, Any]:
    """The status, and the body: JSON, or a line of text as it is."""
    text = bytes(answer.body).decode()
    return answer.status_code, text if answer.media_type == "text/plain" else json.loads(text)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
@pytest.mark.parametrize("provider", DIALECTS)
def test_every_problem_is_an_entry_of_every_catalogue(provider: str, kind: type[Problem]) -> None:
    # What is wrong with an input has the code of its model's provider.
    problem = Invalid(find_violations(models(provider)[0], {})) if kind is Invalid else sample(kind)
    status, body = told(DIALECTS[provider].render_problem(problem, context()))
    # fal's own kind, which no other dialect meets, is of an input that it could not even read.
    assert all(entries_of(provider, status, body)) or (provider != "fal" and kind is RefusedInput)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_every_problem_is_an_entry_at_fals_platform_api(kind: type[Problem]) -> None:
    status, body = told(render_platform_problem(sample(kind), context()))
    assert all(entries_of("fal", status, body))
    assert body["error"]["request_id"]


@pytest.mark.parametrize("provider", DIALECTS)
def test_every_word_of_a_problem_is_in_every_catalogue_or_was_left_to_a_base(provider: str) -> None:
    common = {kind.word for kind in KINDS if getattr(problems, kind.__name__, None) is kind}
    assert common - refusal_words(provider).keys() == FALLS_BACK[provider]
    own = {kind.word for kind in KINDS if f".{provider}." in kind.__module__} - {"forbidden", "invalid"}
    assert own <= refusal_words(provider).keys()
    more = {"no_key", "missing", "too_often", "at_once", "internal_submit", "internal_upload"}
    assert refusal_words(provider).keys() <= common | own | more


@pytest.mark.parametrize("provider", DIALECTS)
def test_every_reason_why_a_job_fails_is_in_every_catalogue(provider: str) -> None:
    known = failure_words(provider)
    assert known.keys() - {"invalid", "cancelled"} == FAILURES
    assert all(error.fails for error in known.values())
    assert all(error.answers for error in refusal_words(provider).values())
    assert "moderated" not in refusal_words(provider)


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_refusal_of_a_golden_exchange_is_an_entry(file: Path) -> None:
    provider = file.parent.name
    for step in json.loads(file.read_bytes())["steps"]:
        bodies = [step["answer"]] if step.get("status", 200) >= 400 and "answer" in step else []
        bodies += [frame for frame in step.get("frames", []) if "errors" in frame]
        for body in bodies:
            assert all(entries_of(provider, step.get("status"), body)), body


def modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(PACKAGE.glob("providers/*/*.py")):
        yield str(file.relative_to(PACKAGE / "providers")), ast.parse(file.read_text("utf-8"))


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
            yield node


def test_no_route_answers_an_error_by_itself() -> None:
    """All errors go through render_problem, which has nothing but the catalogue."""
    for name, tree in modules():
        if name.endswith("/errors.py") or name.startswith(("exchange/faulty", "exchange/changed")):
            continue
        for call in calls(tree, "reply", "Response", "JSONResponse", "PlainTextResponse"):
            numbers = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "status_code")]
            found = {node.value for node in numbers if isinstance(node, ast.Constant) and isinstance(node.value, int)}
            assert all(number < 400 or number in PLAIN_HTTP.get(name, ()) for number in found), (name, call.lineno)


def test_every_error_that_a_route_names_is_in_its_providers_catalogue() -> None:
    named = 0
    for name, tree in modules():
        provider = name.partition("/")[0]
        for call in calls(tree, "Coded", "find_error"):
            match call.args:
                case [ast.Constant(value=str(code)), *_]:
                    known = known_error(code, provider)
                case _:
                    continue
            assert known, (name, call.lineno)
            named += 1
    assert named >= 20


def fragments() -> Iterator[tuple[str, str]]:
    """The parts of each error's words between the values, of at least three words: shorter ones are everybody's."""
    for provider in providers():
        for error in known_errors(provider):
            for part in re.split(r"\{\w+\}", error.text):
                if len(part.split()) >= 3:
                    yield f"{provider}/{error.name}", part.strip()


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The string constants of *tree* that are no docstrings, those in f-strings included."""
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.lineno, node.value


FOR_PEOPLE = ("problems.py", "engine/jobs/job.py", "engine/faults/", "server/control/", "providers/fal/pydantic")
"""Where vidmock speaks for itself, in sentences that a catalogue may have as neutral words of ours, and where a library
does, whose words fal's validation has."""


def test_no_words_of_a_catalogue_stand_in_code_a_second_time() -> None:
    known = {part.casefold(): name for name, part in fragments()}
    wanted = re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))))
    copies = []
    for file in sorted(PACKAGE.glob("**/*.py")):
        place = str(file.relative_to(PACKAGE))
        if place.startswith(FOR_PEOPLE):
            continue
        for line, text in texts(ast.parse(file.read_text("utf-8"))):
            if found := wanted.search(text.casefold()):
                copies.append(f"{place}:{line}: {known[found[0]]}: {found[0]!r}")
    assert copies == []


@pytest.mark.parametrize("provider", DIALECTS)
def test_an_error_of_no_such_name_or_of_jobs_alone_is_the_internal_one(provider: str) -> None:
    internal = told(DIALECTS[provider].render_problem(Problem("x"), context()))
    of_jobs = next(error for error in known_errors(provider) if not error.answers)
    for name in ("nobody's", of_jobs.name):
        assert told(DIALECTS[provider].render_problem(Coded(name), context())) == internal


@pytest.mark.parametrize("provider", DIALECTS)
def test_a_defect_says_that_it_is_vidmocks(provider: str) -> None:
    status, body = told(DIALECTS[provider].render_problem(Defect(), context()))
    assert status == 500
    assert "vidmock failed" in json.dumps(body)
