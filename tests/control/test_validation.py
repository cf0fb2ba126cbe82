"""Validation by the control API: what the library says of a request, and nothing is submitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import vidmock
from vidmock.schema.catalog import SHIPPED, ModelCatalog
from vidmock.schema.pricing import UNKNOWN_PRICE

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control

FAL = "fal-ai/kling-video/o1/reference-to-video"
MODELS = {
    "runpod": "kling-video-o1-r2v",
    "runware": "klingai:kling@o1-standard",
    "fal": FAL,
    "eachlabs": "kling-o1-video-to-video-reference",
}
TASK = "6b7a3a3c-50c1-4f4e-8c8a-0a9b7a1f2c3d"


def test_what_is_wrong_is_what_the_library_says_and_the_edit_makes_it_valid(control: Control) -> None:
    sent = {"prompt": "a kite", "duration": 10, "durration": "5"}
    told = control.do("POST", "/validate", {"provider": "fal", "model": FAL, "input": sent})
    assert [(one["pointer"], one["message"]) for one in told["violations"]] == [
        (one.pointer, one.message) for one in vidmock.validate("fal", FAL, sent)
    ]
    edit = vidmock.suggest("fal", FAL, sent)
    assert edit is not None
    assert told["price"] is None
    assert (told["suggestion"]["sentence"], told["suggestion"]["patch"]) == (edit.sentence, [*map(dict, edit.patch)])
    mended = told["suggestion"]["input"]
    again = control.do("POST", "/validate", {"provider": "fal", "model": FAL, "input": mended})
    assert again["violations"] == []
    assert again["price"]["how"] == vidmock.price("fal", FAL, mended).how


def test_a_valid_request_has_a_price_and_is_not_submitted(control: Control, wire: Wire) -> None:
    model, sent = MODELS[wire.name], wire.body
    if wire.name == "runware":
        sent = {**wire.body[0], "taskUUID": TASK}
    told = control.do("POST", "/validate", {"provider": wire.name, "model": model, "input": sent})
    assert (told["violations"], told["suggestion"], told["model"]) == ([], None, model)
    cost = vidmock.price(wire.name, model, sent)
    assert (told["price"]["how"], float(told["price"]["amount"])) == (cost.how, float(cost.amount))
    assert control.get("/jobs")["total"] == 0
    assert control.get("/worlds")["worlds"] == []


def test_a_price_that_no_source_names_is_no_number(controls: Callable[..., Control]) -> None:
    control = controls(catalog=ModelCatalog(any_model=True))
    told = control.do("POST", "/validate", {"provider": "fal", "model": "fal-ai/any", "input": {"prompt": "a kite"}})
    assert told["price"]["amount"] is None
    assert told["price"]["how"].startswith(UNKNOWN_PRICE)


def test_what_the_provider_drops_is_told_beside_the_price(control: Control) -> None:
    sent = {"prompt": "a kite", "durration": "5"}
    told = control.do("POST", "/validate", {"provider": "fal", "model": FAL, "input": sent})
    assert [one["where"] for one in told["lints"]] == ["durration"]
    assert told["price"]
    assert told["suggestion"]["input"] == {"prompt": "a kite", "duration": "5"}


def test_what_is_known_of_files_is_said_in_the_request(control: Control) -> None:
    clip = "https://clips.example/walk.mp4"
    sent = {"prompt": "a kite", "video_url": clip}
    body = {"provider": "eachlabs", "model": MODELS["eachlabs"], "input": sent}
    assert control.do("POST", "/validate", body)["violations"] == []
    told = control.do("POST", "/validate", {**body, "media": {clip: {"seconds": 60}}})
    assert [one["rule"] for one in told["violations"]] == ["media-too-long"]
    status, error = control.refused("POST", "/validate", {**body, "media": {clip: {"weight": 1}}})
    assert (status, error["where"]) == (400, "media")


def test_several_requests_at_once_have_no_price_of_their_own(control: Control, wires: tuple[Wire, ...]) -> None:
    runware = next(wire for wire in wires if wire.name == "runware")
    several = [{**runware.body[0], "taskUUID": task} for task in (TASK, TASK.replace("6", "5", 1))]
    told = control.do("POST", "/validate", {"provider": "runware", "model": several[0]["model"], "input": several})
    assert (told["violations"], told["price"]) == ([], None)


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"provider": "fla"}, 400, "Did you mean 'fal'?"),
        ({"model": "kling-o2"}, 400, "kling-o2"),
        ({"model": 1}, 400, "must be a string"),
        ({"media": []}, 400, "facts by URL"),
        ({"inputs": {}}, 400, "Did you mean 'input'?"),
    ],
    ids=["provider", "model", "number", "media", "member"],
)
def test_what_cannot_be_judged_says_what_would_be_right(
    control: Control, changed: dict[str, Any], status: int, said: str
) -> None:
    found, error = control.refused("POST", "/validate", {"provider": "fal", "model": FAL, "input": {}, **changed})
    assert found == status
    assert said in error["error"]


def test_a_request_without_an_input_or_of_any_size_is_refused(control: Control) -> None:
    assert control.refused("POST", "/validate", {"provider": "fal", "model": FAL})[1]["where"] == "input"
    long = {"provider": "fal", "model": FAL, "input": {"prompt": "a" * 2**20}}
    assert control.refused("POST", "/validate", long)[0] == 413


def test_the_models_that_are_served_are_listed(control: Control) -> None:
    assert [(one["provider"], one["id"]) for one in control.get("/models")["models"]] == [
        (model.provider, model.id) for model in SHIPPED.models(None)
    ]
    assert {one["provider"] for one in control.get("/models?provider=fal")["models"]} == {"fal"}
    assert control.refused("GET", "/models?provider=fla")[0] == 400


def test_what_is_wrong_has_its_evidence(control: Control) -> None:
    sent = {"prompt": "a kite", "duration": 10}
    told = control.do("POST", "/validate", {"provider": "fal", "model": FAL, "input": sent})
    found = vidmock.validate("fal", FAL, sent)
    assert [(one["evidence"], one["source"]) for one in told["violations"]] == [
        (one.evidence, one.source) for one in found
    ]
    assert told["answer"] is None


def test_how_the_provider_would_answer_is_said_where_it_is_asked_for(control: Control, wire: Wire) -> None:
    body = {"provider": wire.name, "model": MODELS[wire.name], "input": {}, "answer": True}
    told = control.do("POST", "/validate", body)["answer"]
    said = vidmock.provider_answer(wire.name, MODELS[wire.name], {})
    assert (told["status"], bool(told["later"])) == (said.status, bool(said.later))
    assert control.get("/worlds")["worlds"] == []
    assert control.refused("POST", "/validate", {**body, "answer": 1})[1]["where"] == "answer"
