"""Money by the control API: what was charged, given back and wasted, and what happens when there is no more."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control


def test_sums_are_the_same_by_world_provider_and_model(control: Control, wires: tuple[Wire, ...]) -> None:
    for key in ("one", "two"):
        for wire in wires:
            wire.submit(control.house, key)
    wires[0].submit(control.house, "one")
    (fails,) = control.get("/jobs?key=two&provider=fal")["jobs"]
    control.do("POST", f"/jobs/{fails['id']}/outcome", {"effect": "fail"})
    control.house.advance(10, "one")
    told = control.get("/ledger")
    assert told["total"]["jobs"] == 9
    for parts in (told["worlds"], told["providers"], told["models"]):
        for name in ("jobs", "charged", "refunded", "spent", "wasted"):
            assert sum(Decimal(part[name]) for part in parts) == Decimal(told["total"][name])
    assert Decimal(told["total"]["refunded"]) > 0
    assert sum(Decimal(one["amount"]) for one in told["waste"]) == Decimal(told["total"]["wasted"]) > 0
    assert {one["why"] for one in told["waste"]} == {"duplicate", "uncollected"}


def test_money_is_summed_by_the_label_of_worlds(control: Control, wires: tuple[Wire, ...]) -> None:
    for key, label in {"one": "test_a", "two": "test_b", "three": "test_a"}.items():
        control.do("POST", "/worlds", {"key": key, "label": label})
    for key in ("one", "two", "three", "nobody's"):
        wires[0].submit(control.house, key)
    control.house.advance(10, "two")
    told = control.get("/ledger")
    b, a = told["labels"]
    assert ((a["label"], a["worlds"], a["jobs"]), (b["label"], b["worlds"], b["jobs"])) == (
        ("test_a", 2, 2),
        ("test_b", 1, 1),
    )
    assert (a["wasted"], b["wasted"]) == ("0", b["spent"])
    assert {one["key"]: one["label"] for one in told["worlds"]}["nobody's"] == ""
    assert control.get("/ledger?key=two")["labels"] == [b]


def test_a_duplicate_points_at_what_it_repeats(control: Control, wire: Wire) -> None:
    first, again = wire.submit(control.house), wire.submit(control.house)
    (waste,) = control.get("/ledger")["waste"]
    assert (waste["job"], waste["why"], waste["of"]) == (again, "duplicate", first)


@pytest.mark.parametrize("name", ["worlds", "labels", "waste", "missed_files"])
def test_a_list_of_the_ledger_is_read_page_by_page(control: Control, wires: tuple[Wire, ...], name: str) -> None:
    for key in ("one", "two"):
        control.do("POST", "/worlds", {"key": key, "label": f"test {key}"})
        for wire in wires:
            wire.submit(control.house, key)
        control.house.advance(900, key)
    whole = control.get("/ledger")
    assert set(whole["older"].values()) == {None}
    first = control.get("/ledger?limit=1")
    found, older = first[name], first["older"][name]
    assert control.get(f"/ledger/{name}?limit=1") == {name: found, "older": older}
    while older:
        page = control.get(f"/ledger/{name}?limit=1&before={older}")
        found, older = page[name] + found, page["older"]
    assert found == whole[name] == control.get(f"/ledger/{name}")[name]
    assert len(found) > 1


def test_what_the_budget_does_not_cover_is_refused_by_the_provider(control: Control, wire: Wire) -> None:
    control.do("PUT", "/ledger/budget?key=a-key", {"amount": "1.20"})
    jobs = 0
    for _ in range(4):
        body = wire.body
        if isinstance(body, list):
            body = [body[0] | {"taskUUID": f"00000000-0000-4000-9000-00000000000{jobs}"}]
        refused = control.house.post(wire.submit_path, body)
        if refused.status_code != 200:
            break
        jobs += 1
    assert refused.status_code in (402, 403)
    (world,) = control.get("/ledger")["worlds"]
    assert world["jobs"] == jobs > 0
    assert 0 <= Decimal(world["left"]) < Decimal("0.85")
    assert control.do("PUT", "/ledger/budget", {"amount": None})["left"] is None
    assert wire.submit(control.house)


SENSELESS = [
    "much",
    -1,
    True,
    "NaN",
    "Infinity",
    {},
    "-0",
    "+5",
    "1_000",
    " 5 ",
    "1e3",
    "5.",
    ".5",
    "",
    "٥",
    "9" * 41,
    1e300,
]


@pytest.mark.parametrize("amount", SENSELESS, ids=repr)
def test_what_is_no_amount_is_refused(control: Control, amount: object) -> None:
    control.house.world()
    status, error = control.refused("PUT", "/ledger/budget", {"amount": amount})
    assert (status, "'5.00'" in error["error"]) == (400, True)


@pytest.mark.parametrize(
    ("amount", "printed"),
    [(1e-7, "0.0000001"), (5, "5"), (0.5, "0.5"), (1e16, "10000000000000000"), ("0.10", "0.10"), (-0, "0")],
    ids=str,
)
def test_amounts_are_printed_as_plain_decimals(control: Control, amount: object, printed: str) -> None:
    control.house.world()
    answer = control.do("PUT", "/ledger/budget", {"amount": amount})
    assert answer["budget"] == printed
    assert Decimal(answer["left"]) == Decimal(printed)
    assert "E" not in answer["left"]
    assert control.get("/worlds")["worlds"][0]["budget"] == printed
    assert control.get("/worlds/snapshot")["budget"] == printed


def test_a_job_whose_price_no_source_names_is_in_no_sum(control: Control) -> None:
    job = control.house.post("/fal/queue/fal-ai/any-llm", {"prompt": "why?"}).json()["request_id"]
    total = control.get("/ledger")["total"]
    assert (total["jobs"], total["unpriced"], total["charged"]) == (1, 1, "0")
    assert control.get(f"/jobs/{job}")["cost"] is None
