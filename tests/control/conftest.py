"""A client of the control API, which compares every answer with the API's OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from vidmock import resources

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House

DOCUMENT: dict[str, Any] = json.loads((resources.folder("schemas") / "control.openapi.json").read_bytes())


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": DOCUMENT["components"]})


def described(method: str, path: str) -> Any:
    """The operation of the OpenAPI document for a request."""
    plain = path.partition("?")[0]
    exact = [template for template in DOCUMENT["paths"] if template == plain]
    fitting = [t for t in DOCUMENT["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", t), plain)]
    return DOCUMENT["paths"][(exact or fitting)[0]][method.lower()]


class Control:
    """Calls the control API of *house*. *answered* has the ids of the operations that have succeeded."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.answered: set[str] = set()

    def ask(self, method: str, path: str, json: object = None, **more: Any) -> httpx.Response:
        more |= {} if json is None else {"json": json}
        answer = self.house.ask(method, f"/_vidmock{path}", None, **more)
        operation = described(method, path)
        responses = operation["responses"]
        said = responses.get(str(answer.status_code)) or DOCUMENT["components"]["responses"]["Error"]
        kind = answer.headers["content-type"].partition(";")[0]
        schema = said["content"][kind]["schema"]
        if kind == "application/json":
            _check(schema, answer.json())
        if json is not None and answer.is_success and "requestBody" in operation:
            _check(operation["requestBody"]["content"]["application/json"]["schema"], json)
        if answer.is_success:
            self.answered.add(operation["operationId"])
        return answer

    def get(self, path: str, **more: Any) -> Any:
        answer = self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, method: str, path: str, json: object = None, **more: Any) -> Any:
        answer = self.ask(method, path, json, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def refused(self, method: str, path: str, json: object = None, **more: Any) -> tuple[int, dict[str, str]]:
        answer = self.ask(method, path, json, **more)
        assert not answer.is_success, answer.text
        return answer.status_code, answer.json()


def _check(schema: Any, value: Any) -> None:
    faults = [f"{error.json_path}: {error.message}" for error in _validator(json.dumps(schema)).iter_errors(value)]
    assert faults == []


@pytest.fixture
def control(house: House) -> Control:
    """The control API of ``house``."""
    return Control(house)


@pytest.fixture
def controls(houses: Callable[..., House]) -> Callable[..., Control]:
    """The control API of a server with settings of its own."""
    return lambda **changes: Control(houses(**changes))
