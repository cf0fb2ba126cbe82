"""What a violation tells, and how violations keep out of each other's way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.schema.shapes import SHARED

from vidmock.schema import catalog, compiled
from vidmock.schema.catalog import Model
from vidmock.schema.equality import same_json
from vidmock.schema.validate import find_lints, find_violations
from vidmock.schema.violation import Violation

MODELS = catalog.models()
PRO = catalog.find_model("runware", "klingai:kling@o1")
FAL = catalog.find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
RUNPOD = catalog.find_model("runpod", "kling-video-o1-r2v")
EACHLABS = catalog.find_model("eachlabs", "kling-o1-video-to-video-reference")
UUID = "4b240d50-1ef6-40ef-b186-290cc09b3413"
TASK = {"taskType": "videoInference", "taskUUID": UUID, "model": PRO.id, "positivePrompt": "A kite rises"}
T2V = {**TASK, "width": 1920, "height": 1080}
ELEMENT = {"frontal_image_url": "https://a.b/c", "reference_image_urls": ["https://a.b/c"]}
ROBOT = {"prompt": "A robot dances", "images": ["https://example.com/robot.png"]}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def fields_of(model: Model) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the model's own parameters and anything at all in them."""
    nested = {name for node in model.schema["properties"].values() for name in node.get("properties", {})}
    inner = st.dictionaries(st.sampled_from(sorted(nested)), JSON, max_size=3) if nested else JSON
    return st.dictionaries(st.sampled_from(sorted(model.schema["properties"])), inner | JSON, max_size=6)


def only(violations: tuple[Violation, ...]) -> Violation:
    assert len(violations) == 1, violations
    return violations[0]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@SHARED
@given(data=st.data())
def test_no_json_makes_validation_fail(model: Model, data: st.DataObject) -> None:
    payload = data.draw(JSON | fields_of(model))
    violations = find_violations(model, payload)
    for violation in violations:
        assert violation.message
        assert violation.where
    assert len({(violation.path, violation.rule) for violation in violations}) == len(violations)
    find_lints(model, payload)
    strict = Draft202012Validator(dict(model.schema)).is_valid(payload)
    assert strict or violations, "only a number such as 5.0 may be refused here and taken by JSON Schema"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@SHARED
@given(data=st.data())
def test_the_quick_verdict_is_the_full_one_but_for_numbers_like_5_0(model: Model, data: st.DataObject) -> None:
    whole = JSON.filter(lambda value: not isinstance(value, float))
    payload = data.draw(fields_of(model) | whole)
    if not any(isinstance(value, float) for value in _everything(payload)):
        full = Draft202012Validator(dict(model.schema)).is_valid(payload)
        assert compiled.compile_verdict(model.schema, model.schema)(payload) is full


def _everything(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(found for item in inside for found in _everything(item))]


