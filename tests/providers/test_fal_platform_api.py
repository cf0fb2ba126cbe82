"""fal's platform API (api.fal.ai/v1): every answer fits the document that fal publishes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from vidmock.schema.catalog import models

if TYPE_CHECKING:
    from tests.conftest import House

ENDPOINT = "fal-ai/kling-video/o1/reference-to-video"
PUBLISHED = json.loads((Path(__file__).parent / "published_fal_platform_api.json").read_bytes())


def ask(house: House, operation: str, query: str = "", key: str | None = "a-key", **more: Any) -> Any:
    """The body of a published operation's answer, which must have a status and a form that the document has."""
    method, path = operation.split()
    answer = house.ask(method, f"/fal/api{path}{query}", key, **more)
    judge(operation, answer)
    return answer.json()


def judge(operation: str, answer: httpx.Response) -> None:
    published = PUBLISHED["operations"][operation]
    assert str(answer.status_code) in published["statuses"], answer.text
    schema = published["ok"] if answer.status_code == 200 else PUBLISHED["error"]
    Draft202012Validator(schema).validate(answer.json())


def made(house: House, duration: str = "5") -> str:
    job: str = house.post(f"/fal/queue/{ENDPOINT}", {"prompt": "a kite", "duration": duration}).json()["request_id"]
    house.advance(3)
    return job


def error_of(answer: dict[str, Any]) -> tuple[str, str]:
    return answer["error"]["type"], answer["error"]["message"]


def test_every_published_operation_that_is_served_answers_in_its_form(house: House) -> None:
    made(house)
    body = {"estimate_type": "unit_price", "endpoints": {ENDPOINT: {"unit_quantity": 5}}}
    for operation in PUBLISHED["operations"]:
        ask(house, operation, f"?endpoint_id={ENDPOINT}", json=body if operation.startswith("POST") else None)


def test_the_catalogue_lists_finds_and_searches_without_a_key(house: House) -> None:
    everything = ask(house, "GET /v1/models", key=None)
    assert [model["endpoint_id"] for model in everything["models"]] == [model.id for model in models("fal")]
    assert everything["models"][0]["metadata"]["is_favorited"] is None
    for query, names in {
        f"?endpoint_id={ENDPOINT}": [ENDPOINT],
        f"?endpoint_id={ENDPOINT}&endpoint_id=fal-ai/fast-sdxl": [ENDPOINT, "fal-ai/fast-sdxl"],
        f"?endpoint_id={ENDPOINT},fal-ai/fast-sdxl&q=KLING": [ENDPOINT],
        "?q=kling": [model.id for model in models("fal") if "kling" in model.id],
        "?category=text-to-image": ["fal-ai/fast-sdxl"],
        "?status=deprecated": [],
        "?status=active&category=image-to-video": [m.id for m in models("fal") if m.category == "image-to-video"],
    }.items():
        found = ask(house, "GET /v1/models", query, key=None)
        assert [model["endpoint_id"] for model in found["models"]] == names


def test_the_catalogue_expands_to_the_openapi_document_of_the_queue(house: House) -> None:
    (model,) = ask(house, "GET /v1/models", f"?endpoint_id={ENDPOINT}&expand=openapi-3.0,enterprise_status")["models"]
    assert model["openapi"] == house.get(f"/fal/web/api/openapi/queue/openapi.json?endpoint_id={ENDPOINT}").json()
    assert model["enterprise_status"] == "pending"
    assert model["metadata"]["model_url"] == f"http://mock.test/fal/run/{ENDPOINT}"
    assert model["metadata"]["is_favorited"] is False


def test_pages_lead_from_one_to_the_next(house: House) -> None:
    names, cursor = [], ""
    while cursor is not None:
        page = ask(house, "GET /v1/models", f"?limit=1&cursor={cursor}")
        names += [model["endpoint_id"] for model in page["models"]]
        cursor = page["next_cursor"]
        assert page["has_more"] is (cursor is not None)
    assert names == [model.id for model in models("fal")]
    assert ask(house, "GET /v1/models", "?limit=1")["next_cursor"] == "Mg=="


def test_a_price_is_that_of_a_second(house: House) -> None:
    (price,) = ask(house, "GET /v1/models/pricing", f"?endpoint_id={ENDPOINT}")["prices"]
    assert price == {"endpoint_id": ENDPOINT, "unit_price": 0.112, "unit": "second", "currency": "USD"}


def test_a_price_that_no_source_names_is_told_as_none_and_never_as_nothing(house: House) -> None:
    both = ask(house, "GET /v1/models/pricing", f"?endpoint_id={ENDPOINT},fal-ai/any-llm")["prices"]
    assert [price["endpoint_id"] for price in both] == [ENDPOINT]
    body = {"estimate_type": "unit_price", "endpoints": {"fal-ai/any-llm": {"unit_quantity": 1}}}
    kind, message = error_of(ask(house, "POST /v1/models/pricing/estimate", json=body))
    assert (kind, "fal-ai/any-llm: its price is not known here" in message) == ("validation_error", True)


