"""Who may use the control API, what it says of itself, and what it says to what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from openapi_spec_validator import validate
from tests.control.conftest import DOCUMENT

from vidmock.engine.world.settings import Settings
from vidmock.server.control.app import ROUTES

if TYPE_CHECKING:
    from tests.conftest import House, Wire
    from tests.control.conftest import Control

    from vidmock.server.server import ThreadedServer


def _from(house: House, peer: str, path: str = "/_vidmock/clock", **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(house.app, client=(peer, 4000))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
            return await client.get(path, headers=headers)

    return house.run(ask())


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_use_it(house: House, peer: str) -> None:
    assert _from(house, peer).status_code == 200


@pytest.mark.parametrize("peer", ["10.0.0.5", "172.17.0.1", "2001:db8::1", "fe80::1%eth0", "::ffff:10.0.0.5", ""])
def test_other_machines_may_not_unless_they_are_let_in(house: House, houses: Callable[..., House], peer: str) -> None:
    answer = _from(house, peer)
    assert answer.status_code == 403
    assert answer.json()["try"] == "vidmock serve --control-from-anywhere"
    assert _from(houses(control="any"), peer).status_code == 200


def test_a_peer_that_says_it_was_forwarded_is_still_itself(house: House) -> None:
    assert _from(house, "10.0.0.5", **{"X-Forwarded-For": "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize("name", ["rebound.example", "mock.example.com"])
def test_a_public_name_for_this_machine_is_refused(house: House, name: str) -> None:
    """A page may have its own name lead here, once it has been loaded from elsewhere."""
    answer = _from(house, "127.0.0.1", Host=name)
    assert (answer.status_code, answer.json()["where"]) == (403, "Host")


def test_an_emulated_host_has_no_control_api(house: House) -> None:
    for name in sorted(house.app.hosts):
        answer = _from(house, "127.0.0.1", "/_vidmock/worlds", Host=name)
        assert answer.status_code != 200
        assert "worlds" not in answer.headers.get("content-type", "")
        assert b'"worlds":' not in answer.content


@pytest.mark.parametrize("control", ["loopback", "any"])
def test_a_page_from_elsewhere_may_not_use_it(houses: Callable[..., House], control: str) -> None:
    house = houses(control=control)
    for page in ("https://evil.example", "null", "http://["):
        answer = _from(house, "127.0.0.1", Origin=page)
        assert (answer.status_code, answer.json()["where"]) == (403, "Origin")
    for page in ("http://localhost:5173", "http://127.0.0.1:8787", "http://mock.test"):
        assert _from(house, "127.0.0.1", Origin=page).status_code == 200


def test_where_all_may_its_own_page_may_too(houses: Callable[..., House]) -> None:
    house = houses(control="any")
    name = "mock.example.com"
    assert _from(house, "10.0.0.5", Host=name, Origin=f"https://{name}").status_code == 200
    assert _from(house, "10.0.0.5", Host=name, Origin="https://other.example.com").status_code == 403


def test_it_is_for_this_machine_unless_asked() -> None:
    assert Settings().control == "loopback"


def test_a_real_client_uses_it(mock: ThreadedServer) -> None:
    answer = httpx.get(f"{mock.url}/_vidmock/", trust_env=False)
    assert answer.json()["description"] == f"{mock.url}/_vidmock/openapi.json"


def test_the_description_is_openapi_and_served(control: Control) -> None:
    validate(DOCUMENT)
    assert control.get("/openapi.json") == DOCUMENT
    assert control.get("/")["description"].endswith("/_vidmock/openapi.json")


def test_the_description_and_the_routes_are_the_same() -> None:
    routes = {(route.method, route.path.replace(":path", "")) for route in ROUTES}
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert routes == told


def test_every_route_says_what_it_does_as_the_description_does() -> None:
    for route in ROUTES:
        sentence = (route.handler.__doc__ or "").partition("\n")[0]
        operation = DOCUMENT["paths"][route.path.replace(":path", "")][route.method.lower()]
        assert sentence == f"{operation['summary']}."
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [("GET", "/nothing", 404, "there is nothing at"), ("PATCH", "/clock", 405, "use GET or HEAD or PUT")],
)
def test_what_is_not_there_is_said_in_json(house: House, method: str, path: str, status: int, said: str) -> None:
    answer = house.ask(method, f"/_vidmock{path}", None)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert answer.json().keys() == {"error", "where", "try"}


def test_a_body_that_is_no_json_has_its_place(house: House) -> None:
    house.world()
    answer = house.ask("POST", "/_vidmock/faults", None, content=b'{"effect": "internal",\n "effect": "locked"}')
    assert (answer.status_code, answer.json()["where"]) == (400, "line 2, column 2")
    assert "twice" in answer.json()["error"]


def test_control_calls_are_in_no_journal(control: Control) -> None:
    control.house.world()
    control.get("/worlds")
    assert control.get("/journal")["exchanges"] == []


def test_every_operation_is_answered_as_it_is_described(control: Control, wires: tuple[Wire, ...]) -> None:
    """Those whose answers are long are asked for here; what each does is told in the other modules."""
    fal = next(wire for wire in wires if wire.name == "fal")
    job = fal.submit(control.house, webhook="http://receiver.test/")
    control.house.advance(1)
    saved = control.get("/worlds/snapshot")
    rule = {"effect": "internal", "phase": "poll", "id": "a-fault"}
    asked: tuple[tuple[str, str, object], ...] = (
        ("GET", "/", None),
        ("GET", "/openapi.json", None),
        ("GET", "/clock", None),
        ("PUT", "/clock", {"mode": "manual"}),
        ("POST", "/clock/advance", {"by": 0.5}),
        ("GET", "/jobs", None),
        ("GET", f"/jobs/{job}", None),
        ("POST", f"/jobs/{job}/outcome", {"effect": "succeed"}),
        ("POST", "/jobs/next/outcome", {"effect": "slow", "nth": [1, 2], "provider": "fal"}),
        ("POST", "/clock/run-until-idle", None),
        ("GET", "/effects", None),
        ("POST", "/faults", rule),
        ("GET", "/faults", None),
        ("DELETE", "/faults/a-fault", None),
        ("DELETE", "/faults", None),
        ("GET", "/journal", None),
        ("GET", "/journal.har", None),
        ("GET", "/journal.jsonl", None),
        ("GET", "/journal/1", None),
        ("DELETE", "/journal", None),
        ("GET", "/ledger", None),
        ("PUT", "/ledger/budget", {"amount": "5.00"}),
        ("GET", "/worlds", None),
        ("POST", "/worlds", {"key": "a-key"}),
        ("PUT", "/worlds/behaviours", {"runpod.limits": "off"}),
        ("GET", "/deliveries", None),
        ("POST", "/deliveries/1/redeliver", None),
        ("GET", "/scenarios", None),
        ("POST", "/scenario", {"name": "moderated"}),
        ("POST", "/worlds/reset", None),
        ("PUT", "/worlds/snapshot", saved),
        ("GET", "/worlds/snapshot", None),
        ("POST", "/worlds/fork", {"to": "another-key"}),
    )
    for method, path, body in asked:
        answer = control.ask(method, path, body)
        assert answer.is_success, (method, path, answer.text)
    told = {operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()}
    # A stream has no end to wait for in this process, and there is no TLS: tests of their own have a socket.
    assert control.answered == told - {"live", "certificate"}