@pytest.mark.parametrize("payload", [None, [], "text", 5, float("nan"), Ellipsis, {1: 2}, {"inputs": {3: 4}}], ids=repr)
def test_what_is_no_json_object_is_a_violation_not_an_error(payload: Any) -> None:
    assert find_violations(PRO, payload)
    find_lints(PRO, payload)


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"numberResults": 5}, "numberResults", "must be at most 4; got 5"),
        ({"numberResults": "2"}, "numberResults", 'must be an integer; got "2": write it without the quotes'),
        ({"numberResults": 2.0}, "numberResults", "must be an integer; got 2.0: write 2"),
        ({"includeCost": "true"}, "includeCost", 'must be true or false; got "true": write it without the quotes'),
        ({"outputFormat": "mp4"}, "outputFormat", 'one of "MP4", "WEBM", "MOV"; got "mp4": did you mean "MP4"?'),
        ({"positivePrompt": "x"}, "positivePrompt", "must have at least 2 characters; got 1"),
        ({"outputQualiti": 90}, "outputQualiti", "is not a parameter here: did you mean 'outputQuality'?"),
        ({"safety": {"level": 1}}, "safety.level", "is not a parameter here (known: checkContent, mode): leave it out"),
        ({"inputs": {"referenceImages": UUID}}, "inputs.referenceImages", f'array; got "{UUID}": put it in an array'),
        (
            {"taskUUID": "task-1"},
            "taskUUID",
            'must be a UUID such as 4b240d50-1ef6-40ef-b186-290cc09b3413; got "task-1"',
        ),
        (
            {"duration": 7},
            "duration",
            "must be 5 or 10 for text to video",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_message_says_what_was_wrong_and_what_would_be_right(
    change: dict[str, Any], where: str, message: str
) -> None:
    violation = only(find_violations(PRO, {**T2V, **change}))
    assert violation.where == where
    assert violation.message.endswith(message)


@pytest.mark.parametrize(
    ("duration", "hint"),
    [
        (5, ': write "5", in quotes'),
        ("5s", ': write "5"'),
        (True, "; got true"),
        (5.0, ': write "5", in quotes'),
        (10**400, "000…"),
    ],
    ids=repr,
)
def test_a_wrong_duration_at_fal_is_answered_with_the_right_spelling(duration: Any, hint: str) -> None:
    assert only(find_violations(FAL, {"prompt": "x", "duration": duration})).message.endswith(hint)


@pytest.mark.parametrize(
    ("frame", "hint"), [("-1", ": write it without the quotes"), ("lst", ': did you mean "last"?')], ids=str
)
def test_a_wrong_frame_is_answered_with_the_right_spelling(frame: str, hint: str) -> None:
    violation = only(find_violations(PRO, {**TASK, "inputs": {"frameImages": [{"image": UUID, "frame": frame}]}}))
    assert violation.message.endswith(hint)


def test_a_missing_parameter_is_reported_where_it_should_be() -> None:
    violation = only(find_violations(RUNPOD, {"prompt": "x"}))
    assert (violation.path, violation.pointer, violation.rule) == (("images",), "/images", "required")
    assert violation.message.startswith("is missing, and required: pictures of")
    assert violation.limits == {"type": "array", "min": 1, "max": 10}
    assert violation.value is None


def test_a_place_deep_inside_is_written_in_both_forms() -> None:
    violation = only(find_violations(PRO, {**TASK, "inputs": {"frameImages": [UUID, {"image": UUID, "frame": 7}]}}))
    assert violation.where == "inputs.frameImages[1].frame"
    assert violation.pointer == "/inputs/frameImages/1/frame"
    assert violation.value == 7
    assert violation.limits == {"allowedValues": ["first", "last", 0, -1]}


def test_the_whole_input_has_a_name_too() -> None:
    violation = only(find_violations(RUNPOD, []))
    assert (violation.where, violation.pointer) == ("the input", "")


def test_a_pointer_escapes_what_it_must() -> None:
    assert only(find_violations(PRO, {**T2V, "a/b~c": 1})).pointer == "/a~1b~0c"


@pytest.mark.parametrize(
    ("change", "limits"),
    [
        ({"duration": 7}, {"type": "integer", "allowedValues": [5, 10]}),
        ({"outputQuality": 7}, {"type": "integer", "min": 20, "max": 99}),
        ({"positivePrompt": ""}, {"type": "string", "min": 2, "max": 2500}),
        (
            {"width": 1000},
            {"allowedValues": ["1920x1080", "1440x1440", "1080x1920"], "parameters": ["width", "height"]},
        ),
    ],
    ids=["rule", "range", "length", "two-parameters"],
)
def test_limits_are_given_under_the_names_that_clients_read(change: dict[str, Any], limits: dict[str, Any]) -> None:
    assert only(find_violations(PRO, {**T2V, **change})).limits == limits


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        ({"duration": 7}, "inferred"),
        ({"ttl": 1}, "documented"),
        ({"taskUUID": "x"}, "observed"),
    ],
    ids=["inferred", "documented", "observed"],
)
def test_a_violation_says_how_well_it_is_founded(change: dict[str, Any], evidence: str) -> None:
    assert only(find_violations(PRO, {**T2V, **change})).evidence == evidence


def test_everything_that_is_wrong_is_told_at_once_and_in_the_order_of_the_schema() -> None:
    payload = {"zzz": 1, "aspect_ratio": "2:1", "duration": 99, "images": [], "aaa": 1}
    violations = find_violations(RUNPOD, payload)
    assert [(v.where, v.rule) for v in violations] == [
        ("prompt", "required"),
        ("images", "minItems"),
        ("aspect_ratio", "enum"),
        ("duration", "maximum"),
    ]
    assert violations == find_violations(RUNPOD, dict(reversed(payload.items())))


def test_one_fault_is_one_violation_even_if_rules_read_the_broken_place() -> None:
    violation = only(find_violations(PRO, {**TASK, "inputs": {"frameImage": [UUID]}}))
    assert violation.rule == "additionalProperties"
    violation = only(find_violations(PRO, {**T2V, "width": "1920"}))
    assert violation.rule == "type"


@pytest.mark.parametrize("elements", range(10))
@pytest.mark.parametrize("images", range(10))
def test_inputs_of_two_kinds_are_counted_together(images: int, elements: int) -> None:
    given = {"image_urls": ["https://a.b/c"] * images, "elements": [ELEMENT] * elements}
    assert (find_violations(FAL, {"prompt": "x", **given}) == ()) is (images + elements <= 7)
    assert (find_violations(EACHLABS, {"prompt": "x", "video_url": "https://a.b/c", **given}) == ()) is (
        images + elements <= 4
    )


