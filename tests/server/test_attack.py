"""A web page attacks this server in a real Chromium, step by step, and fails at each step by itself.

A page of another site stores a page of its own here by a plain form, has it opened at an address that it can guess, and
so has a script at the origin of the control API. A step's test switches off what stops the steps before it.
"""

from __future__ import annotations

import base64
import json
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send
from tests.browser import PATIENCE, Browser, Page, Site

from vidmock.engine.world.settings import Settings
from vidmock.server import app, page_policy
from vidmock.server.control.app import ROUTES
from vidmock.server.server import ThreadedServer

KEY = {"authorization": "Key a-key"}
SECRETS = "/_vidmock/worlds?secrets=1"
OWN = {"x-vidmock": "1"}
SCRIPT = "<script>document.title = 'ran'</script>"
HEAD = f"<head><title>stored</title>{SCRIPT}</head>"
STORED = {
    "text/html": f"<!doctype html>{HEAD}",
    "application/xhtml+xml": f'<html xmlns="http://www.w3.org/1999/xhtml">{HEAD}</html>',
    "text/xml": f'<html xmlns="http://www.w3.org/1999/xhtml">{HEAD}</html>',
    "image/svg+xml": f'<svg xmlns="http://www.w3.org/2000/svg"><title>stored</title>{SCRIPT}</svg>',
}
BLANK = {"/": b"<!doctype html><title>a page</title>"}


class Heard:
    """What came to the server, with the status of each answer."""

    def __init__(self) -> None:
        self._answers: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()

    def note(self, path: str, status: int) -> None:
        self._answers.put((path, status))

    def status(self, path: str) -> int:
        """The status of the next answer to a request for *path*; what was asked for before is passed over."""
        while True:
            asked, status = self._answers.get(timeout=PATIENCE)
            if asked == path:
                return status


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard, dispatch = Heard(), app.App._dispatch

    async def dispatched(self: app.App, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]

        async def sending(message: Message) -> None:
            await send(message)
            if message["type"] in ("http.response.start", "websocket.accept", "websocket.close"):
                heard.note(path, message.get("status", 101 if message["type"] == "websocket.accept" else 403))

        await dispatch(self, scope, receive, sending)

    monkeypatch.setattr(app.App, "_dispatch", dispatched)
    return heard


@pytest.fixture
def server(heard: Heard) -> Iterator[ThreadedServer]:
    """A server with the job of a user, whose key nobody else is to learn."""
    with ThreadedServer(Settings(seed=1)) as server:
        url = f"{server.url}/fal/queue/fal-ai/kling-video/o1/reference-to-video"
        assert httpx.post(url, json={"prompt": "a kite"}, headers=KEY).status_code == 200
        yield server


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(BLANK) as site:
        yield site


@pytest.fixture
def evil(browser: Browser, site: Site) -> Iterator[Page]:
    """A page of another site."""
    with browser.page(f"http://evil.test:{site.port}/") as page:
        yield page


@pytest.fixture
def neighbour(browser: Browser, site: Site) -> Iterator[Page]:
    """A page of this machine, at another port: to a browser it is of the same site, and of another origin."""
    with browser.page(f"http://127.0.0.1:{site.port}/") as page:
        yield page


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer says what a browser may not do with it."""
    monkeypatch.setattr(app, "with_policy", lambda send, policy: send)


@pytest.fixture
def inside(server: ThreadedServer, browser: Browser, trusting: None) -> Iterator[Page]:
    """A page that is stored here, whose script runs at this server's origin."""
    with browser.page(stored(server, "text/html")) as page:
        assert page.run("[document.title, self.origin]") == ["ran", server.url]
        yield page


def state(server: ThreadedServer) -> object:
    """All that a stranger could change: the worlds of all keys, and uploads."""
    worlds = server.engine.worlds

    def read() -> object:
        kept = [world for world in worlds if world.key]
        told = [(world.key, [*world.jobs], world.journal.seen, [*world.faults], world.clock.mode) for world in kept]
        return told, [upload.id for world in worlds for upload in world.files]

    return server.call(read)


