"""No answer becomes a page that acts in this server's name: the headers of every surface and of the control API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.routing import BaseRoute, Route, WebSocketRoute
from tests.conftest import RUNPOD

from vidmock.server.control.app import ROUTES
from vidmock.server.page_policy import CONTROL, STRANGERS

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House, Wire

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
        answer = house.ask(route.method, f"/_vidmock{path}?world=nowhere", None)
        for name, value in CONTROL.items():
            assert answer.headers[name] == value, route
        assert answer.headers["content-disposition"] == "attachment"
    for method, path in (("GET", "/nothing"), ("PATCH", "/clock")):
        assert house.ask(method, f"/_vidmock{path}", None).headers.items() >= CONTROL.items()


def test_the_control_api_is_no_part_of_a_page() -> None:
    policy = CONTROL["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "sandbox"} <= set(policy)


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
