"""Bodies around inputs have schemas: what they say, that others agree, and that the server judges the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.schema.test_portable import MODELS, instances, model_name, ours, references

import vidmock
from vidmock.problems import BadRequest, UnknownProvider
from vidmock.providers.exchange.envelope import expect
from vidmock.providers.runpod.request import RUN_MS, TTL_MS, Policy
from vidmock.schema.catalog import Model, providers
from vidmock.schema.json_patch import apply_patch
from vidmock.schema.portable import portable_schema
from vidmock.schema.request_schemas import request_schema_of
from vidmock.schema.validate import find_violations

R2V, V2V, O1 = "kling-video-o1-r2v", "kling-o1-video-to-video-reference", "klingai:kling@o1"
FAL = "fal-ai/kling-video/o1/reference-to-video"
URL = "https://a.b/c"
ROBOT = {"prompt": "x", "images": [URL]}
NEXT = {"prompt": "x", "video_url": URL}
BODY = {"model": V2V, "input": NEXT}
KEY = {"taskType": "authentication", "apiKey": "k"}
TASK: dict[str, Any] = {
    "taskType": "videoInference",
    "taskUUID": "4b240d50-1ef6-40ef-b186-290cc09b3413",
    "model": O1,
    "positivePrompt": "A kite rises",
    "width": 1920,
    "height": 1080,
}
ADVICE: list[tuple[str, str, Any, str, str, Any]] = [
    ("runpod", R2V, {"input": ROBOT, "policy": {"ttl": 5}}, "policy.ttl", "at least 10000", None),
    ("runpod", R2V, {"input": ROBOT, "policy": {"ttl": "20000"}}, "policy.ttl", "without the quotes",
     {"input": ROBOT, "policy": {"ttl": 20000}}),
    ("runpod", R2V, {"input": ROBOT, "policy": []}, "policy", "must be an object", None),
    ("runpod", R2V, {"input": ROBOT, "webhook": 5}, "webhook", "must be a string", None),
    ("runpod", R2V, {"input": "x"}, "input", "must be an object", None),
    ("runpod", R2V, {"policy": {}}, "input", "is missing", None),
    ("runpod", R2V, {"inputs": ROBOT, "webhook": URL}, "input", "rename 'inputs' to it",
     {"input": ROBOT, "webhook": URL}),
    ("runpod", R2V, {**ROBOT, "webhook": URL}, "input", "put prompt and images into it",
     {"input": ROBOT, "webhook": URL}),
    ("runpod", R2V, {"input": {"prompt": "x"}, "images": [URL]}, "input.images", "move images in input",
     {"input": ROBOT}),
    ("runpod", R2V, {"data": {"input": ROBOT}}, "input", "send what is inside of 'data' by itself", {"input": ROBOT}),
    ("runpod", R2V, {"input": {"input": ROBOT}}, "input.prompt", "put what is inside of input.input into input itself",
     {"input": ROBOT}),
    ("eachlabs", V2V, {"model": "kling-o1", "input": NEXT}, "model", f'must be "{V2V}"', BODY),
    ("eachlabs", V2V, {"model": 5, "input": NEXT}, "model", "must be a string", None),
    ("eachlabs", V2V, {"input": NEXT}, "model", f'write "model": "{V2V}"', BODY),
    ("eachlabs", V2V, {"model": V2V}, "input", "is missing", None),
    ("eachlabs", V2V, {"model": V2V, **NEXT}, "input", "put prompt and video_url into it", BODY),
    ("eachlabs", V2V, {**BODY, "webhook_secret": 5}, "webhook_secret", "must be a string", None),
    ("runware", O1, [], "the input", "holds no request", None),
    ("runware", O1, [KEY], "the input", "holds no request", None),
    ("runware", O1, [TASK, KEY], "[1]", "belongs at the beginning", None),
    ("runware", O1, [{"taskType": "authentication"}, TASK], "[0].apiKey", "the API key", None),
]  # fmt: skip
"""A body with one thing wrong, its place, what is said of it, and what is suggested, where it is known."""
WARNED: list[tuple[str, str, Any, str, str, Any]] = [
    ("runpod", R2V, {"input": ROBOT, "prompt": "y"}, "prompt", "It belongs in input", None),
    ("runpod", R2V, {"input": ROBOT, "webook": URL}, "webook", "Did you mean 'webhook'?",
     {"input": ROBOT, "webhook": URL}),
    ("runpod", R2V, {"input": {**ROBOT, "webhook": URL}}, "input.webhook", "It belongs at the top",
     {"input": ROBOT, "webhook": URL}),
    ("runpod", R2V, {"input": {**ROBOT, "ttl": 20000}}, "input.ttl", "It belongs in policy",
     {"input": ROBOT, "policy": {"ttl": 20000}}),
    ("runpod", R2V, {"input": {**ROBOT, "duraton": 5}}, "input.duraton", "Did you mean 'duration'?",
     {"input": {**ROBOT, "duration": 5}}),
    ("runpod", R2V, {"input": {**ROBOT, "prompt": ""}}, "input.prompt", "is empty", None),
    ("runpod", R2V, {"input": ROBOT, "webhook": "localhost:9000"}, "webhook", "is no http(s) URL", None),
    ("runpod", R2V, {"input": ROBOT, "s3Config": {"accessId": 5}}, "s3Config", "texts only", None),
    ("eachlabs", V2V, {**BODY, "webhookUrl": URL}, "webhookUrl", "Did you mean 'webhook_url'?",
     {**BODY, "webhook_url": URL}),
    ("eachlabs", V2V, {**BODY, "webhook_secret": "s"}, "webhook_secret", "no effect without webhook_url", None),
    ("fal", FAL, {"prompt": "x", "fal_webhook": URL}, "fal_webhook", "It belongs in the query of the URL", None),
    ("fal", FAL, {"prompt": "x", "webhookUrl": URL}, "webhookUrl", "the options of the client's call", None),
    ("fal", FAL, {"prompt": "x", "X-Fal-Request-Timeout": "5"}, "X-Fal-Request-Timeout", "among the headers", None),
]  # fmt: skip
"""A valid body with one thing that was not meant, as in :data:`ADVICE`."""
RIGHT: list[tuple[str, str, Any]] = [
    ("runpod", R2V, ROBOT),
    ("runpod", R2V, {"input": ROBOT, "webhook": None, "policy": None, "s3Config": {"accessId": "x"}}),
    ("runpod", R2V, {"input": ROBOT, "webhook": "", "policy": {"ttl": 10000, "lowPriority": True}, "webhookV2": URL}),
    ("eachlabs", V2V, NEXT),
    ("eachlabs", V2V, {**BODY, "version": "0.0.1", "webhook_url": "", "webhook_secret": None}),
    ("runware", O1, TASK),
    ("runware", O1, [KEY, TASK]),
]
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=3),
    st.lists(st.integers(), max_size=1), st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)  # fmt: skip
EDGES = [edge + step for limits in (RUN_MS, TTL_MS) for edge in limits for step in (-1, 0, 1)]
NEAR = st.sampled_from(EDGES)
POLICY = st.one_of(JUNK, st.fixed_dictionaries(
    {}, optional={"executionTimeout": NEAR | JUNK, "ttl": NEAR | JUNK, "lowPriority": JUNK, "other": JUNK}
))  # fmt: skip
RUNPOD = st.fixed_dictionaries({}, optional={"input": JUNK, "webhook": JUNK, "policy": POLICY, "s3Config": JUNK})
EACHLABS = st.fixed_dictionaries(
    {},
    optional={
        "model": st.just(V2V) | JUNK, "input": JUNK, "version": JUNK, "webhook_url": JUNK, "webhook_secret": JUNK,
    },
)  # fmt: skip


def told(found: tuple[vidmock.Violation, ...]) -> list[str]:
    return [f"{violation.where}: {violation.message}" for violation in found]


@pytest.mark.parametrize(("provider", "model", "body", "place", "says", "meant"), ADVICE)
def test_one_thing_that_is_wrong_around_an_input_is_told_once_and_helps(
    provider: str, model: str, body: Any, place: str, says: str, meant: Any
) -> None:
    (line,) = told(vidmock.validate(provider, model, body))
    assert line.startswith(f"{place}: ")
    assert says in line
    suggestion = vidmock.suggest(provider, model, body)
    if meant is not None:
        assert suggestion
        assert apply_patch(body, suggestion.patch) == meant
    elif suggestion:
        assert vidmock.validate(provider, model, apply_patch(body, suggestion.patch)) == ()


@pytest.mark.parametrize(("provider", "model", "body", "place", "says", "meant"), WARNED)
def test_what_is_dropped_beside_an_input_is_a_warning(
    provider: str, model: str, body: Any, place: str, says: str, meant: Any
) -> None:
    assert vidmock.validate(provider, model, body) == ()
    (line,) = told(vidmock.lints(provider, model, body))
    assert line.startswith(f"{place}: ")
    assert says in line
    suggestion = vidmock.suggest(provider, model, body)
    assert (suggestion and apply_patch(body, suggestion.patch)) == meant


@pytest.mark.parametrize(("provider", "model", "body"), RIGHT)
def test_a_body_that_is_right_is_taken_without_a_warning(provider: str, model: str, body: Any) -> None:
    assert told(vidmock.validate(provider, model, json.dumps(body))) == []
    assert told(vidmock.lints(provider, model, body)) == []


def test_warnings_stay_beside_faults_but_for_those_that_a_fault_tells_of() -> None:
    sent = {"promt": "x", "durration": "5", "aspect_ratio": "4:3"}
    assert [each.where for each in vidmock.validate("fal", FAL, sent)] == ["prompt", "aspect_ratio"]
    assert [each.where for each in vidmock.lints("fal", FAL, sent)] == ["durration"]
    assert vidmock.lints("fal", FAL, {"input": {"prompt": "x"}}) == ()


def test_the_provider_answers_a_bad_body_as_it_answers_no_bad_input() -> None:
    assert [each.code for each in vidmock.validate("runpod", R2V, {"input": {}, "policy": 5})] == [None, None, "400"]
    assert [each.code for each in vidmock.validate("eachlabs", V2V, {"model": "x", "input": NEXT})] == ["404"]


@pytest.mark.parametrize("provider", providers())
def test_every_part_is_described_and_gives_its_evidence(provider: str) -> None:
    def parts(node: Any) -> Iterator[Any]:
        if isinstance(node, dict):
            yield from node.get("properties", {}).values()
            for key, inner in node.items():
                if key not in ("x-lints", "if"):
                    yield from parts(inner)

    for part in parts(dict(request_schema_of(provider).schema)):
        assert part["description"].endswith(".")
        assert "x-evidence" in part or "properties" in part


def test_a_provider_that_there_is_not_has_none() -> None:
    with pytest.raises(UnknownProvider):
        request_schema_of("fall")


def bodies(model: Model) -> list[Any]:
    """Bodies around what the model takes and refuses, and every example above."""
    around: dict[str, Callable[[Any], Any]] = {
        "runpod": lambda sent: {"input": sent, "policy": {"ttl": 10000}},
        "eachlabs": lambda sent: {"model": model.id, "input": sent},
        "runware": lambda sent: [KEY, sent],
        "fal": lambda sent: sent,
    }
    listed = [each[2] for each in (*ADVICE, *WARNED) if each[1] == model.id]
    whole = [body for body in listed if model.envelope is None or "input" in body]
    return [*map(around[model.provider], instances(model)), *whole]


def verdicts(model: Model) -> list[bool]:
    """What vidmock says; a schema cannot say which place in an array is the key's, nor that one must be no key."""
    listed = bodies(model)
    inputs = ours(model)
    return inputs + [not vidmock.validate(model.provider, model.id, body) for body in listed[len(inputs) :]]