def estimate(house: House, kind: str, quantity: dict[str, Any]) -> Any:
    body = {"estimate_type": kind, "endpoints": {ENDPOINT: quantity}}
    return ask(house, "POST /v1/models/pricing/estimate", json=body)


def test_an_estimate_is_by_units_or_by_what_calls_have_cost(house: House) -> None:
    assert estimate(house, "unit_price", {"unit_quantity": 7.5})["total_cost"] == 0.84
    assert estimate(house, "historical_api_price", {"call_quantity": 2})["total_cost"] == 1.12
    made(house, "10")
    assert estimate(house, "historical_api_price", {"call_quantity": 2})["total_cost"] == 2.24


def test_usage_events_and_requests_are_those_of_the_ledger(house: House) -> None:
    first, second = made(house, "5"), made(house, "10")
    failed = house.post(f"/fal/queue/{ENDPOINT}", {"prompt": 5}).json()["request_id"]
    house.advance(3)
    house.post("/runpod/v2/kling-video-o1-r2v/run", {"input": {"prompt": "a kite"}})
    events = ask(house, "GET /v1/models/billing-events")["billing_events"]
    assert [(event["request_id"], event["cost_total"], event["output_units"]) for event in events] == [
        (second, 1.12, 10.0),
        (first, 0.56, 5.0),
    ]
    assert [event["cost_estimate_nano_usd"] for event in events] == [1_120_000_000, 560_000_000]
    (line,) = ask(house, "GET /v1/models/usage", "?expand=summary&expand=auth_method")["summary"]
    assert (line["quantity"], line["cost_total"], line["auth_method"]) == (15.0, 1.68, "Key 1")
    requests = ask(house, "GET /v1/models/requests/by-endpoint", f"?endpoint_id={ENDPOINT}&expand=payloads")["items"]
    assert [(item["request_id"], item["status_code"]) for item in requests] == [
        (failed, 422),
        (second, 200),
        (first, 200),
    ]
    assert requests[2]["json_input"] == {"prompt": "a kite", "duration": "5"}
    assert requests[2]["json_output"]["video"]["url"].startswith("http://mock.test/")
    assert requests[2]["duration"] == 2.0


def test_events_and_requests_are_selected(house: House) -> None:
    first, second = made(house), made(house, "10")
    events = ask(house, "GET /v1/models/billing-events", f"?request_id={first}&expand=auth_method_structured")
    (event,) = events["billing_events"]
    assert (event["request_id"], event["auth_method_structured"]) == (first, {"detail": "Key 1"})
    assert ask(house, "GET /v1/models/billing-events", "?endpoint_id=fal-ai/fast-sdxl")["billing_events"] == []
    route = "GET /v1/models/requests/by-endpoint"
    for query, ids in {
        f"&request_id={second}": [second],
        "&status=success": [second, first],
        "&status=user_error": [],
        "&status=error": [],
        "&sort_by=duration&limit=1": [second],
    }.items():
        found = ask(house, route, f"?endpoint_id={ENDPOINT}{query}")["items"]
        assert [item["request_id"] for item in found] == ids


@pytest.mark.parametrize(
    ("frame", "bucket"),
    [
        ("minute", "2026-01-01T00:00:00+00:00"),
        ("hour", "2026-01-01T00:00:00+00:00"),
        ("day", "2026-01-01T00:00:00+00:00"),
        ("week", "2025-12-29T00:00:00+00:00"),
        ("month", "2026-01-01T00:00:00+00:00"),
    ],
)
def test_usage_comes_in_buckets_of_time(house: House, frame: str, bucket: str) -> None:
    made(house)
    (found,) = ask(house, "GET /v1/models/usage", f"?timeframe={frame}")["time_series"]
    assert found["bucket"] == bucket
    assert found["results"][0]["quantity"] == 5.0


def test_a_bucket_begins_in_the_zone_of_the_request(house: House) -> None:
    made(house)
    (found,) = ask(house, "GET /v1/models/usage", "?timeframe=day&timezone=America/New_York")["time_series"]
    assert found["bucket"] == "2025-12-31T00:00:00-05:00"


def test_a_stretch_of_time_ends_before_its_end(house: House) -> None:
    made(house)
    route = "GET /v1/models/usage"
    assert ask(house, route, "?bound_to_timeframe=false&start=2025-12-31&end=2026-01-01")["time_series"] == []
    assert len(ask(house, route, "?start=2025-12-31&end=2026-01-01T00:00:00Z&timeframe=day")["time_series"]) == 1


def test_the_balance_is_what_is_left_of_the_budget(houses: Callable[..., House]) -> None:
    house = houses(budget=Decimal("5.00"))
    assert ask(house, "GET /v1/account/billing") == {"username": "vidmock"}
    made(house)
    left = ask(house, "GET /v1/account/billing", "?expand=credits")["credits"]
    assert left == {"current_balance": 4.44, "currency": "USD"}


def test_a_world_without_a_budget_has_a_balance_that_nothing_is_taken_from(house: House) -> None:
    made(house)
    assert ask(house, "GET /v1/account/billing", "?expand=credits")["credits"]["current_balance"] == 1000.0


