"""The schemas of what providers answer. The mock's own answers are judged by them in tests/wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

import vidmock
from vidmock.problems import UnknownProvider
from vidmock.schema.answers import answers_of
from vidmock.schema.catalog import providers
from vidmock.schema.portable import portable_schema

URL = "https://files.example/a.mp4"
FAL: dict[str, Any] = {
    "status": "IN_QUEUE",
    "request_id": "r",
    "response_url": URL,
    "status_url": URL,
    "cancel_url": URL,
}
DONE: dict[str, Any] = {"taskType": "videoInference", "taskUUID": "t", "status": "success", "videoURL": URL}
WRONG: list[tuple[str, Any, str]] = [
    ("runpod", {"status": "COMPLETED", "id": "1"}, "output"),
    ("runpod", {"status": "FAILED", "id": "1"}, "error"),
    ("runpod", {"status": "IN_QUEUE"}, "id"),
    ("runpod", {"status": "COMPLETED", "id": "1", "output": {}, "executionTime": "75 s"}, "executionTime"),
    ("runpod", {"title": "x", "detail": "x", "status": "404"}, "status"),
    ("runpod", {"stream": {}, "status": "IN_QUEUE"}, "stream"),
    ("runpod", {"removed": -1, "status": "completed"}, "removed"),
    ("runpod", {"jobs": {"completed": "1"}, "workers": {}}, "jobs.completed"),
    ("runpod", [{}], "the input"),
    ("runware", {"data": [DONE, {**DONE, "status": "done"}]}, "data[1].status"),
    ("runware", {"data": [{key: value for key, value in DONE.items() if key != "videoURL"}]}, "data[0]"),
    ("runware", {"data": [{"taskType": "videoInference"}]}, "data[0].taskUUID"),
    ("runware", [{**DONE, "videoURL": "a.mp4"}], "[0].videoURL"),
    ("runware", {**DONE, "cost": "0.56"}, "cost"),
    ("runware", {"errors": [{"message": "x"}]}, "errors[0].code"),
    ("runware", {"errors": [{"code": "x", "message": "x", "parameter": 5}]}, "errors[0].parameter"),
    ("fal", {**FAL, "status": "QUEUED"}, "status"),
    ("fal", {**FAL, "queue_position": -1}, "queue_position"),
    ("fal", {key: value for key, value in FAL.items() if key != "cancel_url"}, "cancel_url"),
    ("fal", {**FAL, "logs": [{}]}, "logs[0].message"),
    ("fal", {"request_id": "r", "status": "ERROR", "payload": None}, "error"),
    ("fal", {"detail": 5}, "detail"),
    ("fal", {"detail": [{"loc": ["body"], "msg": "x"}]}, "detail[0].type"),
    ("fal", {"status": "cancelled"}, "status"),
    ("fal", {"video": URL}, "video"),
    ("fal", {"images": [{"width": 5}]}, "images[0].url"),
    ("eachlabs", {"status": "done", "metrics": {}, "id": "x"}, "status"),
    ("eachlabs", {"status": "success", "metrics": {}, "id": "x"}, "output"),
    ("eachlabs", {"status": "processing", "urls": {}}, "the input"),
    ("eachlabs", {"exec_id": "", "status": "succeeded"}, "exec_id"),
    ("eachlabs", {"predictionID": 5, "status": "success", "message": "x"}, "predictionID"),
    ("eachlabs", {"error": 5}, "error"),
]
RIGHT: list[tuple[str, Any]] = [
    ("runpod", []),
    ("runpod", {"id": "1", "status": "IN_PROGRESS", "new": 1}),
    ("runware", DONE),
    ("runware", [DONE]),
    ("runware", {"data": [{"taskType": "ping", "pong": True}]}),
    ("fal", {"request_id": "r", "gateway_request_id": "r", "status": "OK", "payload": {"video": {"url": URL}}}),
    ("fal", {"output": "a word"}),
    ("eachlabs", {}),
    ("eachlabs", {"id": "x", "status": "created"}),
]


def test_an_answer_with_one_fault_is_told_where_it_is() -> None:
    found = {(provider, json.dumps(body)): places(provider, body) for provider, body, _ in WRONG}
    assert found == {(provider, json.dumps(body)): [where] for provider, body, where in WRONG}


def test_an_answer_that_is_right_is_right_as_text_too() -> None:
    assert [vidmock.validate_answer(provider, body) for provider, body in RIGHT] == [()] * len(RIGHT)
    assert vidmock.validate_answer("fal", b'{"detail": "x"}') == ()
    with pytest.raises(UnknownProvider):
        vidmock.validate_answer("fall", {})


def test_other_validators_agree(ajv: Callable[..., dict[str, list[bool]]]) -> None:
    schemas = {provider: portable_schema(answers_of(provider).schema) for provider in providers()}
    bodies = {name: [body for provider, body, *_ in [*WRONG, *RIGHT] if provider == name] for name in schemas}
    ours = {name: [not places(name, body) for body in listed] for name, listed in bodies.items()}
    by_id = {schema["$id"]: bodies[name] for name, schema in schemas.items()}
    assert ajv(list(schemas.values()), by_id, strict=True) == {schemas[name]["$id"]: ours[name] for name in schemas}
    for name, schema in schemas.items():
        assert [Draft202012Validator(schema).is_valid(body) for body in bodies[name]] == ours[name]
        assert [jsonschema_rs.validator_for(schema).is_valid(body) for body in bodies[name]] == ours[name]


def places(provider: str, body: Any) -> list[str]:
    return [violation.where for violation in vidmock.validate_answer(provider, body)]