@pytest.mark.parametrize(
    ("model", "payload", "told"),
    [
        (
            PRO,
            {**TASK, "frame_images": [UUID]},
            ["frame_images: is not a parameter here: did you mean 'frameImages', which belongs in inputs?"],
        ),
        (
            PRO,
            {**TASK, "image": UUID, "width": 1920, "height": 1080},
            ["image: is not a parameter here: it belongs in an item of inputs.frameImages"],
        ),
        (
            PRO,
            {"inputs": T2V},
            [
                (
                    "taskType: is missing, and required: what kind of work the task is;"
                    " send what is inside of 'inputs' by itself"
                )
            ],
        ),
        (
            PRO,
            {**{name: T2V[name] for name in T2V if name != "positivePrompt"}, "prompt": "A kite"},
            [
                (
                    "positivePrompt: is missing, and required: what the clip should show, or how the source clip should"
                    " change; rename 'prompt' to it"
                )
            ],
        ),
        (
            PRO,
            {**{name: T2V[name] for name in T2V if name != "positivePrompt"}, "negativePrompt": "A kite"},
            [
                (
                    "positivePrompt: is missing, and required: what the clip should show, or how the source clip should"
                    " change"
                ),
                "negativePrompt: is not a parameter here: leave it out",
            ],
        ),
        (
            PRO,
            {**T2V, "extra": {"ttl": 60}},
            ["extra: is not a parameter here: send what is inside of it by itself"],
        ),
        (
            FAL,
            {
                "prompt": "x",
                "elements": [{"frontal_image": "https://a.b/c", "reference_image_urls": ["https://a.b/c"]}],
            },
            [
                (
                    "elements[0].frontal_image_url: is missing, and required: the element from the front;"
                    " rename 'frontal_image' to it"
                )
            ],
        ),
    ],
    ids=["misspelt-too", "in-a-list", "in-a-declared-object", "shorter", "unrelated", "wrapped-options", "in-an-item"],
)
def test_a_key_is_told_where_it_belongs_and_how_it_is_called(
    model: Model, payload: dict[str, Any], told: list[str]
) -> None:
    assert [str(each) for each in find_violations(model, payload)] == told


def test_independent_rules_are_reported_together() -> None:
    payload = {**T2V, "duration": 7, "width": 1000, "providerSettings": {"klingai": {"fast": True}}}
    assert [violation.rule for violation in find_violations(PRO, payload)] == [
        "r7-text-to-video-5-or-10-seconds",
        "r2-a-size-of-this-model",
        "r11-fast-edits-only",
    ]


