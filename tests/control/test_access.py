"""Who may use the control API, what it says of itself, and what it says to what it does not know."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from openapi_spec_validator import validate
from tests.control.conftest import DOCUMENT

from vidmock.engine.world.settings import Settings
from vidmock.server.control.app import ROUTES
from vidmock.server.page_policy import PAGE_FOLDER

if TYPE_CHECKING:
    from tests.conftest import House, Wire
    from tests.control.conftest import Control

    from vidmock.server.server import ThreadedServer


TOKEN = "s3same"
OWN = "http://localhost:8787"


def _from(
    house: House,
    peer: str,
    path: str = "/_vidmock/clock",
    method: str = "GET",
    url: str = "http://mock.test",
    **sent: str,
) -> httpx.Response:
    """The answer to a request to *url* with the headers *sent*, whose names have underscores for hyphens."""
    headers = {name.replace("_", "-"): value for name, value in sent.items()}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(house.app, client=(peer, 4000))
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.request(method, path, headers=headers)

    return house.run(ask())


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_use_it(house: House, peer: str) -> None:
    assert _from(house, peer).status_code == 200


@pytest.mark.parametrize("peer", ["10.0.0.5", "172.17.0.1", "2001:db8::1", "fe80::1%eth0", "::ffff:10.0.0.5", ""])
def test_other_machines_may_not_unless_they_send_its_token(
    house: House, houses: Callable[..., House], peer: str
) -> None:
    for token in ("", TOKEN):
        answer = _from(house, peer, x_vidmock_token=token)
        assert answer.status_code == 403
        assert answer.json()["try"] == "vidmock serve --control-from-anywhere"
    open_house = houses(control_token=TOKEN)
    assert _from(open_house, peer).status_code == 403
    assert _from(open_house, peer, x_vidmock_token="other").status_code == 403
    assert _from(open_house, peer, x_vidmock_token=TOKEN, Host="any.name.example").status_code == 200
    assert _from(open_house, peer, authorization=f"Bearer {TOKEN}").status_code == 200
    for other in ("Bearer other", f"Basic {TOKEN}", f"Key {TOKEN}", TOKEN, "Bearer"):
        assert _from(open_house, peer, authorization=other).status_code == 403


@pytest.mark.parametrize(
    "sent",
    [
        {"X_Forwarded_For": "203.0.113.9"},
        {"X_Forwarded_For": "127.0.0.1, 10.0.0.5"},
        {"X_Forwarded_For": "unknown"},
        {"X_Real_IP": "10.0.0.5"},
        {"Forwarded": "for=10.0.0.5;proto=https"},
        {"Forwarded": 'for=127.0.0.1, for="[2001:db8::1]:4711"'},
        {"Forwarded": "proto=https"},
    ],
    ids=str,
)
def test_what_is_forwarded_for_another_machine_is_not_of_this_one(house: House, sent: dict[str, str]) -> None:
    assert _from(house, "127.0.0.1", **sent).status_code == 403


@pytest.mark.parametrize(
    "sent",
    [{"X_Forwarded_For": "127.0.0.1, ::1"}, {"Forwarded": 'for="[::1]:4711";proto=http'}, {"X_Real_IP": "127.0.0.1"}],
    ids=str,
)
def test_what_is_forwarded_for_this_machine_is(house: House, sent: dict[str, str]) -> None:
    assert _from(house, "127.0.0.1", **sent).status_code == 200
    assert _from(house, "10.0.0.5", **sent).status_code == 403


@pytest.mark.parametrize(
    "name",
    ["rebound.example", "8.8.8.8", "evil.internal", "oneword", "10.0.0.5", "[2001:db8::1]", "localhost.evil.test"],
)
def test_a_name_that_is_not_of_this_machine_is_refused(house: House, name: str) -> None:
    """A page may have its own name lead here, once it has been loaded from elsewhere."""
    answer = _from(house, "127.0.0.1", Host=name)
    assert (answer.status_code, answer.json()["where"]) == (403, "Host")


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST:8787", "films.localhost", "127.0.0.1:8787", "127.9.9.9", "[::1]:1"]
)
def test_a_name_of_this_machine_is_let_in(house: House, name: str) -> None:
    assert _from(house, "127.0.0.1", Host=name).status_code == 200


def test_a_name_that_was_given_is_let_in(houses: Callable[..., House]) -> None:
    house = houses(
        tls_hosts=frozenset({"films.corp"}),
        external_urls=("mock:8787=https://out.example/x",),
        media_url="http://media.example",
    )
    for name in ("films.corp", "out.example", "mock:8787", "media.example:80"):
        assert _from(house, "127.0.0.1", Host=name, Origin=f"https://{name}").status_code == 200
    assert _from(house, "127.0.0.1", Host="other.example").status_code == 403


def test_an_emulated_host_has_no_control_api(house: House) -> None:
    for name in sorted(house.app.hosts):
        answer = _from(house, "127.0.0.1", "/_vidmock/worlds", Host=name)
        assert answer.status_code != 200
        assert "worlds" not in answer.headers.get("content-type", "")
        assert b'"worlds":' not in answer.content


PAGES = [
    *("https://evil.example", "null", "http://[", "http://8.8.8.8", "http://evil.internal", "http://oneword", ""),
    *("chrome-extension://localhost", "file://", "http://10.0.0.5", "http://localhost.evil.test"),
]


@pytest.mark.parametrize("sent", [{}, {"x_vidmock_token": TOKEN}], ids=["no token", "token"])
def test_a_page_from_elsewhere_may_not_use_it(houses: Callable[..., House], sent: dict[str, str]) -> None:
    house = houses(control_token=TOKEN)
    for page in PAGES:
        answer = _from(house, "127.0.0.1", Origin=page, **sent)
        assert (answer.status_code, answer.json()["where"]) == (403, "Origin"), page
    for page in ("http://localhost:5173", "http://127.0.0.1:8787", "http://[::1]", "http://mock.test"):
        assert _from(house, "127.0.0.1", Origin=page, **sent).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "a-site-of-the-future"])
def test_a_page_of_another_site_may_not_even_without_an_origin(house: House, site: str) -> None:
    answer = _from(house, "127.0.0.1", Sec_Fetch_Site=site)
    assert (answer.status_code, answer.json()["where"]) == (403, "Sec-Fetch-Site")
    for allowed in ("same-site", "none"):
        assert _from(house, "127.0.0.1", Sec_Fetch_Site=allowed).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Origin": "http://localhost:8787"},
        {"Referer": "http://localhost:8787/fal/media/files/b/lion/x"},
        {"Origin": "http://127.0.0.1:8787", "Referer": "http://localhost:5173/"},
        {"Referer": "https://["},
    ],
    ids=str,
)
def test_no_page_of_this_server_may_for_it_means_none_to_be_one(
    houses: Callable[..., House], sent: dict[str, str]
) -> None:
    """A page that somebody has stored here says it is of the same origin, and may hide where it is."""
    house = houses(control_token=TOKEN)
    sent |= {"Sec_Fetch_Site": "same-origin"}
    answer = _from(house, "127.0.0.1", url=OWN, **sent)
    assert (answer.status_code, answer.json()["where"]) == (403, "Sec-Fetch-Site")
    assert "no page of this server itself" in answer.json()["error"]
    assert _from(house, "127.0.0.1", url=OWN, x_vidmock_token=TOKEN, **sent).status_code == 200


@pytest.mark.parametrize("sent", [{"Referer": "http://localhost:5173/"}, {"Origin": "http://localhost:5173"}], ids=str)
def test_a_page_whose_own_server_passes_it_on_may(house: House, sent: dict[str, str]) -> None:
    """As the development servers of web frameworks do: to the browser, it is all of one origin."""
    assert _from(house, "127.0.0.1", url=OWN, Sec_Fetch_Site="same-origin", **sent).status_code == 200


def test_an_extension_that_may_read_every_site_may_not(house: House) -> None:
    """It has no origin and no site to tell; only what somebody types has neither, too."""
    for mode, status in (("navigate", 200), ("cors", 403), ("no-cors", 403), ("websocket", 403)):
        assert _from(house, "127.0.0.1", Sec_Fetch_Site="none", Sec_Fetch_Mode=mode).status_code == status
    assert _from(house, "127.0.0.1", Sec_Fetch_Mode="cors").status_code == 200, "Node's fetch says this much"


def test_with_the_token_its_own_page_may_too(houses: Callable[..., House]) -> None:
    house = houses(control_token=TOKEN)
    name = "mock.example.com"
    sent = {"Host": name, "x_vidmock_token": TOKEN}
    assert _from(house, "10.0.0.5", Origin=f"https://{name}", **sent).status_code == 200
    assert _from(house, "10.0.0.5", Origin="https://other.example.com", **sent).status_code == 403


def test_every_change_and_every_secret_needs_a_header_that_no_form_can_send(house: House) -> None:
    """The three media types are all that a form, or a script without a preflight, can send."""
    for route in ROUTES:
        path = f"/_vidmock{re.sub(r'{[^}]+}', 'x', route.path)}?world=nowhere"
        for kind in ("", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
            answer = _from(house, "127.0.0.1", path, route.method, content_type=kind)
            refused = answer.status_code == 403
            assert refused is (route.method != "GET" or route.path == "/worlds/snapshot"), (route, kind)
            if refused:
                assert answer.json()["where"] == "headers"
                assert answer.json()["try"] == "curl -H x-vidmock:1 …"
            if not route.public and not route.path.startswith(PAGE_FOLDER):
                assert (
                    _from(house, "127.0.0.1", f"{path}&secrets=1", route.method, content_type=kind).status_code == 403
                )
        for sent in ({"content_type": "Application/JSON; charset=utf-8"}, {"x_vidmock": "1"}, {"x_vidmock_token": "t"}):
            assert _from(house, "127.0.0.1", f"{path}&secrets=1", route.method, **sent).status_code != 403


def test_no_get_makes_a_world(house: House) -> None:
    for route in ROUTES:
        if route.method != "GET" or route.path in ("/journal/live", "/events"):
            continue
        path = f"/_vidmock{re.sub(r'{[^}]+}', '1', route.path)}"
        for key in ("new", ""):
            for method in ("GET", "HEAD"):
                assert _from(house, "127.0.0.1", f"{path}?key={key}", method, x_vidmock="1").status_code in (200, 404)
    assert list(house.app.engine.worlds) == []
    assert house.ask("PUT", "/_vidmock/clock?key=new", None, json={"mode": "step"}).status_code == 200
    assert [world.key for world in house.app.engine.worlds] == ["new"]


def test_it_is_for_this_machine_unless_asked() -> None:
    assert Settings().control_token == ""


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


def test_every_operation_of_the_description_is_under_one_of_its_tags() -> None:
    operations = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    used = [tag for operation in operations for tag in operation["tags"]]
    assert len(used) == len(operations)
    assert set(used) == {tag["name"] for tag in DOCUMENT["tags"]}


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
        ("GET", "/ledger/worlds", None),
        ("GET", "/ledger/labels", None),
        ("GET", "/ledger/waste", None),
        ("GET", "/ledger/missed_files", None),
        ("PUT", "/ledger/budget", {"amount": "5.00"}),
        ("GET", "/worlds", None),
        ("POST", "/worlds", {"key": "a-key"}),
        ("PUT", "/worlds/behaviours", {"runpod.limits": "off"}),
        ("GET", "/deliveries", None),
        ("POST", "/deliveries/1/redeliver", None),
        ("POST", "/deliveries/1/copies", {"effect": "webhook_repeated"}),
        ("GET", "/memory", None),
        ("GET", "/metrics", None),
        ("GET", "/health", None),
        ("GET", "/clock/due", None),
        ("GET", "/models", None),
        ("POST", "/validate", {"provider": "fal", "model": fal.submit_path.partition("queue/")[2], "input": fal.body}),
        ("GET", "/scenarios", None),
        ("POST", "/scenario", {"name": "moderated"}),
        ("POST", "/worlds/reset", None),
        ("PUT", "/worlds/snapshot", saved),
        ("GET", "/worlds/snapshot", None),
        ("POST", "/worlds/fork", {"to": "another-key"}),
        ("DELETE", "/worlds?key=another-key", None),
    )
    for method, path, body in asked:
        answer = control.ask(method, path, body)
        assert answer.is_success, (method, path, answer.text)
    told = {operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()}
    # A stream has no end to wait for in this process, and there is no TLS: tests of their own have a socket.
    # So have the files of the page, and what it plays.
    assert control.answered == told - {"live", "events", "certificate", "pageFile", "output"}
