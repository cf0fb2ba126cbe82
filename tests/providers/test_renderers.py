"""Every problem in every provider's form: its own words, or those of a base that was chosen for it."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.requests import Request

import vidmock
from vidmock import problems
from vidmock.engine.faults.rule_json import RuleMistakes
from vidmock.problems import (
    AlreadyEnded,
    Coded,
    Defect,
    Duplicate,
    Invalid,
    NoRoute,
    NoSuchJob,
    NotReady,
    Problem,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    UnknownCode,
    UnknownModel,
    UnknownProvider,
    WrongMethod,
    WrongScheme,
)
from vidmock.providers.eachlabs import errors as eachlabs
from vidmock.providers.exchange.renderers import ErrorContext, Renderers
from vidmock.providers.fal import errors as fal
from vidmock.providers.fal.refusal import RefusedInput
from vidmock.providers.runpod import errors as runpod
from vidmock.providers.runware import errors as runware
from vidmock.providers.runware.request import BadParameter
from vidmock.schema.catalog import find_model
from vidmock.schema.validate import find_violations
from vidmock.server.control import refusal
from vidmock.state.store import StateLost
from vidmock.testing.virtual_time.standstill import TimeStandsStill

DIALECTS: Mapping[str, ModuleType] = {"runpod": runpod, "runware": runware, "fal": fal, "eachlabs": eachlabs}
LABEL = "00000000-0000-4000-8000-000000000001"
TASK = {"taskType": "videoInference", "taskUUID": "00000000-0000-4000-8000-00000000000e"}
MODEL = find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
SAMPLES: Mapping[str, Problem] = {
    "TimeStandsStill": TimeStandsStill("a thread waits", 60),
    "UnknownProvider": UnknownProvider("rumpod", ["runpod"]),
    "UnknownModel": UnknownModel("fal", "kling", ["kling-video"]),
    "Invalid": Invalid(find_violations(MODEL, {"prompt": 5})),
    "RefusedInput": RefusedInput((), [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}]),
    "UnknownCode": UnknownCode("lots", None, ["fal"], []),
    "NoRoute": NoRoute("/nowhere"),
    "WrongMethod": WrongMethod("PUT", ["GET"]),
    "Unauthorized": Unauthorized(missing=True),
    "WrongScheme": WrongScheme("basic", ["Bearer <key>"]),
    "NoSuchJob": NoSuchJob("a-job"),
    "NotReady": NotReady("a-job"),
    "AlreadyEnded": AlreadyEnded("a-job"),
    "Duplicate": Duplicate("a-task"),
    "TooMany": TooMany("too many", 2.5),
    "TooLarge": problems.TooLarge(5 * 2**20),
    "Coded": Coded("nobody's"),
    "NoStateFolder": importlib.import_module("vidmock.server.state_folder").NoStateFolder(
        Path("state"), OSError(30, "no")
    ),
    "OverQuota": problems.OverQuota(3, 1.0),
    "QueueFull": fal.QueueFull(3, None),
    "BadParameter": BadParameter("seed", "It must be an integer."),
    "RuleMistakes": RuleMistakes([problems.BadRequest("a", "nth"), problems.BadRequest("b", "times")]),
    "PortTaken": importlib.import_module("vidmock.server.listener").PortTaken("h", 1, "taken", host_is_ours=True),
}
"""Problems that need to be told something; the others take a message or nothing."""


def _kinds(base: type[Problem]) -> Iterator[type[Problem]]:
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)


def _all_kinds() -> list[type[Problem]]:
    for part in ("engine", "schema", "providers", "server", "testing", "cli"):
        for module in pkgutil.walk_packages([f"{vidmock.__path__[0]}/{part}"], f"vidmock.{part}."):
            importlib.import_module(module.name)
    return [kind for kind in dict.fromkeys(_kinds(Problem)) if kind.__module__.startswith("vidmock")]


STATUS: Mapping[type[Problem], int] = {
    NoSuchJob: 404,
    refusal.NotFound: 404,
    TooLarge: 413,
    Defect: 500,
    Unavailable: 503,
    StateLost: 503,
}
"""That the control API answers with, where it is not 400."""
KINDS = _all_kinds()


def sample(kind: type[Problem]) -> Problem:
    if kind.__name__ in SAMPLES:
        return SAMPLES[kind.__name__]
    try:
        return kind("what was wrong")
    except TypeError:
        return kind()


def context(**switches: str) -> ErrorContext:
    """A refused task's; *switches* are named without their provider."""
    scope: dict[str, Any] = {"type": "http", "path": "/v2/a-model/run", "query_string": b"", "headers": []}
    chosen = {name.replace("__", "."): value for name, value in switches.items()}
    return ErrorContext(Request(scope), lambda known: chosen.get(known.name, known.default), LABEL, TASK)