@pytest.mark.parametrize(
    ("model", "payload", "where", "rule"),
    [
        (RUNPOD, {**ROBOT, "durration": 5}, "durration", "dropped-parameter"),
        (FAL, {"prompt": "x", "generate_audio": True}, "generate_audio", "dropped-parameter"),
        (
            FAL,
            {"prompt": "x", "elements": [{**ELEMENT, "name": "Bo"}]},
            "elements[0].name",
            "dropped-parameter",
        ),
        (RUNPOD, {**ROBOT, "prompt": ""}, "prompt", "empty-prompt"),
        (FAL, {"prompt": "@Image2 smiles", "image_urls": ["https://a.b/c"]}, "prompt", "image-named-but-not-sent"),
        (FAL, {"prompt": "@Element1 smiles"}, "prompt", "element-named-but-not-sent"),
        (EACHLABS, {"prompt": "@Image1", "video_url": "https://a.b/c"}, "prompt", "image-named-but-not-sent"),
        (EACHLABS, {"prompt": "@Element1", "video_url": "https://a.b/c"}, "prompt", "element-named-but-not-sent"),
        (PRO, {**TASK, "duration": 5, "inputs": {"video": UUID}}, "duration", "duration-follows-the-source"),
        (PRO, {**T2V, "inputs": {"video": UUID}}, "width", "size-follows-the-source"),
        (PRO, {**T2V, "safety": {"checkContent": True, "mode": "none"}}, "safety.checkContent", "mode-decides"),
        (
            PRO,
            {**T2V, "providerSettings": {"klingai": {"keepOriginalSound": True}}},
            "providerSettings.klingai.keepOriginalSound",
            "no-sound-to-keep",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_taken_but_hardly_meant_is_a_lint(model: Model, payload: dict[str, Any], where: str, rule: str) -> None:
    assert find_violations(model, payload) == ()
    lint = only(find_lints(model, payload))
    assert (lint.where, lint.rule, lint.keyword) == (where, rule, "lint")


@pytest.mark.parametrize(
    ("model", "payload", "told"),
    [
        (PRO, {**T2V, "inputs": None, "duration": 4}, ["inputs"]),
        (PRO, {**T2V, "providerSettings": None}, ["providerSettings"]),
        (PRO, {**T2V, "providerSettings": {"klingai": None}}, ["providerSettings.klingai"]),
        (PRO, {**T2V, "safety": None}, ["safety"]),
        (FAL, {}, ["prompt"]),
        (FAL, {"prompt": None}, ["prompt"]),
        (EACHLABS, {"prompt": 5, "video_url": "https://a.b/c"}, ["prompt"]),
        (EACHLABS, {"video_url": "https://a.b/c"}, ["prompt"]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_no_rule_and_no_lint_is_told_on_a_false_premise(model: Model, payload: dict[str, Any], told: list[str]) -> None:
    assert [each.where for each in find_violations(model, payload)] == told
    assert find_lints(model, payload) == ()


def test_an_image_that_is_named_beside_null_is_a_lint() -> None:
    lint = only(find_lints(FAL, {"prompt": "@Image1 smiles", "image_urls": None}))
    assert lint.rule == "image-named-but-not-sent"


def _is_taken(url: str) -> bool:
    return not find_violations(EACHLABS, {"prompt": "x", "video_url": url})


@pytest.mark.parametrize(
    "host",
    [
        "intranet",
        "intranet:8443",
        "user@intranet",
        "localhost",
        "localhost.",
        "a.localhost",
        "printer.local",
        "x.internal",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "10.0.0.1",
        "100.64.0.1",
        "172.16.1.1",
        "192.168.0.1",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[0::1]:8",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:10.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[fe80::1]",
        "[febf::1]",
        "[fd00::1]",
    ],
)
def test_a_host_that_nobody_else_can_reach_is_refused_in_every_spelling(host: str) -> None:
    assert not _is_taken(f"https://{host}/clip.mp4")
    assert not _is_taken(f"https://{host}")


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "a.b",
        "8.8.8.8:8443",
        "[2001:db8::1]",
        "100.128.0.1",
        "bücher.example",
        "172.32.0.1",
        "0x.example.com",
        "10.example.com",
        "00.b",
        "user:pw@cdn.example.com",
        "user:123@cdn.example.com",
        "internal.example.com",
        "localhost.example.com",
        "fal.media.",
    ],
)
def test_a_public_host_is_taken(host: str) -> None:
    assert _is_taken(f"https://{host}/clip.mp4")


@pytest.mark.parametrize(
    ("model", "least"), [(FAL, {}), (EACHLABS, {"video_url": "https://a.b/c"}), (RUNPOD, ROBOT)], ids=lambda value: ""
)
def test_a_prompt_that_the_models_maker_refuses_is_a_lint(model: Model, least: dict[str, Any]) -> None:
    assert find_lints(model, {**least, "prompt": "x" * 2500}) == ()
    lint = only(find_lints(model, {**least, "prompt": "x" * 2501}))
    assert (lint.rule, lint.evidence) == ("prompt-longer-than-the-model-takes", "inferred")
    assert find_violations(model, {**least, "prompt": "x" * 2501}) == ()


def test_a_dropped_parameter_is_offered_the_right_spelling() -> None:
    assert only(find_lints(RUNPOD, {**ROBOT, "durration": 5})).message.endswith("Did you mean 'duration'?")


@pytest.mark.parametrize(
    ("model", "payload"),
    [(RUNPOD, ROBOT), (PRO, T2V), (FAL, {"prompt": "@Image10", "image_urls": []}), (PRO, {**T2V, "routing": {"x": 1}})],
    ids=["runpod", "runware", "no-such-mention", "open-object"],
)
def test_an_ordinary_request_has_no_lint(model: Model, payload: dict[str, Any]) -> None:
    assert find_lints(model, payload) == ()


def test_a_patterned_value_may_not_hide_a_newline_at_its_end() -> None:
    for url in ("https://example.com/a\n", "https://example.com\n"):
        assert only(find_violations(RUNPOD, {**ROBOT, "video": url})).where == "video"
    assert only(find_violations(PRO, {**T2V, "taskUUID": UUID + "\n"})).code == "invalidTaskUUID"
    base64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ\n"
    assert find_violations(PRO, {**TASK, "inputs": {"referenceImages": [base64]}})


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, True, False),
        (0, False, False),
        (1, 1.0, True),
        ([1], [True], False),
        ({"a": 1}, {"a": 1.0}, True),
        ("1", 1, False),
    ],
)
def test_values_are_equal_as_json_has_it(left: Any, right: Any, equal: bool) -> None:
    assert same_json(left, right) is equal
