"""What is suggested makes a request valid, and undoes the mistake where it can be known."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema import test_one_mistake as edits
from tests.schema.shapes import SHARED

import vidmock
from vidmock.schema import catalog
from vidmock.schema.catalog import Model
from vidmock.schema.json_patch import apply_patch
from vidmock.schema.strategies import near_miss_inputs

MODELS = catalog.models()
FAL = "fal-ai/kling-video/o1/reference-to-video"
R2V = "kling-video-o1-r2v"
PRO = "klingai:kling@o1"
UUID = "4b240d50-1ef6-40ef-b186-290cc09b3413"
TASK = {"taskType": "videoInference", "taskUUID": UUID, "model": PRO, "positivePrompt": "A kite rises"}
T2V = {**TASK, "width": 1920, "height": 1080}
URL = "https://a.b/c"
TRIED = 40


@pytest.mark.parametrize("kind", edits.KINDS, ids=lambda kind: str(kind.__name__))
@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.id))
def test_one_mistake_is_undone(model: Model, kind: Any) -> None:
    base = edits.bases(model)[-1]
    for sent, place, _ in islice(kind(model, base), TRIED):
        suggestion = vidmock.suggest(model.provider, model.id, sent)
        if not vidmock.validate(model.provider, model.id, sent):
            # The provider's own envelope, or letters of either case.
            continue
        if kind is edits.null and (suggestion is None or not edits.left_out(model, place)):
            continue
        assert suggestion is not None, sent
        made = apply_patch(sent, suggestion.patch)
        assert vidmock.validate(model.provider, model.id, made) == ()
        body: dict[Any, Any] = {model.envelope: base, **({"model": model.id} if model.provider == "eachlabs" else {})}
        assert kind is edits.null or made in (base, body), suggestion


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.id))
@SHARED
@given(data=st.data())
def test_what_is_suggested_for_a_near_miss_is_valid(model: Model, data: st.DataObject) -> None:
    miss = data.draw(near_miss_inputs(model))
    suggestion = vidmock.suggest(model.provider, model.id, miss.payload)
    if suggestion:
        assert suggestion.patch
        assert suggestion.sentence.endswith(".")
        assert vidmock.validate(model.provider, model.id, apply_patch(miss.payload, suggestion.patch)) == ()


@pytest.mark.parametrize(
    ("provider", "model", "sent", "sentence"),
    [
        ("runware", PRO, {**TASK, "frameImages": [UUID]}, "Move frameImages to inputs.frameImages."),
        ("runware", PRO, [{**T2V, "duration": 7.0}], "Write 7 at duration; write 5 at duration."),
        (
            "runware",
            PRO,
            {**T2V, "width": 1280, "height": 720},
            "Write 1920 at width and write 1080 at height.",
        ),
        (
            "runware",
            PRO,
            {name: T2V[name] for name in T2V if name != "taskType"},
            'Write "videoInference" at taskType.',
        ),
        ("runware", PRO, {**T2V, "seed": 3}, "Leave out seed."),
        ("runware", PRO, {**T2V, "numberResults": 9, "ttl": 5}, "Write 60 at ttl; write 4 at numberResults."),
        ("runware", PRO, {**T2V, "extra": {"ttl": 60}}, "Send what is inside of extra by itself."),
        ("runware", PRO, {**T2V, "outputFormat": "MPG"}, 'Write "MP4" at outputFormat.'),
        ("runware", PRO, {**TASK, "inputs": {"frameImages": [{"image": UUID, "frame": 3}]}}, "Write 0 at "),
        ("runware", PRO, [T2V, T2V], None),
        ("runware", PRO, TASK, None),
        ("runware", PRO, T2V, None),
        ("runware", PRO, {}, None),
        ("fal", FAL, [1], None),
        ("fal", FAL, {"prompt": None}, None),
        ("fal", FAL, '{"prompt": "x", "duration": "5s"}', 'Write "5" at duration.'),
        ("fal", FAL, {"prompt": "x", "generate_audio": True}, None),
        (
            "fal",
            FAL,
            {"prompt": "x", "image_url": URL},
            f'Rename image_url to image_urls; write ["{URL}"] at image_urls.',
        ),
        ("fal", FAL, {"prompt": "x", "image_url": "no"}, None),
        (
            "runpod",
            R2V,
            {"input": {"promt": "x", "images": URL}},
            f'Rename input.promt to prompt; write ["{URL}"] at input.images.',
        ),
        ("runpod", R2V, {"input": {"prompt": "x", "images": [URL] * 12}}, "Keep the first "),
    ],
)
def test_a_suggestion_is_one_sentence_and_a_patch_of_the_request(
    provider: str, model: str, sent: Any, sentence: str | None
) -> None:
    suggestion = vidmock.suggest(provider, model, sent)
    assert (suggestion and suggestion.sentence[: len(sentence or "")]) == sentence


def test_a_patch_is_of_the_request_as_it_was_sent() -> None:
    wrapped = vidmock.suggest("runpod", R2V, {"input": {"promt": "x", "images": [URL]}})
    assert wrapped
    assert wrapped.patch == ({"op": "move", "from": "/input/promt", "path": "/input/prompt"},)
    in_array = vidmock.suggest("runware", PRO, [{"input": T2V}])
    assert in_array
    assert in_array.patch == ({"op": "replace", "path": "/0", "value": T2V},)


@pytest.mark.parametrize(
    ("document", "patch", "made"),
    [
        ({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2, 3]}),
        ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}], {"a": [1, 2]}),
        ({"a": [1, 2]}, [{"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ({"a": {"b~/": 1}}, [{"op": "move", "from": "/a/b~0~1", "path": "/c"}], {"a": {}, "c": 1}),
        ({"a": 1}, [{"op": "replace", "path": "", "value": [1]}], [1]),
    ],
)
def test_a_patch_is_applied_as_the_rfc_has_it(document: Any, patch: Any, made: Any) -> None:
    assert apply_patch(document, patch) == made


def test_a_patch_of_a_place_that_there_is_not_is_an_error() -> None:
    with pytest.raises(LookupError, match="no object or array at a"):
        apply_patch({"a": 1}, [{"op": "add", "path": "/a/b", "value": 1}])
