"""Answers of several servers become one, page by page: each entry once, and the last comes last."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.server.control.app import ROUTES, find_route
from vidmock.server.control.joining import JoinedLabels, JoinedLedger, JoinedList, read_cursors, write_cursors
from vidmock.server.control.refusal import ControlProblem

LIST = JoinedList("things", lambda one: str(one["id"]), lambda one: float(one["at"]), sums=("total",), same=("who",))


def served(address: str, things: list[Any], query: Any) -> Any:
    """What one server answers: as page_of_list has it."""
    limit, before = int(query.get("limit", 1000)), query.get("before")
    newest_first = things[::-1]
    if before:
        newest_first = newest_first[[one["id"] for one in newest_first].index(before) + 1 :]
    shown = newest_first[:limit]
    older = shown[-1]["id"] if shown and len(newest_first) > limit else None
    return {"things": shown[::-1], "older": older, "total": len(things), "who": address}


@given(st.lists(st.lists(st.integers(0, 9), max_size=7), min_size=1, max_size=4), st.integers(1, 6))
def test_all_pages_together_have_each_entry_once_in_the_order_of_their_moments(
    moments: list[list[int]], limit: int
) -> None:
    servers: dict[str, list[dict[str, Any]]] = {
        f"http://{place}": [{"id": f"{place}-{number}", "at": at} for number, at in enumerate(sorted(own))]
        for place, own in enumerate(moments)
    }
    seen: list[dict[str, Any]] = []
    query = {"limit": str(limit)}
    while True:
        asked = {address: LIST.ask(query, address) for address in servers}
        parts = {address: served(address, servers[address], own) for address, own in asked.items() if own is not None}
        page = LIST.join(parts, query)
        assert len(page["things"]) <= limit
        assert page["total"] == sum(map(len, moments))
        seen = page["things"] + seen
        if not page["older"]:
            break
        assert len(page["things"]) == limit
        query["before"] = page["older"]
    assert sorted(one["id"] for one in seen) == sorted(one["id"] for own in servers.values() for one in own)
    assert [one["at"] for one in seen] == sorted(one["at"] for one in seen)


def test_numbers_are_summed_and_what_is_the_same_is_said_once() -> None:
    parts = {place: served(place, [{"id": place, "at": 1}], {}) for place in ("one", "two")}
    page = LIST.join(parts, {})
    assert (page["total"], page["who"], page["older"]) == (2, "one", None)


def test_what_each_server_has_of_its_own_under_one_name_is_told_once() -> None:
    how = JoinedList("things", lambda one: str(one["id"]), once=True)
    parts = {place: served(place, [{"id": "nobody's"}, {"id": place}], {}) for place in ("one", "two")}
    assert sorted(one["id"] for one in how.join(parts, {})["things"]) == ["nobody's", "one", "two"]


@given(st.dictionaries(st.text(), st.text(), max_size=4))
def test_what_older_says_is_read_again(cursors: dict[str, str]) -> None:
    assert read_cursors(write_cursors(cursors)) == cursors


@pytest.mark.parametrize("before", ["x", "~", "~x", "~%", "~W10", "~eyJhIjogMX0", "~/w=="])
def test_anything_else_is_refused_with_what_would_be_right(before: str) -> None:
    with pytest.raises(ControlProblem, match="must be what 'older' said") as refused:
        LIST.ask({"before": before}, "http://one")
    assert refused.value.where == "before"


def test_money_is_summed_by_provider_model_and_label() -> None:
    def ledger(spent: str, model: str, label: str) -> Any:
        sums = {"jobs": 1, "spent": spent, "unpriced": 0}
        return {
            "total": sums,
            "providers": [{"provider": "fal", **sums}],
            "models": [{"provider": "fal", "model": model, **sums}],
            "labels": [{"label": label, "worlds": 1, **sums}],
            "older": {"labels": None},
        }

    parts = {"one": ledger("0.1", "a", "x"), "two": ledger("0.20", "b", "y"), "three": ledger("0.3", "a", "x")}
    joined = JoinedLedger({"labels": JoinedLabels()}).join(parts, {})
    assert joined["total"] == {"jobs": 3, "spent": "0.60", "unpriced": 0}
    assert joined["providers"] == [{"provider": "fal", "jobs": 3, "spent": "0.60", "unpriced": 0}]
    assert {one["model"]: one["spent"] for one in joined["models"]} == {"a": "0.4", "b": "0.20"}
    assert {one["label"]: (one["worlds"], one["spent"]) for one in joined["labels"]} == {
        "x": (2, "0.4"),
        "y": (1, "0.20"),
    }
    assert joined["older"] == {"labels": None}


def test_each_route_that_lists_or_changes_all_worlds_can_be_joined() -> None:
    """What is left is about nothing but the server, or about what the path names."""
    alone = {f"{route.method} {route.path}" for route in ROUTES if not (route.joined or route.only)}
    page = {one for one in alone if one.startswith("GET /page/")}
    assert alone - page == {
        "GET /",
        "GET /openapi.json",
        "GET /ca.pem",
        "GET /health",
        "GET /jobs/{job}",
        "POST /jobs/{job}/outcome",
        "GET /jobs/{job}/outputs/{output}",
        "GET /effects",
        "GET /scenarios",
        "GET /models",
        "GET /metrics",
        "POST /worlds",
        "PUT /worlds/snapshot",
        "POST /validate",
    }


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/jobs", "/jobs"),
        ("POST", "/jobs/next/outcome", "/jobs/next/outcome"),
        ("DELETE", "/faults/a/b", "/faults/{fault:path}"),
        ("GET", "", "/"),
        ("POST", "/jobs", None),
        ("GET", "/nothing", None),
    ],
)
def test_a_route_is_found_by_its_method_and_path(method: str, path: str, found: str | None) -> None:
    route = find_route(method, path)
    assert (route.path if route else None) == found
