"""A user's own models on the wire: at each provider, in one server and not in another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.schema.own_models import changed, write_model

from vidmock.problems import BadRequest
from vidmock.testing.mock_server import MockServer

TASK = "6b7a3a3c-50c1-4f4e-8c8a-0a9b7a1f2c3d"
FAL = {"authorization": "Key k"}


def clips(provider: str, model_id: str, **head: Any) -> dict[str, Any]:
    """A model of *provider* that makes clips."""
    model = changed("x-video/container", [{"value": "mp4"}], changed("x-result", ...))
    model["x-model"] |= {"provider": provider, "id": model_id, **head}
    return model


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[MockServer]:
    write_model(tmp_path / "fal.json")
    write_model(tmp_path / "runpod.json", clips("runpod", "acme-clips", envelope="input"))
    write_model(tmp_path / "eachlabs.json", changed("required", ..., clips("eachlabs", "acme-clips", envelope="input")))
    runware = clips("runware", "acme:1@1", aliases=["acme-one"])
    write_model(tmp_path / "runware.json", runware)
    with MockServer(models=tmp_path, clock="manual", latency=2) as server:
        yield server


@pytest.fixture
def client(mock: MockServer) -> Iterator[httpx.Client]:
    headers = {"authorization": "Bearer k", "x-api-key": "k", "x-vidmock": "1"}
    with httpx.Client(base_url=mock.url, headers=headers, transport=mock.transport()) as made:
        yield made


def test_fal_serves_it_and_refuses_by_its_schema(mock: MockServer, client: httpx.Client) -> None:
    sent = {"prompt": "x", "num_images": 2, "size": {"width": 512, "height": 256}}
    made = client.post("/fal/queue/acme/pictures", json=sent, headers=FAL).json()
    mock.clock.advance(3)
    images = client.get(made["response_url"], headers=FAL).json()["images"]
    assert [(image["content_type"], image["width"], image["height"]) for image in images] == [
        ("image/png", 512, 256)
    ] * 2
    assert client.get(images[0]["url"]).content.startswith(b"\x89PNG")
    wrong = client.post("/fal/queue/acme/pictures", json={"prompt": "x", "num_images": 9}, headers=FAL).json()
    mock.clock.advance(3)
    assert client.get(wrong["response_url"], headers=FAL).status_code == 422
    assert mock.ledger.spent == mock.jobs[0].cost
    assert str(mock.jobs[0].cost) == "0.05"


def test_fal_lists_it_and_its_price(client: httpx.Client) -> None:
    listed = client.get("/fal/api/v1/models", params={"endpoint_id": "acme/pictures"}, headers=FAL).json()["models"]
    assert listed[0]["metadata"]["display_name"] == "Pictures"
    prices = client.get("/fal/api/v1/models/pricing", params={"endpoint_id": "acme/pictures"}, headers=FAL).json()[
        "prices"
    ]
    assert prices[0]["unit_price"] == 0.025


def test_runpod_serves_it(mock: MockServer, client: httpx.Client) -> None:
    made = client.post("/runpod/v2/acme-clips/run", json={"input": {"prompt": "x"}}).json()
    mock.clock.advance(3)
    done = client.get(f"/runpod/v2/acme-clips/status/{made['id']}").json()
    assert done["output"]["cost"] == 0.025
    assert b"ftyp" in client.get(done["output"]["video_url"]).content[:12]


def test_eachlabs_serves_and_lists_it(mock: MockServer, client: httpx.Client) -> None:
    made = client.post("/eachlabs/v1/prediction/", json={"model": "acme-clips", "input": {"prompt": "x"}}).json()
    mock.clock.advance(3)
    assert client.get(f"/eachlabs/v1/prediction/{made['predictionID']}").json()["status"] == "success"
    assert client.get("/eachlabs/v1/model", params={"slug": "acme-clips"}).json()["request_schema"]["required"] == []


def test_runware_serves_and_publishes_it(mock: MockServer, client: httpx.Client) -> None:
    task = {"taskType": "videoInference", "taskUUID": TASK, "model": "acme:1@1", "prompt": "x", "includeCost": True}
    assert client.post("/runware/v1", json=[task]).json() == {
        "data": [{"taskType": "videoInference", "taskUUID": TASK}]
    }
    mock.clock.advance(3)
    (item,) = client.post("/runware/v1", json=[{"taskType": "getResponse", "taskUUID": TASK}]).json()["data"]
    assert (item["status"], item["cost"]) == ("success", 0.025)
    refused = client.post("/runware/v1", json=[task | {"taskUUID": TASK[:-1] + "0", "num_images": 9}]).json()
    assert refused["errors"][0]["documentation"] == "https://acme.test/pictures#request-num_images"
    assert "acme:1@1" in client.get("/runware/schemas/registry.json").text
    published: Mapping[str, Any] = client.get("/runware/schemas/resolve/acme:1@1").json()
    assert published["requestSchema"]["properties"]["prompt"]["type"] == "string"


def test_a_fault_may_name_it_and_a_world_is_saved_and_restored_with_it(
    mock: MockServer, client: httpx.Client, tmp_path: Path
) -> None:
    mock.world("k").faults.add("internal", model="acme/pictures", times=1)
    assert client.post("/fal/queue/acme/pictures", json={"prompt": "x"}, headers=FAL).status_code == 500
    assert client.post("/fal/queue/acme/pictures", json={"prompt": "x"}, headers=FAL).status_code == 200
    saved = client.get("/_vidmock/worlds/snapshot", params={"key": "k"}).content
    with MockServer(clock="manual") as other:
        with pytest.raises(BadRequest, match="has a model 'acme/pictures' here"):
            other.faults.add("internal", model="acme/pictures")
        with httpx.Client(base_url=other.url, headers={"x-vidmock": "1"}, transport=other.transport()) as elsewhere:
            refused = elsewhere.put("/_vidmock/worlds/snapshot", content=saved)
            assert "fal has no model 'acme/pictures' here" in refused.text
            assert elsewhere.post("/fal/queue/acme/pictures", json={}, headers=FAL).status_code == 404
    with MockServer(clock="manual", models=[tmp_path / "fal.json"]) as same:
        with httpx.Client(base_url=same.url, headers={"x-vidmock": "1"}, transport=same.transport()) as elsewhere:
            assert elsewhere.put("/_vidmock/worlds/snapshot", content=saved).status_code == 200
        judged = [one for found in same.journal for one in found.judged]
        assert [one.violations for one in judged] == [(), ()]
    scenario = tmp_path / "scenario.json"
    scenario.write_text(
        json.dumps({"name": "x", "about": "x" * 20, "faults": [{"effect": "internal", "model": "acme/pictures"}]})
    )
    with MockServer(models=tmp_path / "fal.json", scenario=str(scenario)) as played:
        assert [rule.model for rule, _ in played.world("k").faults] == ["acme/pictures"]


def test_a_world_may_have_models_that_the_others_have_not(
    mock: MockServer, client: httpx.Client, tmp_path: Path
) -> None:
    from vidmock.testing.options import settings_with

    more = write_model(tmp_path / "more" / "m.json", clips("runpod", "only-here", envelope="input"))
    mock.world("own", settings_with(mock.settings, models=more))
    path = "/runpod/v2/only-here/run"
    assert client.post(path, json={"input": {"prompt": "x"}}, headers={"authorization": "own"}).status_code == 200
    assert client.post(path, json={"input": {"prompt": "x"}}).status_code == 404
    assert (
        client.post("/runpod/v2/acme-clips/run", json={"input": {}}, headers={"authorization": "own"}).status_code
        == 200
    )