def judged(model: Model) -> list[tuple[Any, bool]]:
    pairs = zip(bodies(model), verdicts(model), strict=True)
    return [(body, good) for body, good in pairs if body not in ([KEY], [TASK, KEY])]


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_validators_in_python_and_rust_agree_on_whole_bodies(model: Model) -> None:
    schema = vidmock.json_schema(model.provider, model.id, body=True)
    assert all(ref.startswith("#/$defs/") for ref in references(schema))
    Draft202012Validator.check_schema(schema)
    in_python, in_rust = Draft202012Validator(schema), jsonschema_rs.validator_for(schema)
    for body, good in judged(model):
        assert in_python.is_valid(body) == good, body
        assert in_rust.is_valid(body) == good, body


def test_ajv_as_strict_as_it_can_be_agrees_on_whole_bodies(ajv: Callable[..., dict[str, list[bool]]]) -> None:
    schemas = {model.id: vidmock.json_schema(model.provider, model.id, body=True) for model in MODELS}
    ask = {schemas[model.id]["$id"]: [body for body, _ in judged(model)] for model in MODELS}
    said = ajv(list(schemas.values()), ask, strict=True)
    assert said == {schemas[model.id]["$id"]: [good for _, good in judged(model)] for model in MODELS}


def test_ajv_takes_what_a_provider_takes_of_any_model(ajv: Callable[..., dict[str, list[bool]]]) -> None:
    made = {provider: portable_schema(request_schema_of(provider).schema) for provider in providers()}
    listed = {name: [body for provider, _, body, *_ in (*ADVICE, *RIGHT) if provider == name] for name in made}
    ask = {made[name]["$id"]: bodies for name, bodies in listed.items()}
    said = {
        made[name]["$id"]: [not find_violations(request_schema_of(name), body) for body in listed[name]]
        for name in made
    }
    assert ajv(list(made.values()), ask, strict=True) == said


