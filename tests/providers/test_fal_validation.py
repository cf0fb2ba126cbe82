"""fal's validation errors are the real Pydantic's: 2 as the tests have it, and 1.10 in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from tests.providers import pydantic_judge

from vidmock.providers.fal.echo import MOST_REPEATED, echoed
from vidmock.providers.fal.reading import LIBRARIES, read_by_pydantic
from vidmock.providers.fal.refusal import refused_items
from vidmock.schema import catalog
from vidmock.schema.catalog import Model
from vidmock.schema.findings import MOST_VIOLATIONS
from vidmock.schema.samples import samples_of
from vidmock.schema.validate import find_violations

HOME = Path(__file__).parents[1] / ".venvs" / "pydantic-1.10"
PYTHONS = {"pydantic2": Path(sys.executable), "pydantic1": HOME / "bin" / "python"}
MISSING = f"run `python3 -m venv {HOME} && {HOME}/bin/python -m pip install pydantic==1.10.26` first"
PROGRAM = Path(pydantic_judge.__file__)
KLING = catalog.find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
FIELDS = {
    "type": "object",
    "required": ["count", "share"],
    "properties": {
        "count": {"type": "integer"},
        "share": {"type": "number"},
        "loop": {"type": "boolean", "default": False},
        "note": {"type": ["string", "null"]},
        "sizes": {"type": "array", "items": {"enum": ["s", "m"]}},
        "only": {"enum": ["x"], "default": "x"},
    },
}
"""Each type that a schema file may have, most of which no model of fal's here uses."""
OWN = Model("fal", "own", "Own", "https://example.com", 1, None, (), Path("own.json"), FIELDS)
MODELS = (*catalog.models("fal"), OWN)
_HEAD = {"provider": "fal"}
LIMITED = Model(
    "fal",
    "limited",
    "Limited",
    "https://example.com",
    1,
    None,
    (),
    Path("limited.json"),
    {
        "x-model": _HEAD,
        "$defs": {},
        "type": "object",
        "required": [],
        "properties": {
            "steps": {"type": "integer", "minimum": 1, "maximum": 10, "multipleOf": 5},
            "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            "parts": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer"}},
        },
    },
)
"""Each limit that fal's page of errors has an error for."""
EACH = 900
STRANGE: list[Any] = [
    *(None, True, False, 0, 1, 2, -5, 5, 0.0, 1.0, 2.0, 5.0, 3.7, 1e300, -1e19, 2**70),
    *("", "a", "5", " 7 ", "1_000", "1__0", "_1", "5.0", "5.", "+5", "-0", "0x1", "1e3", "nan", "٣", "9" * 4301),
    *("yes", "OFF", "t", "16:9", "10", "x", "s", [], [1], ["u", 2, None], ["s", "m", "l"], [["prompt", "x"]], ["ab"]),
    *({}, {"a": 1}, {"prompt": "x"}, {"frontal_image_url": 1, "reference_image_urls": None}, [{}], [[]], [None]),
]


def _changed(draw: Random, value: Any, depth: int = 0) -> Any:
    """*value* with something else here and there."""
    if draw.random() < 0.2 or depth > 4:
        return deepcopy(draw.choice(STRANGE))
    if isinstance(value, dict):
        kept = {name: member for name, member in value.items() if draw.random() > 0.07}
        return {
            name: _changed(draw, member, depth + 1) if draw.random() < 0.4 else member for name, member in kept.items()
        }
    if isinstance(value, list):
        return [_changed(draw, item, depth + 1) if draw.random() < 0.5 else item for item in value]
    return draw.choice(STRANGE) if draw.random() < 0.5 else value


@cache
def _inputs(model: Model) -> list[Any]:
    """The same inputs in every run, most of them bad; null by itself is no body at all."""
    draw = Random(model.id)
    if model is OWN:
        known: list[Any] = [{"count": 1, "share": 0.5, "loop": True, "note": "a", "sizes": ["s"], "only": "x"}]
    else:
        samples = samples_of(model)
        known = [*samples.valid, *(payload for fault in samples.faults for payload in fault.payloads)]
    made: list[Any] = []
    while len(made) < EACH:
        base = deepcopy(draw.choice(known))
        if draw.random() < 0.5:
            base[draw.choice(list(model.schema["properties"]))] = deepcopy(draw.choice(STRANGE))
        if (changed := _changed(draw, base)) is not None:
            made.append(changed)
    return made