def is_runpods(body: Any, status: int, headers: Mapping[str, str]) -> None:
    if body.get("status") == "FAILED":
        assert body == {"error": body["error"], "id": f"{LABEL}-u1", "status": "FAILED"}
    else:
        assert sorted(body) == ["detail", "status", "title"]
        assert body["status"] == status
        assert body["title"]
        assert body["detail"]


def is_runwares(body: Any, status: int, headers: Mapping[str, str]) -> None:
    assert sorted(body) == ["data", "errors"]
    assert body["data"] == []
    for error in body["errors"]:
        assert error["code"]
        assert error["message"]
        assert error["taskUUID"] == TASK["taskUUID"]


def is_fals(body: Any, status: int, headers: Mapping[str, str]) -> None:
    assert headers["x-fal-request-id"] == ("a-job" if body.get("status") == "ALREADY_COMPLETED" else LABEL)
    assert headers["x-fal-needs-retry"] == ("1" if status >= 500 or status == 429 else "false")
    assert set(body) <= {"detail", "error_type", "status"}
    assert "detail" in body or body["status"] == "ALREADY_COMPLETED"
    if isinstance(body.get("detail"), list):
        assert all({"loc", "msg", "type"} <= set(item) for item in body["detail"])
    assert body.get("error_type") == headers.get("x-fal-error-type")


def is_eachlabs(body: Any, status: int, headers: Mapping[str, str]) -> None:
    assert headers["x-request-id"] == LABEL
    assert body["error"]
    whole = sorted(body) == ["details", "error", "message", "status"]
    assert whole or body.keys() - {"details"} in ({"error"}, {"error", "status"})
    assert body.get("status") in (("error",) if whole else (None, status))


FORMS = {"runpod": is_runpods, "runware": is_runwares, "fal": is_fals, "eachlabs": is_eachlabs}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
@pytest.mark.parametrize("provider", DIALECTS)
def test_every_problem_has_an_answer_in_the_providers_own_form(provider: str, kind: type[Problem]) -> None:
    answer = DIALECTS[provider].render_problem(sample(kind), context())
    assert 400 <= answer.status_code < 600
    if (provider, kind) == ("fal", WrongMethod):
        assert (answer.body, answer.media_type) == (b"405: Method Not Allowed", "text/plain")
        return
    assert answer.headers["content-type"] == "application/json"
    FORMS[provider](json.loads(bytes(answer.body)), answer.status_code, answer.headers)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_the_control_api_says_what_was_wrong_where_and_what_to_type(kind: type[Problem]) -> None:
    answer = refusal.render_problem(sample(kind), "curl 'http://x/_vidmock/'")
    assert json.loads(bytes(answer.body)).keys() == {"error", "where", "try"}
    assert json.loads(bytes(answer.body))["try"]
    assert answer.status_code == STATUS.get(kind, 400)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_runware_says_the_same_of_a_task_and_of_a_whole_request(kind: type[Problem]) -> None:
    answer, task = runware.render_problem(sample(kind), context()), runware.render_task(sample(kind), context())
    assert answer.status_code == task.status
    assert json.loads(bytes(answer.body)) == {"data": [], "errors": json.loads(json.dumps(task.errors))}
    assert task.data == ()


def test_eachlabs_words_an_error_as_the_family_that_is_switched_on_has_it() -> None:
    said = {
        family: json.loads(bytes(eachlabs.render_problem(NoSuchJob("a-job"), context(eachlabs__errors=family)).body))
        for family in ("page", "guide", "gateway", "empty")
    }
    assert sorted(said["guide"]) == ["error"]
    assert sorted(said["gateway"]) == sorted(said["empty"]) == ["details", "error", "status"]
    assert json.loads(bytes(eachlabs.render_problem(Problem("x"), context()).body))["status"] == "error"


def test_the_nearest_base_words_a_problem_without_words() -> None:
    class Odd(TooMany):
        pass

    renderers: Renderers[None, str] = Renderers(
        {Problem: lambda problem, context: "any", TooMany: lambda problem, context: f"slowly: {problem}"}
    )
    assert renderers.render(Odd("wait", None), None) == "slowly: wait"
    assert renderers.render(NotReady("a-job"), None) == "any"
    assert (renderers.base(Odd), renderers.base(NotReady)) == (TooMany, Problem)


def test_a_table_that_leaves_a_problem_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no renderer for Problem"):
        Renderers({TooMany: lambda problem, context: ""})
