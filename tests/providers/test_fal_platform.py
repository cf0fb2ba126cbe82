"""What stands around fal's queue: the browser's CORS and proxy, the real hosts, OpenAPI documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from vidmock.schema.catalog import models
from vidmock.schema.samples import samples_of

if TYPE_CHECKING:
    from tests.conftest import House

ENDPOINT = "fal-ai/kling-video/o1/reference-to-video"
INPUT = {"prompt": "a kite"}
PAGE = "http://localhost:3000"
PATHS = [
    f"/fal/queue/{ENDPOINT}",
    f"/fal/run/{ENDPOINT}",
    "/fal/rest/storage/upload/initiate",
    "/fal/media/files/b/lion/x",
    "/fal/api/v1/meta",
    "/fal/web/api/openapi/queue/openapi.json",
    "/fal/proxy",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_may_ask_from_any_page(house: House, path: str) -> None:
    wish = {"origin": PAGE, "access-control-request-method": "PUT", "access-control-request-headers": "authorization"}
    answer = house.ask("OPTIONS", path, None, headers=wish)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in ("*", PAGE)
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "authorization"


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_may_read_every_answer_and_the_request_id(house: House, path: str) -> None:
    answer = house.ask("PATCH", path, None, headers={"origin": PAGE})
    (allowed,) = answer.headers.get_list("access-control-allow-origin")
    assert allowed in ("*", PAGE)
    assert "x-fal-request-id" in answer.headers["access-control-expose-headers"]


def test_an_options_request_that_is_no_preflight_is_a_wrong_method(house: House) -> None:
    assert house.ask("OPTIONS", f"/fal/queue/{ENDPOINT}").status_code == 405


def proxied(house: House, method: str, target: str, key: str | None = None, **more: Any) -> httpx.Response:
    headers = more.pop("headers", {}) | {"x-fal-target-url": target}
    return house.ask(method, "/fal/proxy", key, headers=headers, **more)


def test_a_job_goes_all_the_way_through_the_proxy(house: House) -> None:
    submitted = proxied(house, "POST", f"https://queue.fal.run/{ENDPOINT}", "a-key", json=INPUT)
    assert submitted.headers["x-fal-request-id"] == submitted.json()["request_id"]
    job = f"https://queue.fal.run/fal-ai/kling-video/requests/{submitted.json()['request_id']}"
    house.advance(3)
    status = proxied(house, "GET", f"{job}/status?logs=1", "a-key").json()
    assert (status["status"], len(status["logs"])) == ("COMPLETED", 2)
    assert proxied(house, "PUT", f"{job}/cancel", "a-key").json() == {"status": "ALREADY_COMPLETED"}
    video = proxied(house, "GET", job, "a-key").json()["video"]
    assert house.get(video["url"], None).status_code == 200
    assert proxied(house, "GET", f"{job}/status/stream", "a-key").text.startswith('data: {"status":"COMPLETED"')


def test_the_proxy_brings_a_key_where_the_page_has_none(houses: Callable[..., House]) -> None:
    for house, key in ((houses(), "vidmock:proxy"), (houses(keys=frozenset({"b", "a"})), "a")):
        proxied(house, "POST", f"https://queue.fal.run/{ENDPOINT}", json=INPUT)
        assert len(house.world(key).jobs) == 1


def test_the_proxy_passes_only_fals_own_headers(house: House) -> None:
    headers = {"x-fal-request-timeout": "nonsense", "cookie": "session=1", "accept": "text/html"}
    answer = proxied(house, "POST", f"https://queue.fal.run/{ENDPOINT}", "a-key", json=INPUT, headers=headers)
    assert answer.status_code == 400
    (exchange,) = house.world().journal
    sent = {name for name, _ in exchange.request_headers}
    assert b"x-fal-request-timeout" in sent
    assert not sent & {b"cookie", b"x-fal-target-url"}
    assert exchange.target == f"/fal/queue/{ENDPOINT}"


REFUSED = [
    "",
    "nonsense",
    "https://example.com/",
    "https://queue.fal.run.example.com/",
    "https://example.com#queue.fal.run",
    "https://queue.fal.run@example.com/",
    "https://user@queue.fal.run/",
    "https://queue.fal.run:8443/",
    "ftp://queue.fal.run/",
    "//queue.fal.run/",
    "https://[",
    "https://rest.fal.ai/storage/auth/token?storage_type=fal-cdn-v3",
    "https://rest.fal.ai/storage/upload/initiate?storage_type=gcs",
    "https://rest.fal.ai/storage/upload/initiate-multipart?storage_type=fal-cdn-v3",
    "https://v3.fal.media/files/upload",
]


@pytest.mark.parametrize("target", REFUSED)
def test_the_proxy_refuses_what_is_not_on_its_list(house: House, target: str) -> None:
    answer = proxied(house, "POST", target, json=INPUT)
    assert (answer.status_code, answer.json()) == (400, "Invalid request")


def test_the_proxy_cannot_be_sent_back_into_itself_or_elsewhere(house: House) -> None:
    for path in ("../proxy", "%2e%2e/proxy", "/../../runpod/v2/x/run", "\x00", "%00%0d%0a"):
        answer = proxied(house, "POST", f"https://queue.fal.run/{path}", json=INPUT)
        assert answer.status_code in (400, 404, 405)
        assert "x-fal-request-id" in answer.headers or answer.json() == "Invalid request"


REAL = {
    "https://queue.falrun.com/fal-ai/kling-video/requests/x": 404,
    "https://falrun.com/": 405,
    "https://rest.alpha.fal.ai/.well-known/jwks.json": 200,
    "https://v3.fal.media/files/b/lion/x": 404,
    "https://api.fal.ai/v1/meta": 200,
    f"https://fal.ai/api/openapi/queue/openapi.json?endpoint_id={ENDPOINT}": 200,
}


@pytest.mark.parametrize("url", REAL)
def test_the_real_hosts_are_answered(house: House, url: str) -> None:
    assert house.get(url).status_code == REAL[url]


def test_uploads_by_the_real_hosts_lead_to_the_real_hosts(house: House) -> None:
    token = house.post("https://rest.fal.ai/storage/auth/token?storage_type=fal-cdn-v3", {}).json()
    assert token["base_url"] == "https://v3b.fal.media"
    headers = {"authorization": f"Bearer {token['token']}"}
    url = house.post("https://v3.fal.media/files/upload", key=None, content=b"x", headers=headers).json()["access_url"]
    assert url.startswith("https://v3b.fal.media/files/b/")
    assert house.get(url, None).content == b"x"


@pytest.mark.parametrize("model", models("fal"), ids=lambda model: model.id)
def test_the_openapi_document_leads_a_generator_to_input_and_output(house: House, model: Any) -> None:
    answer = house.get(f"/fal/web/api/openapi/queue/openapi.json?endpoint_id={model.id}", None)
    document = answer.json()
    base = f"/{model.id}/requests/{{request_id}}"
    assert set(document["paths"]) == {f"/{model.id}", base, f"{base}/status", f"{base}/cancel"}
    assert document["servers"] == [{"url": "http://mock.test/fal/queue"}]
    assert "vidmock.invalid" not in answer.text

    def resolved(schema: Any) -> Any:
        place = schema["$ref"].removeprefix("#/components/schemas/")
        return document["components"]["schemas"][place]

    post = document["paths"][f"/{model.id}"]["post"]
    taken = resolved(post["requestBody"]["content"]["application/json"]["schema"])
    assert taken["properties"].keys() == model.schema["properties"].keys()
    assert taken["required"] == model.schema["required"]
    get = document["paths"][base]["get"]
    made = resolved(get["responses"]["200"]["content"]["application/json"]["schema"])
    assert made["type"] == "object"
    for reference in _references(document):
        resolved({"$ref": reference})
    # The input schema, bound to its own components, judges as ours does.
    judge = Draft202012Validator({**taken, "components": document["components"]})
    assert judge.is_valid(samples_of(model).valid[0])
    assert not judge.is_valid({"prompt": 5})


def test_the_output_of_the_documents_is_what_is_answered(house: House) -> None:
    document = house.get(f"/fal/web/api/openapi/queue/openapi.json?endpoint_id={ENDPOINT}").json()
    pending = house.begin("POST", f"/fal/run/{ENDPOINT}", json=INPUT)
    house.advance(3)
    output = document["components"]["schemas"]["KlingVideoO1ReferenceToVideoOutput"]
    judge = Draft202012Validator({**output, "components": document["components"]})
    assert judge.is_valid(house.finish(pending).json())
    assert not judge.is_valid({"images": []})


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for item in node for found in _references(item)] if isinstance(node, list) else []


@pytest.mark.parametrize("query", ["", "?endpoint_id=fal-ai/none", "?endpoint_id=%00"])
def test_there_is_no_document_of_an_unknown_endpoint(house: House, query: str) -> None:
    assert house.get(f"/fal/web/api/openapi/queue/openapi.json{query}", None).status_code == 404