def runpod_takes(body: dict[str, Any]) -> bool:
    try:
        expect(body, "webhook", str, required=False)
        expect(body, "input", dict)
        Policy.read(body, clamp=False)
    except BadRequest:
        return False
    return True


@given(RUNPOD)
def test_runpods_server_and_schema_refuse_the_same(body: dict[str, Any]) -> None:
    assert runpod_takes(body) == (not find_violations(request_schema_of("runpod"), body))


@pytest.mark.parametrize("member", ["executionTimeout", "ttl"])
def test_runpods_server_and_schema_have_the_same_limits(member: str) -> None:
    asked = [{"input": {}, "policy": {member: value}} for value in (*EDGES, *map(float, EDGES))]
    taken = [runpod_takes(body) for body in asked]
    assert [not find_violations(request_schema_of("runpod"), body) for body in asked] == taken
    assert {*taken} == {True, False}


@given(EACHLABS)
def test_eachlabs_server_and_schema_refuse_the_same(body: dict[str, Any]) -> None:
    def taken() -> bool:
        try:
            expect(body, "model", str)
            expect(body, "webhook_url", str, required=False)
            expect(body, "webhook_secret", str, required=False)
            expect(body, "input", dict)
        except BadRequest:
            return False
        return True

    assert taken() == (not find_violations(request_schema_of("eachlabs"), body))
