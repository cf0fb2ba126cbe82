"""Each assertion of a model held against its page has evidence of its own; documented ones name a section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from vidmock.schema.assertions import assertions_of
from vidmock.schema.catalog import Model, find_model, models
from vidmock.schema.evidence import Evidence, read_evidence, stated_evidence
from vidmock.schema.references import reference_target

MODELS = [
    model
    for model in models()
    if (model.provider, model.id)
    in {
        ("eachlabs", "kling-o1-video-to-video-reference"),
        ("fal", "fal-ai/any-llm"),
        ("fal", "fal-ai/fast-sdxl"),
        ("fal", "fal-ai/fast-sdxl/image-to-image"),
        ("runpod", "kling-video-o1-r2v"),
        ("runware", "klingai:kling@o1"),
        ("runware", "klingai:kling@o1-standard"),
        ("runware", "runware:100@1"),
        ("runware", "runware:101@1"),
    }
    or model.id.startswith("example/")
]
"""Those that were held against their pages, assertion by assertion, and the model that the documentation adds."""
NO_ASSERTION = frozenset(
    {"required", "properties", "items", "then", "else", "allOf", "examples", "format", "deprecated"}
)
DEFAULTS: dict[tuple[str, str], dict[str, Any]] = {
    ("runpod", "kling-video-o1-r2v"): {
        "aspect_ratio": "16:9",
        "duration": 5,
        "seed": -1,
        "enable_prompt_expansion": False,
        "enable_safety_checker": True,
    },
    ("eachlabs", "kling-o1-video-to-video-reference"): {"aspect_ratio": "auto", "duration": "5", "keep_audio": False},
    ("fal", "fal-ai/kling-video/o1/reference-to-video"): {"duration": "5", "aspect_ratio": "16:9"},
    ("runware", "klingai:kling@o1"): {
        "outputType": "URL",
        "outputFormat": "MP4",
        "outputQuality": 95,
        "deliveryMethod": "async",
        "safety.checkContent": False,
        "safety.mode": "none",
        "includeCost": False,
        "numberResults": 1,
        "duration": 5,
        "providerSettings.klingai.fast": False,
        "providerSettings.klingai.keepOriginalSound": False,
    },
}
"""What the models' pages say is assumed, typed from them."""
_PICTURES: dict[str, Any] = {
    "outputType": "URL",
    "outputFormat": "JPG",
    "outputQuality": 95,
    "deliveryMethod": "sync",
    "safety.checkContent": False,
    "safety.mode": "none",
    "includeCost": False,
    "numberResults": 1,
    "strength": 0.8,
    "outpaint.blur": 0,
    "lora.*.weight": 1,
    "acceleratorOptions.teaCache": False,
    "acceleratorOptions.teaCacheDistance": 0.5,
    "acceleratorOptions.dbCacheThreshold": 0.25,
    "acceleratorOptions.dbCacheSkipInterval": 5,
    "acceleratorOptions.cacheMaxConsecutiveSteps": 3,
}
DEFAULTS["runware", "runware:100@1"] = _PICTURES
DEFAULTS["runware", "runware:101@1"] = _PICTURES | {
    "steps": 28,
    "controlNet.*.weight": 1,
    "controlNet.*.controlMode": "balanced",
    "ipAdapters.*.weight": 1,
    "pulid.idWeight": 1,
    "puLID.idWeight": 1,
    "ultralytics.CFGScale": 8,
    "ultralytics.confidence": 0.9,
    "ultralytics.inpaintSize": 1024,
    "ultralytics.maskBlur": 5,
    "ultralytics.maskPadding": 5,
    "ultralytics.steps": 20,
    "ultralytics.strength": 0.3,
}
DEFAULTS["runware", "klingai:kling@o1-standard"] = {
    place: value
    for place, value in DEFAULTS["runware", "klingai:kling@o1"].items()
    if place != "providerSettings.klingai.fast"
}


def model_name(model: Model) -> str:
    return f"{model.provider}/{model.file.stem}"


def founded(root: dict[str, Any], node: Any, place: str, chain: tuple[Any, ...]) -> Iterator[tuple[str, Evidence]]:
    """Each assertion in *node*, with the evidence that stands at its place: that of an object around does not count."""
    if not isinstance(node, dict):
        return
    chain = (*chain, node)
    for keyword, said in node.items():
        asserts = keyword not in NO_ASSERTION and said is not True and not isinstance(said, dict)
        if (asserts and keyword[0] not in "$xtd") or keyword in ("type", "default", "not", "if", "x-case"):
            yield f"{place} {keyword}", stated_evidence(chain, keyword)
        for name in said if keyword == "required" else ():
            member = node.get("properties", {}).get(name, {})
            yield f"{place}/{name} {keyword}", stated_evidence((node, member), keyword)
        for limits in (said if isinstance(said, list) else [said]) if keyword == "x-media" else ():
            for fact in limits.keys() - {"when", "x-evidence"}:
                yield f"{place} {keyword} {fact}", stated_evidence([limits], fact)
        if keyword == "$ref":
            yield from founded(root, reference_target(root, node), place, chain)
        for name, member in said.items() if keyword == "properties" else ():
            yield from founded(root, member, f"{place}/{name}", ())
        for inner in said if keyword in ("anyOf", "oneOf") else ():
            yield from founded(root, inner, place, chain)
        if keyword in ("items", "additionalProperties"):
            yield from founded(root, said, f"{place}/*", ())


def all_founded(model: Model) -> dict[str, Evidence]:
    root = dict(model.schema)
    fields = {key: value for key, value in root.items() if key not in ("allOf", "title", "description")}
    found = dict(founded(root, fields, "", ()))
    rules = [root["$defs"][entry["$ref"].removeprefix("#/$defs/")] for entry in root.get("allOf", ())]
    found |= {f"rule {rule['x-rule']}": read_evidence(rule["x-evidence"]) for rule in rules}
    return found | {f"lint {lint['name']}": read_evidence(lint["x-evidence"]) for lint in root.get("x-lints", ())}


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_each_assertion_has_evidence_of_its_own_and_a_reason(model: Model) -> None:
    assert [place for place, said in all_founded(model).items() if not said.where] == []


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_what_is_documented_names_page_or_section(model: Model) -> None:
    found = all_founded(model).items()
    assert [place for place, said in found if said.kind == "documented" and "›" not in said.where] == []


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_a_limit_that_no_page_has_is_not_called_documented(model: Model) -> None:
    found = all_founded(model)
    ours = [said for place, said in found.items() if place.endswith(" maxLength") and "url" in place.lower()]
    assert all(said.kind in ("unstated", "inferred") for said in ours)
    runware = all_founded(find_model("runware", "klingai:kling@o1"))
    assert runware["/inputs/referenceVideos minItems"].kind == "unstated"
    assert runware["/positivePrompt maxLength"] == Evidence("documented", "request parameters › positivePrompt")


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_what_is_shown_of_a_schema_has_the_same_evidence(model: Model) -> None:
    schema = {key: value for key, value in model.schema.items() if key != "additionalProperties"}
    assert [each for each in assertions_of(schema) if not each.evidence.where] == []


@pytest.mark.parametrize(("names", "defaults"), DEFAULTS.items(), ids=str)
def test_a_default_is_what_the_page_says(names: tuple[str, str], defaults: dict[str, Any]) -> None:
    told = {each.place: each.said for each in assertions_of(find_model(*names).schema) if each.keyword == "default"}
    assert told == defaults
