"""The public functions vidmock.validate and vidmock.price."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import vidmock
from vidmock import BadJSON, Invalid, UnknownModel, UnknownProvider

SOURCE = Path(vidmock.__file__).parents[1]
ROBOT = {"prompt": "A robot dances", "images": ["https://example.com/robot.png"]}


@pytest.mark.parametrize(
    "payload",
    [
        ROBOT,
        {"input": ROBOT},
        MappingProxyType(ROBOT),
        json.dumps(ROBOT),
        json.dumps({"input": ROBOT}).encode(),
        {"input": ROBOT, "webhook": "https://example.com"},
    ],
    ids=["input", "envelope", "mapping", "text", "bytes", "whole-body"],
)
def test_a_payload_may_be_the_input_or_the_body_as_value_or_as_text(payload: Any) -> None:
    assert vidmock.validate("runpod", "kling-video-o1-r2v", payload) == ()
    assert str(vidmock.price("runpod", "kling-video-o1-r2v", payload).amount) == "0.56"


def test_an_envelope_is_not_unwrapped_where_the_provider_has_none() -> None:
    violations = vidmock.validate("fal", "fal-ai/kling-video/o1/reference-to-video", {"input": {"prompt": "x"}})
    assert [violation.rule for violation in violations] == ["required"]


def test_what_is_no_object_is_no_input() -> None:
    assert [violation.rule for violation in vidmock.validate("runpod", "kling-video-o1-r2v", "[]")] == ["type"]
    assert [violation.rule for violation in vidmock.validate("runpod", "kling-video-o1-r2v", None)] == ["type"]


def test_what_is_wrong_inside_the_envelope_is_found() -> None:
    violations = vidmock.validate("runpod", "kling-video-o1-r2v", {"input": {"prompt": "x"}})
    assert [violation.where for violation in violations] == ["input.images"]


def test_another_name_of_a_model_is_understood() -> None:
    assert vidmock.validate("runware", "klingai-video-o1-standard", {})


def test_an_invalid_request_has_no_price() -> None:
    with pytest.raises(Invalid, match="images: is missing") as refusal:
        vidmock.price("runpod", "kling-video-o1-r2v", {"prompt": "x"})
    assert [violation.where for violation in refusal.value.violations] == ["images"]


@pytest.mark.parametrize("function", [vidmock.validate, vidmock.price], ids=["validate", "price"])
def test_unknown_names_and_bad_json_are_told_apart(function: Any) -> None:
    with pytest.raises(UnknownProvider, match="Did you mean 'runpod'"):
        function("runpood", "kling-video-o1-r2v", ROBOT)
    with pytest.raises(UnknownModel):
        function("runpod", "kling", ROBOT)
    with pytest.raises(BadJSON, match="line 1, column 1"):
        function("runpod", "kling-video-o1-r2v", "{,}"[1:])


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from vidmock.schema.library import validate
assert not validate("runpod", "kling-video-o1-r2v", {"prompt": "x", "images": ["https://a.b/c"]})
print(*sorted({"starlette", "uvicorn", "httpx", "hypothesis", "jsonschema", "asyncio"} & sys.modules.keys()))
assert validate("runpod", "kling-video-o1-r2v", {})
print(*sorted({"starlette", "uvicorn", "httpx", "hypothesis"} & sys.modules.keys()))
"""


def test_the_library_brings_no_server_and_for_a_valid_request_not_even_a_validator() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(SOURCE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == ["", "", ""]


def test_lints_tell_of_valid_inputs_what_was_probably_not_meant() -> None:
    fal = "fal-ai/kling-video/o1/reference-to-video"
    (lint,) = vidmock.lints("fal", fal, {"prompt": "x", "image_url": "https://a.b/c"})
    assert (lint.where, lint.rule, lint.keyword) == ("image_url", "dropped-parameter", "lint")
    (lint,) = vidmock.lints("fal", fal, {"image_url": "https://a.b/c"})
    assert lint.where == "image_url"
    assert vidmock.lints("fal", fal, {"prompt": "x"}) == ()