def stored(server: ThreadedServer, kind: str) -> str:
    """The URL of a page that somebody has stored here as *kind*."""
    begun = httpx.post(
        f"{server.url}/fal/rest/storage/upload/initiate", json={"file_name": "p", "content_type": kind}, headers=KEY
    ).json()
    assert httpx.put(begun["upload_url"], content=STORED[kind], headers={"content-type": kind}).status_code == 200
    return str(begun["file_url"])


def fetched(page: Page, url: str, **options: object) -> list[Any]:
    """The status and text that a script of *page* reads at *url*; or 0 and the error that it gets instead."""
    asked = f"fetch({json.dumps(url)}, {json.dumps(options)})"
    said: list[Any] = page.run(f"{asked}.then(async a => [a.status, await a.text()], e => [0, String(e)])")
    return said


def part(page: Page, kind: str, url: str) -> str:
    """Which event *page* has of a part of it, an element *kind*, that is to be *url*: load or error."""
    address = "data" if kind == "object" else "href" if kind == "link" else "src"
    said = page.run(
        f"""new Promise((done) => {{
          const element = document.createElement("{kind}");
          for (const event of ["load", "error"]) element.addEventListener(event, () => done(event));
          element.rel = "stylesheet";
          element["{address}"] = {json.dumps(url)};
          document.body.append(element);
        }})"""
    )
    return str(said)


def send_form(page: Page, url: str, name: str, value: str, encoding: str, method: str = "post") -> None:
    """Have *page* send a form to *url*, whose answer is to be shown in a frame."""
    form = {"action": url, "method": method, "enctype": encoding}
    page.run(
        f"""(() => {{
          const [frame, form, field] = ["iframe", "form", "textarea"].map((kind) => document.createElement(kind));
          frame.name = form.target = "answer " + document.forms.length;
          Object.assign(field, {json.dumps({"name": name, "value": value})});
          form.append(field);
          document.body.append(frame, form);
          for (const [name, value] of Object.entries({json.dumps(form)})) form.setAttribute(name, value);
          form.submit();
        }})()"""
    )


FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")


# Step 1: a form stores a page.


def runware_form() -> tuple[str, str]:
    """The name and value of a form's field that are an upload of Runware's: a form has an = between them."""
    page = base64.b64encode(STORED["text/html"].encode() + b" " * (2 - len(STORED["text/html"]) % 3)).decode()
    tasks = [
        {"taskType": "authentication", "apiKey": "the attacker's"},
        {
            "taskType": "mediaStorage",
            "taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11",
            "operation": "upload",
            "media": f"data:text/html;base64,{page}",
        },
    ]
    name, equals, value = json.dumps(tasks, separators=(",", ":")).partition("=")
    assert equals
    return name, value


