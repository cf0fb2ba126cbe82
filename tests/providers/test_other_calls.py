"""Faults on calls that are about no job, and on all calls that an account's state refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import FAL, RUNPOD, _fresh

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule, Phase

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House, Wire

CALLS: dict[str, tuple[str, str, Any]] = {
    "runpod": ("GET", f"{RUNPOD}/health", None),
    "runware": ("POST", "/runware/v1", [{"taskType": "ping", "ping": True}]),
    "fal": ("POST", "/fal/rest/tokens", {}),
    "eachlabs": ("GET", "/eachlabs/v1/executions", None),
}
UPLOAD = {"file_name": "cat.png", "content_type": "image/png"}


def ask_for(house: House, name: str, phase: Phase, key: str = "a-key", operation: str = "", **arguments: Any) -> None:
    rule = FaultRule(phase, Effect(name, arguments), operation=operation, times=1)
    house.world(key).faults.add(checked_rule(rule))


def call(house: House, provider: str) -> httpx.Response:
    method, path, body = CALLS[provider]
    return house.ask(method, path, json=body) if method == "POST" else house.get(path)


def upload(house: House, key: str = "a-key") -> int:
    return house.post("/fal/rest/storage/upload/initiate", UPLOAD, key).status_code


@pytest.mark.parametrize("name", ["edge_page", "rate_limit", "unavailable"])
def test_a_call_about_no_job_is_struck(house: House, wire: Wire, name: str) -> None:
    house.world()
    usual = call(house, wire.name).status_code
    ask_for(house, name, "other")
    struck, after = call(house, wire.name).status_code, call(house, wire.name).status_code
    assert (usual, after) == (200, 200)
    assert struck >= 429


def test_an_endpoint_is_cold(house: House) -> None:
    workers = {"idle": 0, "initializing": 1, "ready": 0, "running": 0, "throttled": 3, "unhealthy": 0}
    ask_for(house, "set_field", "other", operation="health", path="/workers", value=workers)
    assert house.post(f"{RUNPOD}/purge-queue").json() == {"removed": 0, "status": "completed"}
    assert house.get(f"{RUNPOD}/health").json()["workers"] == workers
    assert house.get(f"{RUNPOD}/health").json()["workers"]["idle"] == 1


def test_a_call_without_a_key_is_struck_by_what_is_nobodys(house: House) -> None:
    ask_for(house, "edge_page", "other", "", "list")
    assert house.get("/eachlabs/v1/models", key=None).status_code == 502
    assert house.get("/eachlabs/v1/models", key=None).status_code == 200
    (struck, after) = house.world("").journal
    assert (struck.fault, after.fault) == ("fault-1", "")


def test_each_task_of_a_batch_is_struck_by_itself(house: House) -> None:
    ask_for(house, "internal", "other", operation="account")
    tasks: list[dict[str, Any]] = [
        {"taskType": "ping", "ping": True},
        {
            "taskType": "accountManagement",
            "operation": "getDetails",
            "taskUUID": "00000000-0000-4000-8000-000000000001",
        },
    ]
    body = house.post("/runware/v1", tasks)
    assert [item["taskType"] for item in body.json()["data"]] == ["ping"]
    assert [error["code"] for error in body.json()["errors"]] == ["internalServerError"]
    ask_for(house, "edge_page", "other")
    assert house.post("/runware/v1", []).status_code == 502


@pytest.mark.parametrize("effect", ["locked", "no_balance"])
def test_the_state_of_an_account_refuses_fals_uploads_and_answers_polls(house: House, wires: Any, effect: str) -> None:
    wire = next(wire for wire in wires if wire.name == "fal")
    job = wire.submit(house)
    house.world().faults.add(checked_rule(FaultRule("before", Effect(effect))))
    token = house.post("/fal/rest/storage/auth/token?storage_type=fal-cdn-v3", {})
    assert (house.post(wire.submit_path, wire.body).status_code, upload(house), token.status_code) == (403, 403, 403)
    assert house.get(f"{FAL}/requests/{job}/status").status_code == 202
    assert upload(house, "other") == 200


def test_other_providers_store_files_for_an_account_without_money(house: House) -> None:
    house.world().faults.add(checked_rule(FaultRule("before", Effect("no_balance"))))
    assert house.post("/eachlabs/v1/upload/presign", {"content_type": "image/png"}).status_code == 200


@pytest.mark.parametrize("key", ["vidmock-locked", "vidmock-no-balance"])
def test_a_reserved_key_is_refused_uploads_too(house: House, key: str) -> None:
    assert upload(house, key) == 403
    assert upload(house, "vidmock-rate-limited") == 200


def test_a_budget_that_is_used_up_is_an_exhausted_balance(house: House) -> None:
    house.world().ledger.set_budget(Decimal("0.56"))
    assert upload(house) == 200
    house.post(f"{FAL}/o1/reference-to-video", {"prompt": "a kite"})
    assert upload(house) == 403


def test_a_job_is_accepted_and_then_refused(house: House, wire: Wire) -> None:
    ask_for(house, "rate_limit", "after", retry_after=3)
    assert house.post(wire.submit_path, _fresh(wire.body)).status_code == 429
    assert house.world().ledger.jobs == 1
