"""The hosts that Runware's clients look models up at."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import fastjsonschema
import pytest

from vidmock.schema.catalog import Model, ModelCatalog, find_model
from vidmock.schema.samples import samples_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import House

NODE = Path(__file__).parents[1] / "node"
SCHEMAS, CONTENT = "/runware/schemas", "/runware/content"
PRO, STANDARD = "klingai:kling@o1", "klingai:kling@o1-standard"
DEV, SCHNELL = "runware:101@1", "runware:100@1"
ALL = [PRO, STANDARD, SCHNELL, DEV]
DOCS = "https://runware.ai/docs/models/klingai-video-o1-pro"


def test_the_registry_tells_the_task_and_the_short_name_of_each_model(house: House) -> None:
    answer = house.get(f"{SCHEMAS}/registry.json", key=None)
    assert answer.json()["models"] == {
        DEV: {"taskType": "imageInference", "id": "bfl-flux-1-dev"},
        SCHNELL: {"taskType": "imageInference", "id": "bfl-flux-1-schnell"},
        PRO: {"taskType": "videoInference", "id": "klingai-video-o1-pro"},
        STANDARD: {"taskType": "videoInference", "id": "klingai-video-o1-standard"},
    }
    known = {"if-none-match": answer.headers["etag"]}
    assert house.get(f"{SCHEMAS}/registry.json", headers=known).status_code == 304
    assert house.get(f"{SCHEMAS}/registry.json", headers={"if-none-match": '"old"'}).status_code == 200


@pytest.mark.parametrize("name", [PRO, quote(PRO, safe=""), "klingai-video-o1-pro"], ids=["raw", "encoded", "short"])
def test_a_schema_compiles_and_judges_as_the_service_does(house: House, name: str) -> None:
    answer = house.get(f"{SCHEMAS}/resolve/{name}", key=None).json()
    assert answer["documentation"] == DOCS
    assert answer["responseSchema"]["properties"]["videoURL"]
    check = fastjsonschema.compile(answer["requestSchema"])
    task = {
        "taskType": "videoInference",
        "taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11",
        "model": PRO,
        "positivePrompt": "a kite",
        "width": 1920,
        "height": 1080,
    }
    check(task)
    with pytest.raises(fastjsonschema.JsonSchemaException):
        check(task | {"width": 1280, "height": 720})


@pytest.mark.parametrize(
    "path",
    [
        f"{SCHEMAS}/resolve/klingai:kling@o2",
        f"{SCHEMAS}/elsewhere",
        f"{CONTENT}/models/nothing",
        f"{CONTENT}/models/nothing/pricing",
        f"{CONTENT}/creators/nobody",
    ],
)
def test_what_is_not_there_is_404(house: House, path: str) -> None:
    assert house.get(path, key=None).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ALL),
        ("?q=STANDARD", [STANDARD]),
        ("?creator=klingai&limit=1&offset=1", [STANDARD]),
        ("?creator=nobody", []),
        ("?limit=x&offset=-1", ALL),
        ("?capability=io:image-to-video&category=video", [PRO, STANDARD]),
        ("?capability=io:text-to-image", [SCHNELL, DEV]),
        ("?capability=io:nothing", []),
        ("?category=image", [SCHNELL, DEV]),
        ("?creator=black-forest-labs", [SCHNELL, DEV]),
        ("?status=api-only", [PRO, STANDARD]),
        ("?status=live", [SCHNELL, DEV]),
        ("?status=openai-compatible", []),
        ("?sort=name&order=desc&category=video", [STANDARD, PRO]),
        ("?sort=alpha", [DEV, SCHNELL, PRO, STANDARD]),
        ("?sort=nothing&order=desc", ALL),
    ],
    ids=lambda query: query if isinstance(query, str) else "",
)
def test_models_are_listed(house: House, query: str, found: list[str]) -> None:
    assert [card["air"] for card in house.get(f"{CONTENT}/models{query}", key=None).json()] == found


def test_a_page_of_models_has_its_place(house: House) -> None:
    page = house.get(f"{CONTENT}/models?paginate=true&limit=1", key=None).json()
    assert (page["total"], page["limit"], page["offset"], len(page["items"])) == (4, 1, 0, 1)


def test_a_model_has_its_card_and_its_prices(house: House) -> None:
    card = house.get(f"{CONTENT}/models/klingai-video-o1-pro", key=None).json()
    assert (card["model"], card["air"], card["creator"]) == ("klingai-video-o1-pro", PRO, "klingai")
    priced = house.get(f"{CONTENT}/models/{quote(PRO, safe='')}/pricing", key=None).json()
    assert [one["price"] for one in priced["pricingExamples"]] == ["$0.168 per second", "$0.112 per second"]
    assert priced["pricingRates"][0] == {"amount": 0.168, "unit": "second", "label": "R2V: a video input"}
    assert priced["category"] == ["video"]


def test_a_model_of_pictures_has_them_in_its_card_prices_and_answers(house: House) -> None:
    card = house.get(f"{CONTENT}/models/bfl-flux-1-dev", key=None).json()
    assert (card["creator"], card["capabilities"][0]) == ("black-forest-labs", "io:text-to-image")
    priced = house.get(f"{CONTENT}/models/bfl-flux-1-dev/pricing", key=None).json()
    assert priced["category"] == ["image"]
    assert priced["pricingExamples"][0]["price"] == "$0.0038 per image"
    answer = house.get(f"{SCHEMAS}/resolve/{DEV}", key=None).json()["responseSchema"]["properties"]
    assert {"imageUUID", "imageURL", "imageBase64Data", "imageDataURI"} <= answer.keys()


@pytest.mark.parametrize("path", ["models", "models/klingai-video-o1-pro"])
def test_a_card_has_what_the_sdks_types_promise(house: House, path: str) -> None:
    answer = house.get(f"{CONTENT}/{path}", key=None).json()
    for card in answer if isinstance(answer, list) else [answer]:
        promised = {"model", "air", "name", "creator", "capabilities", "status", "releasedAt", "weight", "headline"}
        assert card.keys() >= promised | {"description"}


def test_capabilities_are_those_of_the_models(house: House) -> None:
    named = [one["id"] for one in house.get(f"{CONTENT}/capabilities", key=None).json()]
    cards = house.get(f"{CONTENT}/models?sort=weight", key=None).json()
    assert set(named) == {capability for card in cards for capability in card["capabilities"]}
    assert len(named) == 5


def resolved(house: House, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = house.get(f"{SCHEMAS}/resolve/{name}", key=None).json()["requestSchema"]
    return schema


@pytest.mark.parametrize("name", [PRO, STANDARD])
def test_a_published_schema_has_what_a_third_partys_script_reads(house: House, name: str) -> None:
    schema = resolved(house, name)
    assert schema["properties"]["taskType"]["const"] == "videoInference"
    assert {"taskUUID", "model"} <= set(schema["required"])
    assert [method["const"] for method in schema["properties"]["deliveryMethod"]["oneOf"]] == ["async"]
    assert schema["$schema"] == "https://json-schema.org/draft/2019-09/schema"
    assert not re.search(r'"(\$ref|\$id|\$defs|x-[a-z]+)":', json.dumps(schema))


def test_published_schemas_compile_with_the_sdks_ajv_and_judge_as_the_files_do(house: House) -> None:
    """The TypeScript SDK has one Ajv for draft 2019-09, and compiles every model with it, some twice."""
    cases = []
    # Of pictures, which have thousands of shapes, the simplest are enough.
    for name, most in ((PRO, None), (STANDARD, None), (SCHNELL, 1)):
        model = find_model("runware", name)
        samples = samples_of(model)
        cases += [(name, payload, True) for payload in samples.valid[:most]]
        cases += [(name, payload, False) for fault in samples.faults for payload in fault.payloads[:most]]
    question = {
        "schemas": {name: resolved(house, name) for name in (PRO, STANDARD, SCHNELL)},
        "cases": [[name, payload] for name, payload, _ in cases],
    }
    done = subprocess.run(
        ["node", "runware_ajv.mjs"], cwd=NODE, input=json.dumps(question), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    verdicts = json.loads(done.stdout)
    assert len(verdicts) == len(cases) > 100
    wrong = [case for case, verdict in zip(cases, verdicts, strict=True) if case[2] is not verdict]
    assert wrong == []


def test_a_price_without_a_label_goes_by_the_models_name(houses: Callable[..., House]) -> None:
    schema = {"x-pricing": {"rates": [{"rate": "0.05"}]}}
    model = Model("runware", "acme:drift@1", "Drift", "", 1.0, None, (), Path("drift.json"), schema)
    house = houses(catalog=ModelCatalog([model]))
    priced = house.get(f"{CONTENT}/models/acme:drift@1/pricing", key=None).json()
    assert priced["pricingExamples"] == [{"configuration": "Drift", "price": "$0.05 per second"}]


def test_creators_come_with_their_models(house: House) -> None:
    found = house.get(f"{CONTENT}/creators", key=None).json()
    assert {creator["name"]: [card["air"] for card in creator["models"]] for creator in found} == {
        "Black Forest Labs": [SCHNELL, DEV],
        "Kling AI": [PRO, STANDARD],
    }
    assert house.get(f"{CONTENT}/creators/klingai", key=None).json() in found


@pytest.mark.parametrize("path", ["models/klingai-video-o1-pro/examples", "models/x/guides", "collections"])
def test_what_there_is_none_of_is_an_empty_list(house: House, path: str) -> None:
    assert house.get(f"{CONTENT}/{path}", key=None).json() == []
