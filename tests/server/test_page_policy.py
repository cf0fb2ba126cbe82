"""No answer becomes a page that acts in this server's name: the headers of every surface and of the control API."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from starlette.routing import BaseRoute, Route, WebSocketRoute
from tests.conftest import RUNPOD, RUNWARE_TASK
from tests.providers.test_refusals import all_worlds

from vidmock.server.control.app import ROUTES
from vidmock.server.page_policy import CONTROL, PAGE_FOLDER, STRANGERS

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House, Wire

    from vidmock.server.server import ThreadedServer

PAGE = "<script>fetch('/_vidmock/worlds?secrets=1')</script>"
SHOWN = ("image/", "video/", "audio/")


def _is_a_strangers(answer: httpx.Response) -> None:
    sent = answer.headers.multi_items()
    for name, value in STRANGERS.items():
        assert [each for key, each in sent if key == name] == [value], answer.url
    shown = answer.headers.get("content-type", "").startswith(SHOWN)
    assert answer.headers.get("content-disposition") == (None if shown else "attachment"), answer.url


def _path(route: BaseRoute) -> str:
    assert isinstance(route, Route | WebSocketRoute)
    path = route.path.replace("/v2/{endpoint}", RUNPOD.removeprefix("/runpod"))
    return re.sub(r"\{\w+(:path)?\}", "x", path.replace("{endpoint:path}", "fal-ai/kling-video/o1/reference-to-video"))


def test_every_route_of_every_surface_answers_as_a_stranger_by_prefix_and_by_host(house: House) -> None:
    asked = 0
    for prefix, surface in house.app.surfaces.items():
        addresses = [prefix, *(f"http://{host}" for host in surface.hosts)]
        paths = {"/no/such/path/at/all", *map(_path, surface.routes)}
        for address, path in ((address, path) for address in addresses for path in sorted(paths)):
            for method in ("GET", "POST", "PUT", "OPTIONS"):
                pending = house.begin(method, address + path)
                if not pending.done():
                    house.advance(60)
                _is_a_strangers(house.finish(pending))
                asked += 1
    assert asked > 4 * len(house.app.surfaces)


@pytest.mark.parametrize("url", ["/", "/nothing", f"/{PAGE}", "http://8.8.8.8/", f"/elsewhere/{PAGE}"])
def test_what_no_provider_answers_is_a_strangers_too(house: House, url: str) -> None:
    _is_a_strangers(house.get(url, None))


def test_a_defect_is_a_strangers_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(house.app, "_surface", broken)
    answer = house.get("/", None)
    assert answer.status_code == 500
    _is_a_strangers(answer)


def test_every_control_route_answers_as_no_page(house: House) -> None:
    for route in ROUTES:
        path = re.sub(r"\{\w+(:path)?\}", "x", route.path)
        if path.startswith(PAGE_FOLDER):
            continue
        answer = house.ask(route.method, f"/_vidmock{path}?world=nowhere", None)
        for name, value in CONTROL.items():
            assert answer.headers[name] == value, route
        assert answer.headers["content-disposition"] == "attachment"
    for method, path in (("GET", "/nothing"), ("PATCH", "/clock")):
        assert house.ask(method, f"/_vidmock{path}", None).headers.items() >= CONTROL.items()


def test_the_control_api_is_no_part_of_a_page() -> None:
    policy = CONTROL["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "sandbox"} <= set(policy)


UPLOAD = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"


def _stored(house: House, provider: str, kind: str) -> str:
    """The URL of a page that is stored at *provider* as *kind*."""
    if provider == "runware":
        media = f"data:{kind};base64,{base64.b64encode(PAGE.encode()).decode()}"
        task = {"taskType": "mediaStorage", "taskUUID": UPLOAD, "operation": "upload", "media": media}
        return str(house.post("/runware/v1", [task]).json()["data"][0]["mediaURL"])
    if provider == "eachlabs":
        begun = house.post("/eachlabs/v1/upload/presign", {"content_type": kind}).json()
        headers = {"content-type": kind, **begun["required_headers"]}
        assert house.ask("PUT", begun["presigned_url"], None, content=PAGE, headers=headers).status_code == 200
        return str(begun["public_url"])
    begun = house.post("/fal/rest/storage/upload/initiate", {"file_name": "page.html", "content_type": kind}).json()
    headers = {"content-type": kind}
    assert house.ask("PUT", begun["upload_url"], None, content=PAGE, headers=headers).status_code == 200
    return str(begun["file_url"])


KINDS = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "text/plain", "image/png", "audio/mpeg")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("provider", ["fal", "runware", "eachlabs"])
def test_a_file_of_every_kind_at_every_provider_is_a_strangers(house: House, provider: str, kind: str) -> None:
    answer = house.get(_stored(house, provider, kind), None)
    assert (answer.text, answer.headers["content-type"].partition(";")[0]) == (PAGE, kind)
    assert answer.headers.items() >= STRANGERS.items()
    assert ("content-disposition" in answer.headers) is (kind not in ("image/png", "audio/mpeg"))


@pytest.mark.parametrize(("path", "status"), [("/" + "x" * 20_000, 414), ("/ HTTP/9", 400)])
def test_what_is_refused_before_it_is_a_request_is_a_strangers_too(
    mock: ThreadedServer, path: str, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        head = b"".join(iter(lambda: raw.recv(65536), b"")).decode().partition("\r\n\r\n")[0]
    assert head.startswith(f"HTTP/1.1 {status} ")
    for name, value in {**STRANGERS, "content-disposition": "attachment"}.items():
        assert f"\r\n{name}: {value}" in head


@pytest.mark.parametrize(
    ("media_type", "disposition"),
    [
        ("text/html", "attachment"),
        ("image/svg+xml", "attachment"),
        ("application/xhtml+xml", "attachment"),
        ("image/png", None),
        ("audio/mpeg", None),
    ],
)
def test_an_upload_is_shown_only_as_a_picture_video_or_sound(
    house: House, media_type: str, disposition: str | None
) -> None:
    body = {"file_name": "page.html", "content_type": media_type}
    begun = house.post("http://rest.fal.ai/storage/upload/initiate?storage_type=gcs", body).json()
    headers = {"content-type": media_type}
    assert house.ask("PUT", begun["upload_url"], None, content=PAGE, headers=headers).status_code == 200
    answer = house.get(begun["file_url"], None)
    assert (answer.text, answer.headers["content-type"].partition(";")[0]) == (PAGE, media_type)
    assert answer.headers.items() >= STRANGERS.items()
    assert answer.headers.get("content-disposition") == disposition


def test_a_video_can_still_be_shown_and_revalidated(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    house.advance(3)
    url = wire.video(wire.look(house, job).json())
    video = house.get(url)
    assert video.headers["content-type"] == "video/mp4"
    _is_a_strangers(video)
    # A 304 changes the headers of what the browser has: it must not turn a video into a download.
    fresh = house.get(url, headers={"if-none-match": video.headers["etag"]})
    assert (fresh.status_code, fresh.headers.get("content-disposition")) == (304, None)


@pytest.mark.parametrize("kind", ["mp4", "mov", "webm"])
def test_a_video_of_every_kind_is_a_strangers(house: House, kind: str) -> None:
    task = RUNWARE_TASK | {"taskUUID": UPLOAD, "outputFormat": kind.upper()}
    assert house.post("/runware/v1", [task]).status_code == 200
    house.advance(3)
    told = house.post("/runware/v1", [{"taskType": "getResponse", "taskUUID": UPLOAD}]).json()
    answer = house.get(told["data"][0]["videoURL"], None)
    assert answer.headers["content-type"].startswith("video/")
    _is_a_strangers(answer)


def test_no_route_takes_a_change_that_a_browser_sends_unasked(house: House) -> None:
    """A form's three media types are what any page can send; a client's own requests have a preflight."""
    forms = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
    pages = ({"origin": "http://evil.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"})
    known = all_worlds(house)
    for prefix, surface in house.app.surfaces.items():
        for path in {prefix + _path(route) for route in surface.routes}:
            for kind, page in ((kind, page) for kind in forms for page in pages):
                headers = {"host": "127.0.0.1:8787", "content-type": kind, **page}
                answer = house.post(path, None, key=None, content=b"[]", headers=headers)
                assert answer.status_code == 403, (path, kind, page)
                assert "may not do this unasked" in answer.text
    assert all_worlds(house) == known


@pytest.mark.parametrize(
    ("page", "more"),
    [
        ({"origin": "http://localhost:3000"}, {}),
        ({"origin": "http://mock:8787", "host": "mock:8787"}, {}),
        ({"origin": "http://evil.test"}, {"content-type": "application/json"}),
        ({"origin": "http://evil.test"}, {"authorization": "Bearer a-key"}),
        ({"origin": "http://evil.test", "host": "api.runware.ai"}, {}),
        ({}, {}),
    ],
    ids=str,
)
def test_what_a_client_in_a_page_sends_is_taken(house: House, page: dict[str, str], more: dict[str, str]) -> None:
    path = "/v1" if page.get("host") == "api.runware.ai" else "/runware/v1"
    answer = house.post(path, None, key=None, content=b"[]", headers={"content-type": "text/plain", **page, **more})
    assert "unasked" not in answer.text


def test_the_pages_of_a_host_that_was_named_may(houses: Callable[..., House]) -> None:
    house = houses(tls_hosts=frozenset({"films.corp"}))
    for origin, status in (("https://films.corp", 401), ("https://evil.test", 403)):
        headers = {"origin": origin, "content-type": "text/plain"}
        assert house.post("/runware/v1", None, key=None, content=b"[]", headers=headers).status_code == status