@cache
def _judged(validation: str) -> list[list[Any]]:
    """What the real library makes of all inputs of all models."""
    assert PYTHONS[validation].exists(), MISSING
    lines = [json.dumps({"schema": dict(model.schema), "inputs": _inputs(model)}) for model in MODELS]
    done = subprocess.run(
        [str(PYTHONS[validation]), str(PROGRAM)], input="\n".join(lines), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("validation", LIBRARIES)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_item_is_the_real_librarys(model: Model, validation: str) -> None:
    for given, judged in zip(_inputs(model), _judged(validation)[MODELS.index(model)], strict=True):
        read = read_by_pydantic(model, given, validation)
        ours = json.dumps(list(read.items))
        assert ours == json.dumps(judged["items"]), f"{json.dumps(given)}: members, order and all"
        if not judged["items"] and model is not KLING:
            declared = {name: value for name, value in read.value.items() if name in model.schema["properties"]}
            found = json.dumps(declared, sort_keys=True)
            assert found == json.dumps(judged["value"], sort_keys=True), json.dumps(given)


@pytest.mark.parametrize("validation", LIBRARIES)
def test_thousands_of_bad_inputs_were_compared(validation: str) -> None:
    wrong = [judged for each in _judged(validation) for judged in each if judged["items"]]
    assert len(wrong) > 2000
    assert len({item["type"] for judged in wrong for item in judged["items"]}) >= 9


@pytest.mark.parametrize("model", catalog.models("fal"), ids=lambda model: model.id)
@pytest.mark.parametrize("validation", LIBRARIES)
def test_what_the_library_refuses_breaks_the_schema_too(model: Model, validation: str) -> None:
    for given in _inputs(model):
        if read_by_pydantic(model, given, validation).items:
            assert find_violations(model, given), json.dumps(given)


@pytest.fixture
def fastapi() -> Callable[[bytes], list[Any]]:
    """The error items of a real FastAPI application, as fal writes them, for a body of Kling's model."""
    app = FastAPI()
    made = pydantic_judge.class_of(KLING.schema, KLING.schema, "Input")

    async def generate(given: Any) -> None:
        """Take the body."""

    generate.__annotations__["given"] = made
    app.post("/")(generate)

    @app.exception_handler(RequestValidationError)
    async def refuse(request: Request, problem: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": jsonable_encoder(problem.errors())}, 422)

    def items(body: bytes) -> list[Any]:
        answer = TestClient(app).post("/", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422
        found: list[Any] = answer.json()["detail"]
        return found

    return items


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b'{"prompt": }',
        b'{"prompt": 5, "duration": 5, "elements": [3, {}], "image_urls": ["a", null]}',
        b'{"prompt": "a", "aspect_ratio": null, "elements": [{"reference_image_urls": null}]}',
    ],
    ids=bytes.decode,
)
def test_fastapi_hands_the_errors_on_as_the_mock_does(
    house: Any, fastapi: Callable[[bytes], list[Any]], body: bytes
) -> None:
    answer = house.post(f"/fal/run/{KLING.id}", content=body)
    assert answer.json() == {"detail": fastapi(body)}


def _result(house: Any, body: object) -> Any:
    job = house.post("/fal/queue/fal-ai/fast-sdxl", body).json()["request_id"]
    house.advance(6)
    return house.get(f"/fal/queue/fal-ai/fast-sdxl/requests/{job}")


def test_a_value_that_pydantic_converts_reaches_the_app_converted(house: Any) -> None:
    made = _result(house, {"prompt": "a kite", "seed": "5"})
    assert (made.status_code, made.json()["seed"]) == (200, 5)


def test_older_apps_take_a_number_for_a_text(houses: Callable[..., Any]) -> None:
    assert _result(houses(), {"prompt": 5}).status_code == 422
    older = _result(houses(behaviours={"fal.validation": "pydantic1"}), {"prompt": 5})
    assert (older.status_code, older.json()["prompt"]) == (200, "5")


@pytest.mark.parametrize("validation", LIBRARIES)
def test_no_more_errors_are_told_than_violations(validation: str) -> None:
    read = read_by_pydantic(KLING, {"prompt": "x", "image_urls": [[]] * 20000}, validation)
    assert [item["loc"][-1] for item in read.items] == list(range(MOST_VIOLATIONS))


def test_an_error_repeats_so_much_of_the_input_and_no_more(house: Any) -> None:
    picture = "data:image/png;base64," + "A" * 10**6
    (item,) = house.post(f"/fal/run/{KLING.id}", {"image_urls": [picture, "b"], "elements": []}).json()["detail"]
    (shown,) = item["input"]["image_urls"]
    assert len(shown) < MOST_REPEATED
    assert picture.startswith(shown.removesuffix("…"))
    assert list(item["input"]) == ["image_urls"]
    small: Mapping[str, Any] = {"a": [1, None, True, {"b": "c"}], "d": 1.5}
    assert echoed(small) == small
    assert len(json.dumps(echoed({str(number): [number] * 100 for number in range(10**4)}))) < 10 * MOST_REPEATED


def test_a_violations_code_is_what_fal_says_of_it() -> None:
    compared: Counter[str] = Counter()
    for model in (*catalog.models("fal"), LIMITED):
        for fault in samples_of(model).faults:
            given = fault.payloads[0]
            violations = find_violations(model, given)
            items = read_by_pydantic(model, given, "pydantic2").items
            said = refused_items(items, violations, given, lambda name: name.default)
            types = {(item["type"], tuple(item["loc"][1:])) for item in said}
            for found in violations:
                # Of numbers and switches, the library's word depends on the value.
                if found.code is None or found.code == "file_download_error":
                    continue
                told = (found.code, found.path)
                # The app's own errors blame the body.
                assert told in types or (found.code, ()) in types, given
                compared[found.keyword] += 1
    assert compared.keys() >= {
        "required",
        "enum",
        "type",
        "minimum",
        "maximum",
        "multipleOf",
        "exclusiveMinimum",
        "rule",
    }


def test_what_is_beyond_a_limit_is_told_as_fals_page_of_errors_has_it() -> None:
    given = {"steps": 7, "share": 0, "parts": [1, 2, 3]}
    said = refused_items((), find_violations(LIMITED, given), given, lambda name: name.default)
    assert [*said] == [
        {
            "loc": ["body", name],
            "msg": f"{words}",
            "type": kind,
            "url": f"https://docs.fal.ai/errors#{kind}",
            "ctx": context,
            "input": given[name],
        }
        for name, kind, words, context in (
            ("steps", "multiple_of", "Input should be a multiple of 5", {"multiple_of": 5}),
            ("share", "greater_than", "Input should be greater than 0", {"gt": 0}),
            ("parts", "sequence_too_long", "Sequence should have at most 2 items", {"max_length": 2}),
        )
    ]
    older = refused_items((), find_violations(LIMITED, given), given, lambda name: "pydantic1")
    assert [item["type"] for item in older] == ["multiple_of"]