def test_a_key_can_be_no_admin_key(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.admin_routes": "refused"})
    for path in ("models/usage", "models/billing-events", "account/billing"):
        assert error_of(ask(house, f"GET /v1/{path}")) == ("authorization_error", "Access denied")
    assert ask(house, "GET /v1/models/pricing", f"?endpoint_id={ENDPOINT}")["prices"]


@pytest.mark.parametrize(
    "route", [name for name in PUBLISHED["operations"] if name not in ("GET /v1/models", "GET /v1/meta")]
)
def test_all_but_the_catalogue_and_the_addresses_need_a_key(house: House, route: str) -> None:
    for key in (None, "vidmock-invalid"):
        assert error_of(ask(house, route, key=key)) == ("authorization_error", "API key authentication required")


WRONG = [
    ("GET /v1/models", "?limit=0", "limit"),
    ("GET /v1/models", "?limit=ten", "limit"),
    ("GET /v1/models", "?limit=99999999999", "limit"),
    ("GET /v1/models", "?cursor=no", "cursor"),
    ("GET /v1/models", f"?cursor={base64.b64encode(b'0').decode()}", "cursor"),
    ("GET /v1/models", "?cursor=%FF", "cursor"),
    ("GET /v1/models", "?status=new", "status"),
    ("GET /v1/models", "?expand=everything", "expand"),
    ("GET /v1/models", "?" + "&".join(["endpoint_id=a"] * 51), "at most 50"),
    ("GET /v1/models/pricing", "", "endpoint_id: is required"),
    ("GET /v1/models/requests/by-endpoint", "", "endpoint_id: is required"),
    ("GET /v1/models/usage", "?start=yesterday", "start"),
    ("GET /v1/models/usage", "?end=0001-01-01T00:00:00%2B14:00", "end"),
    ("GET /v1/models/usage", "?start=2026-01-02&end=2026-01-01", "must not be after end"),
    ("GET /v1/models/usage", "?timezone=Atlantis", "timezone"),
    ("GET /v1/models/usage", "?timezone=../../etc/passwd", "timezone"),
    ("GET /v1/models/usage", "?timeframe=year", "timeframe"),
    ("GET /v1/models/billing-events", "?start=2025-01-01", "at most 90 days"),
]


@pytest.mark.parametrize(("route", "query", "says"), WRONG)
def test_a_wrong_parameter_is_named(house: House, route: str, query: str, says: str) -> None:
    kind, message = error_of(ask(house, route, query))
    assert kind == "validation_error"
    assert says in message


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"endpoints": {ENDPOINT: {"unit_quantity": 1}}}, "'estimate_type' is missing"),
        ({"estimate_type": "guess", "endpoints": {ENDPOINT: {"unit_quantity": 1}}}, "estimate_type"),
        ({"estimate_type": "unit_price", "endpoints": {}}, "from 1 to 50"),
        ({"estimate_type": "unit_price", "endpoints": {ENDPOINT: {"unit_quantity": 0}}}, "at least 0.000001, not 0"),
        ({"estimate_type": "unit_price", "endpoints": {ENDPOINT: {"unit_quantity": True}}}, "not True"),
        ({"estimate_type": "unit_price", "endpoints": {ENDPOINT: 5}}, "not null"),
        ({"estimate_type": "historical_api_price", "endpoints": {ENDPOINT: {"call_quantity": 1.5}}}, "whole number"),
    ],
)
def test_a_wrong_estimate_is_told_what_is_wrong(house: House, body: dict[str, Any], says: str) -> None:
    kind, message = error_of(ask(house, "POST /v1/models/pricing/estimate", json=body))
    assert kind == "validation_error"
    assert says in message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"nothing"])
def test_an_estimate_of_no_object_is_refused(house: House, body: bytes) -> None:
    answer = ask(house, "POST /v1/models/pricing/estimate", content=body)
    assert error_of(answer)[0] == "validation_error"


def test_what_is_not_here_is_not_found_in_the_platforms_form(house: House) -> None:
    for route in ("GET /v1/models", "GET /v1/models/pricing", "GET /v1/models/requests/by-endpoint"):
        assert error_of(ask(house, route, "?endpoint_id=fal-ai/none")) == ("not_found", "Resource not found")
    body = {"estimate_type": "unit_price", "endpoints": {"fal-ai/none": {"unit_quantity": 1}}}
    assert error_of(ask(house, "POST /v1/models/pricing/estimate", json=body))[0] == "not_found"
    answer = house.get("/fal/api/v1/nothing")
    assert (answer.status_code, error_of(answer.json())[0]) == (404, "not_found")
    assert house.ask("DELETE", "/fal/api/v1/models").status_code == 405


def test_the_real_host_is_answered_too(house: House) -> None:
    answer = house.get(f"https://api.fal.ai/v1/models?endpoint_id={ENDPOINT}&expand=openapi-3.0")
    judge("GET /v1/models", answer)
    assert answer.json()["models"][0]["openapi"]["servers"] == [{"url": "https://queue.fal.run"}]