def test_a_form_would_store_a_page(
    server: ThreadedServer, heard: Heard, evil: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it not refused: so the tests below see what they look for."""
    monkeypatch.setattr(app, "unasked_page", lambda scope, ours: "")
    send_form(evil, f"{server.url}/runware/v1", *runware_form(), "text/plain")
    assert heard.status("/runware/v1") == 200
    kept = [upload.content_type for world in server.engine.worlds for upload in world.files]
    assert kept == ["text/html"]


UPLOADS = [
    "/runware/v1",
    "/fal/rest/tokens",
    "/fal/rest/storage/auth/token",
    "/fal/rest/storage/upload/initiate",
    "/fal/rest/storage/upload/initiate-multipart",
    "/fal/media/files/upload",
    "/fal/media/files/upload/multipart",
    "/fal/media/files/b/lion/x",
    "/fal/media/files/b/lion/x/complete",
    "/fal/media/files/b/lion/x/multipart/ticket/complete",
    "/eachlabs/v1/upload/presign",
    "/eachlabs/media/uploads/x",
]


@pytest.mark.parametrize("path", UPLOADS)
def test_a_form_of_another_site_stores_nothing(server: ThreadedServer, heard: Heard, evil: Page, path: str) -> None:
    before = state(server)
    for encoding in FORMS:
        send_form(evil, server.url + path, *runware_form(), encoding)
        assert heard.status(path) == 403
    assert state(server) == before


# Step 2: what is stored is opened as a page.


@pytest.mark.parametrize("kind", STORED)
def test_what_is_stored_is_not_shown(server: ThreadedServer, browser: Browser, kind: str) -> None:
    url = stored(server, kind)
    with browser.page() as page:
        assert page.go(url) == "net::ERR_ABORTED"
        browser.wait(lambda event: event.get("method") == "Browser.downloadWillBegin" and event["params"]["url"] == url)


@pytest.mark.parametrize("kind", STORED)
def test_if_it_were_shown_its_script_would_not_run_and_its_origin_be_its_own(
    server: ThreadedServer, browser: Browser, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(page_policy, "disposition", lambda status, media_type: "")
    with browser.page(stored(server, kind)) as page:
        assert page.run("[document.title, self.origin]") == ["stored", "null"]


def test_if_its_script_ran_its_origin_would_be_its_own(
    server: ThreadedServer, browser: Browser, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_policy, "disposition", lambda status, media_type: "")
    allowed = page_policy.policy_of({"content-security-policy": "sandbox allow-scripts"})
    monkeypatch.setattr(app, "_OF_STRANGERS", allowed)
    with browser.page(stored(server, "text/html")) as page:
        assert page.run("[document.title, self.origin]") == ["ran", "null"]
        assert fetched(page, server.url + SECRETS, headers=OWN) == [0, "TypeError: Failed to fetch"]
        assert fetched(page, server.url + "/_vidmock/clock") == [0, "TypeError: Failed to fetch"]
        assert heard.status("/_vidmock/clock") == 403


@pytest.mark.parametrize("kind", STORED)
def test_nothing_else_keeps_it_from_acting_in_the_servers_name(
    server: ThreadedServer, browser: Browser, trusting: None, kind: str
) -> None:
    """So the tests above see what they look for."""
    with browser.page(stored(server, kind)) as page:
        assert page.run("[document.title, self.origin]") == ["ran", server.url]


# Step 3: a script at the server's own origin uses the control API.


@pytest.mark.parametrize("referrer", ["unsafe-url", "no-referrer"])
def test_a_script_of_the_servers_origin_reads_no_key_and_resets_nothing(
    server: ThreadedServer, inside: Page, referrer: str
) -> None:
    before, more = state(server), {"headers": OWN, "referrerPolicy": referrer}
    for status, text in (
        fetched(inside, SECRETS, **more),
        fetched(inside, "/_vidmock/journal?secrets=1", **more),
        fetched(inside, "/_vidmock/worlds/snapshot?secrets=1", **more),
        fetched(inside, "/_vidmock/worlds/reset", method="POST", **more),
        fetched(inside, "/_vidmock/clock", method="PUT", body='{"mode": "manual"}', **more),
    ):
        assert (status, "a-key" in text) == (403, False)
        assert "no page of this server itself" in text
    assert state(server) == before


@pytest.mark.parametrize("encoding", FORMS)
def test_nor_does_a_form_of_it(server: ThreadedServer, heard: Heard, inside: Page, encoding: str) -> None:
    before = state(server)
    send_form(inside, "/_vidmock/worlds/reset", "{}", "", encoding)
    assert heard.status("/_vidmock/worlds/reset") == 403
    send_form(inside, "/_vidmock/worlds", "secrets", "1", encoding, "get")
    assert heard.status("/_vidmock/worlds") == 403
    assert state(server) == before


def test_nor_does_it_hear_what_happens(heard: Heard, inside: Page) -> None:
    assert inside.run("new Promise((done) => { new EventSource('/_vidmock/journal/live').onerror = () => done('no') })")
    assert heard.status("/_vidmock/journal/live") == 403


def test_nor_can_it_stay_as_a_service_worker(server: ThreadedServer, heard: Heard, inside: Page) -> None:
    begun = httpx.post(
        f"{server.url}/fal/rest/storage/upload/initiate",
        json={"file_name": "worker.js", "content_type": "text/javascript"},
        headers=KEY,
    ).json()
    httpx.put(begun["upload_url"], content="self.x = 1", headers={"content-type": "text/javascript"})
    path = begun["file_url"].removeprefix(server.url)
    assert httpx.get(begun["file_url"]).status_code == 200
    said = inside.run(f"navigator.serviceWorker.register({json.dumps(path)}).then(() => 'stays', e => String(e))")
    assert "A bad HTTP response code (403)" in said


# Step 4: a page of another site uses the control API, or a provider's routes, from where it is.


def control_paths() -> list[str]:
    return sorted({"/_vidmock" + route.path.replace("{", "").replace("}", "").replace(":path", "") for route in ROUTES})


PUBLIC = ("/_vidmock/ca.pem", "/_vidmock/health")
OF_THE_PAGE = "/_vidmock/page/name"
"""Nothing that anybody would not get with vidmock itself, and here a file that it has not."""
UNASKED: tuple[dict[str, str], ...] = (
    {},
    {"mode": "no-cors"},
    {"mode": "no-cors", "credentials": "include"},
    {"mode": "no-cors", "method": "POST"},
)


@pytest.mark.parametrize("options", [*UNASKED, {"headers": OWN}, {"method": "PUT"}, {"method": "DELETE"}], ids=str)
def test_no_control_route_tells_a_script_of_another_site_anything(
    server: ThreadedServer, heard: Heard, evil: Page, options: dict[str, Any]
) -> None:
    before = state(server)
    for path in control_paths():
        assert fetched(evil, server.url + path, **options) == [0, "TypeError: Failed to fetch"], path
        assert path in PUBLIC or heard.status(path) in (403, 405)
    assert state(server) == before


@pytest.mark.parametrize("encoding", FORMS)
def test_no_control_route_takes_a_form_of_another_site(
    server: ThreadedServer, heard: Heard, evil: Page, encoding: str
) -> None:
    before = state(server)
    for path in control_paths():
        for method in ("get", "post") if path not in PUBLIC else ():
            send_form(evil, server.url + path, "secrets", "1", encoding, method)
            assert heard.status(path) in (403, 405), path
    assert state(server) == before


@pytest.mark.parametrize("kind", ["img", "script", "link", "iframe", "object"])
def test_no_control_route_is_a_part_of_a_page_of_another_site(
    server: ThreadedServer, heard: Heard, evil: Page, kind: str
) -> None:
    for path in control_paths():
        if path not in PUBLIC:
            assert part(evil, kind, f"{server.url}{path}") == ("load" if kind == "iframe" else "error"), path
            assert heard.status(path) in (403, 405)


def test_a_page_of_another_site_hears_nothing(server: ThreadedServer, heard: Heard, evil: Page) -> None:
    url = f"{server.url}/_vidmock/journal/live"
    assert (
        evil.run(f"new Promise((done) => {{ new EventSource('{url}').onerror = () => done('refused') }})") == "refused"
    )
    assert heard.status("/_vidmock/journal/live") == 403


@pytest.mark.parametrize("path", ["/_vidmock/journal/live", "/runware/v1", "/fal/queue/x"])
def test_a_page_of_another_site_has_no_socket(server: ThreadedServer, heard: Heard, evil: Page, path: str) -> None:
    url = server.url.replace("http", "ws") + path
    ended = f"new Promise((done) => {{ new WebSocket('{url}').onclose = (event) => done(event.code) }})"
    assert evil.run(ended) == 1006
    assert heard.status(path) == 403


def test_a_page_of_this_machine_has_one(server: ThreadedServer, neighbour: Page) -> None:
    url = server.url.replace("http", "ws") + "/runware/v1"
    opened = f"new Promise((done) => {{ new WebSocket('{url}').onopen = (event) => done(event.target.readyState) }})"
    assert neighbour.run(opened) == 1


@pytest.mark.parametrize("options", UNASKED, ids=str)
def test_no_providers_route_is_changed_unasked(
    server: ThreadedServer, heard: Heard, evil: Page, options: dict[str, Any]
) -> None:
    before = state(server)
    for prefix, surface in sorted(server.app.surfaces.items()):
        for path in sorted({prefix + getattr(route, "path", "").replace(":path", "") for route in surface.routes}):
            fetched(evil, server.url + path.replace("{", "").replace("}", ""), **options)
    evil.run(f"navigator.sendBeacon('{server.url}/runware/v1', '[]')")
    assert heard.status("/runware/v1")
    assert state(server) == before


# Step 5: a name of the attacker leads here (DNS rebinding).


def test_a_page_whose_name_leads_here_is_refused_by_its_name(server: ThreadedServer, browser: Browser) -> None:
    """Its origin is then this server's, and browsers say nothing of the site of a page that came by plain HTTP."""
    address = server.url.replace("127.0.0.1", "rebound.test")
    before = state(server)
    with browser.page() as page:
        page.do("Fetch.enable", patterns=[{"urlPattern": f"{address}/first"}])
        page.do("Runtime.evaluate", expression=f"location.href = '{address}/first'")
        first = page.wait("Fetch.requestPaused")["requestId"]
        # As it is answered by the attacker's own machine, before the name leads here.
        body = base64.b64encode(BLANK["/"]).decode()
        page.do("Fetch.fulfillRequest", requestId=first, responseCode=200, body=body)
        page.wait("Page.loadEventFired")
        assert page.run("self.origin") == address
        for path in control_paths():
            status, text = fetched(page, path, headers=OWN)
            assert status in ((200,) if path in PUBLIC else (404,) if path == OF_THE_PAGE else (403, 405)), path
            assert "a-key" not in text, path
        status, text = fetched(page, SECRETS, headers=OWN)
        assert (status, json.loads(text)["where"]) == (403, "Host")
        status, text = fetched(page, "/_vidmock/worlds/reset", method="POST", headers=OWN)
        assert (status, json.loads(text)["where"]) == (403, "Host")
    assert state(server) == before


# Step 6: the control API in a frame.


def framed(page: Page, url: str) -> bool:
    """Whether a frame of *page* shows *url*."""
    part(page, "iframe", url)
    (frame,) = page.do("Page.getFrameTree")["frameTree"]["childFrames"]
    return "unreachableUrl" not in frame["frame"]


def test_the_control_api_is_in_no_frame(
    server: ThreadedServer, neighbour: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_policy, "disposition", lambda status, media_type: "")
    assert not framed(neighbour, f"{server.url}/_vidmock/worlds")


def test_nothing_else_keeps_it_from_one(server: ThreadedServer, neighbour: Page, trusting: None) -> None:
    assert framed(neighbour, f"{server.url}/_vidmock/worlds")


# Step 7: what else browsers have.


def test_its_answers_are_no_script_of_a_page_of_this_machine(server: ThreadedServer, neighbour: Page) -> None:
    assert part(neighbour, "script", f"{server.url}/_vidmock/worlds") == "error"


@pytest.mark.parametrize("mode", ["omit", "include"])
def test_a_page_of_another_origin_reads_no_answer(server: ThreadedServer, neighbour: Page, mode: str) -> None:
    for path in control_paths():
        if path not in ("/_vidmock/journal/live", "/_vidmock/events"):
            said = fetched(neighbour, server.url + path, credentials=mode)
            assert said == [0, "TypeError: Failed to fetch"], path


def test_a_sandboxed_frame_which_is_of_no_origin_is_refused(
    server: ThreadedServer, heard: Heard, neighbour: Page
) -> None:
    asked = f"fetch('{server.url}/_vidmock/clock').catch((error) => parent.postMessage(self.origin + error, '*'))"
    said = neighbour.run(
        f"""new Promise((done) => {{
          addEventListener("message", (event) => done(event.data));
          const frame = document.createElement("iframe");
          frame.sandbox = "allow-scripts";
          frame.srcdoc = {json.dumps(f"<script>{asked}</script>")};
          document.body.append(frame);
        }})"""
    )
    assert said == "nullTypeError: Failed to fetch"
    assert heard.status("/_vidmock/clock") == 403


@pytest.mark.parametrize("sites", [[], ["<all_urls>"]], ids=["an extension", "an extension that may read every site"])
def test_an_extension_is_refused(
    server: ThreadedServer, heard: Heard, browser: Browser, tmp_path: Path, sites: list[str]
) -> None:
    before = state(server)
    manifest = {"manifest_version": 3, "name": "an extension", "version": "1", "host_permissions": sites}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "page.html").write_bytes(BLANK["/"])
    with browser.extension(tmp_path) as page:
        for path, options in (
            (SECRETS, {"headers": OWN}),
            ("/_vidmock/clock", {}),
            ("/_vidmock/clock", {"mode": "no-cors"}),
            ("/_vidmock/worlds/reset", {"method": "POST", "headers": OWN}),
        ):
            said = fetched(page, server.url + path, **options)
            assert said[0] == 0 or (said[0] == 403 and "may not use" in said[1])
            assert heard.status(path.partition("?")[0]) in (403, 405)
    assert state(server) == before
