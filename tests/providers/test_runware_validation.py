"""``vidmock.validate`` of an array of tasks says of each what the server says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import vidmock
from vidmock.problems import BadRequest
from vidmock.schema.library import lints

if TYPE_CHECKING:
    from tests.conftest import House

MODEL = "klingai:kling@o1"
ONE, TWO = "6b7a3a3c-50c1-4f4e-8c8a-0a9b7a1f2c3d", "6b7a3a3c-50c1-4f4e-8c8a-0a9b7a1f2c3e"
TASK = {
    "taskType": "videoInference",
    "taskUUID": ONE,
    "model": MODEL,
    "positivePrompt": "A kite over dunes",
    "width": 1920,
    "height": 1080,
    "duration": 5,
}
AUTHENTICATION = {"taskType": "authentication", "apiKey": "a-key"}
ARRAYS: dict[str, list[Any]] = {
    "good": [TASK],
    "with its key": [AUTHENTICATION, TASK],
    "small letters": [TASK | {"outputFormat": "mp4"}, TASK | {"taskUUID": TWO, "outputFormat": "WebM"}],
    "no such format": [TASK | {"outputFormat": "avi"}],
    "the second is wrong": [TASK, TASK | {"taskUUID": TWO, "duration": 500}],
    "both are wrong": [TASK | {"width": 5}, TASK | {"taskUUID": TWO, "seed": 1}],
    "the same twice": [TASK, TASK],
    "no task": [TASK, 5, [TASK]],
    "no id": [{name: value for name, value in TASK.items() if name != "taskUUID"}],
}


@pytest.mark.parametrize("name", ARRAYS)
def test_each_task_is_judged_as_the_server_does(house: House, name: str) -> None:
    violations = vidmock.validate("runware", MODEL, ARRAYS[name])
    answer = house.post("/runware/v1", ARRAYS[name])
    errors = answer.json().get("errors", [])
    assert sorted(filter(None, (found.code for found in violations))) == sorted(error["code"] for error in errors)
    assert bool(errors) is bool(violations)


def test_an_array_without_a_task_asks_for_nothing(house: House) -> None:
    """The provider takes it and makes nothing, which nobody means."""
    assert house.post("/runware/v1", []).json() == {"data": []}
    assert [found.rule for found in vidmock.validate("runware", MODEL, [])] == ["array"]


def test_what_is_wrong_has_the_place_of_its_task() -> None:
    array = [AUTHENTICATION, TASK, TASK | {"duration": 500}, 5]
    found = vidmock.validate("runware", MODEL, array)
    assert [(each.where, each.rule) for each in found] == [
        ("[2].duration", "r7-text-to-video-5-or-10-seconds"),
        ("[3]", "type"),
        ("[2].taskUUID", "repeated"),
    ]
    assert str(found[1]) == "[3]: must be an object; got 5"


def test_only_a_provider_that_takes_an_array_has_one() -> None:
    (found,) = vidmock.validate("fal", "fal-ai/kling-video/o1/reference-to-video", [{"prompt": "a kite"}])
    assert found.message.startswith("must be an object; got ")


@pytest.mark.parametrize(("said", "meant"), [("mp4", "MP4"), ("Mov", "MOV"), ("WEBM", None), ("avi", None), (5, None)])
def test_a_value_in_other_letters_than_the_pages_is_a_warning(said: object, meant: str | None) -> None:
    for payload, where in ((TASK | {"outputFormat": said}, ""), ([TASK | {"outputFormat": said}], "[0].")):
        told = [str(found) for found in lints("runware", MODEL, payload)]
        assert told == ([f"{where}outputFormat: is taken as {meant!r}, which is how the page has it"] if meant else [])
    assert lints("runware", MODEL, "5") == ()


def test_a_price_is_that_of_one_task() -> None:
    (one,) = {vidmock.price("runware", MODEL, sent).amount for sent in (TASK, [TASK], [AUTHENTICATION, TASK])}
    assert one == vidmock.price("runware", MODEL, TASK | {"outputFormat": "mp4"}).amount
    for array, number in ((ARRAYS["small letters"], 2), ([], 0)):
        with pytest.raises(BadRequest, match=f"this is an array of {number}"):
            vidmock.price("runware", MODEL, array)
