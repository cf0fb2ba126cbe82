"""The view of webhooks: what is sent by a click, judged as fal's receivers judge it, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.fal_signatures import verifies
from tests.page.visit import Seen, advance, control, submit

from vidmock.testing.local_server import LocalHTTPServer

if TYPE_CHECKING:
    from vidmock.server.server import ThreadedServer

HOSTILE = "<img src=x onerror=\"document.title='owned'\"></pre><b>"
SECRET = "s3cret"
Came = list[tuple[dict[str, str], bytes]]


@pytest.fixture
def inbox(server: ThreadedServer) -> Iterator[tuple[str, Came]]:
    """A receiver of fal's webhooks that refuses what fal's sample refuses, with a hostile answer; and what came."""
    came: Came = []

    class Inbox(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            came.append((headers, body))
            self.send_response(200 if accepted(server, headers, body) else 401)
            self.send_header("x-why", HOSTILE)
            self.send_header("set-cookie", f"a={SECRET}")
            self.end_headers()
            self.wfile.write(json.dumps({"why": HOSTILE, "access_token": SECRET}).encode())

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with LocalHTTPServer(Inbox) as receiver:
        yield receiver.origin, came


def accepted(server: ThreadedServer, headers: dict[str, str], body: bytes) -> bool:
    published = httpx.get(f"{server.url}/fal/rest/.well-known/jwks.json").json()["keys"]
    return "x-fal-webhook-signature" in headers and verifies(
        published, headers, body, float(headers["x-fal-webhook-timestamp"])
    )


def deliveries(server: ThreadedServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = control(server, "GET", "/deliveries")["deliveries"]
    return found


def test_copies_are_sent_by_clicks_and_the_receivers_answer_is_shown(
    seen: Seen, server: ThreadedServer, inbox: tuple[str, Came]
) -> None:
    origin, came = inbox
    submit(server, fal_webhook=f"{origin}/hook?token={SECRET}")
    advance(server, 5)
    seen.go("/webhooks")
    seen.click(origin)
    seen.page.run("(window.first = document.querySelector('.card'), 0)")
    for label, effect, said, cards in (
        ("Forged", "webhook_forged", "401", 2),
        ("Unsigned", "webhook_unsigned", "401", 3),
        ("Unknown key", "webhook_unknown_key", "401", 4),
        ("Several", "webhook_repeated", "200, 200", 6),
    ):
        seen.click(label)
        seen.text(f"{label}: {said}")
        seen.until(f"document.querySelectorAll('.card').length === {cards}")
        assert deliveries(server)[-1]["effect"] == effect
    assert seen.page.run("window.first.isConnected"), "what has not changed is not drawn anew under the mouse"
    seen.enter("Late: seconds", "90")
    seen.click("Late")
    seen.text("Late: due ")
    assert len(came) == 6
    advance(server, 89)
    assert len(came) == 6
    advance(server, 1)
    seen.until("document.querySelectorAll('.card').length === 7")
    seen.until("![...document.querySelectorAll('.state')].some((one) => one.textContent === 'planned')")
    marks = seen.page.run("[...document.querySelectorAll('.card > summary .mark')].map((one) => one.textContent)")
    assert marks == ["late", "repeated", "repeated", "unknown key", "unsigned", "forged"]
    assert [accepted(server, *one) for one in came] == [True, False, False, False, True, True, True]


def test_whatever_a_receiver_answers_is_text_and_secrets_are_hidden(
    seen: Seen, server: ThreadedServer, inbox: tuple[str, Came]
) -> None:
    submit(server, fal_webhook=f"{inbox[0]}/hook?token={SECRET}")
    advance(server, 5)
    seen.go("/webhooks")
    seen.click(inbox[0])
    seen.text("x-fal-webhook-signature")
    seen.text("user-agent")
    seen.text(HOSTILE)
    assert seen.page.run("document.querySelectorAll('main b, main img').length") == 0
    assert "owned" not in seen.page.run("document.title")
    shown = seen.page.run("document.body.innerText")
    assert SECRET not in shown
    assert shown.count("[hidden]") >= 3
    seen.click(": 200")
    seen.until("!document.querySelector('.tried').open")
    seen.click("Job ")
    seen.text("Timeline")


def test_only_what_can_be_seen_at_the_provider_is_offered_and_refusals_are_told(
    seen: Seen, server: ThreadedServer, inbox: tuple[str, Came]
) -> None:
    body = {"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}, "webhook": inbox[0]}
    path = f"{server.url}/runpod/v2/kling-video-o1-r2v/run"
    httpx.post(path, json=body, headers={"authorization": "Bearer a-key"}).raise_for_status()
    advance(server, 5)
    seen.go("/webhooks")
    seen.click(inbox[0])
    assert seen.page.run("[...document.querySelectorAll('fieldset button')].map((one) => one.innerText)") == [
        "Late",
        "Several",
    ]
    seen.enter("Several: times", "1")
    seen.click("Several")
    seen.text("webhook_repeated's times")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(seen: Seen, server: ThreadedServer, inbox: tuple[str, Came], scheme: str) -> None:
    submit(server, fal_webhook=inbox[0])
    advance(server, 5)
    seen.scheme(scheme)
    seen.go("/webhooks")
    seen.click(inbox[0])
    seen.click("Forged")
    seen.text("Forged: 401")
    seen.page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    seen.page.run("document.querySelectorAll('.note').forEach((one) => one.remove())")
    assert seen.axe() == []


def test_a_copy_is_sent_by_keyboard_and_the_focus_stays(
    seen: Seen, server: ThreadedServer, inbox: tuple[str, Came]
) -> None:
    submit(server, fal_webhook=inbox[0])
    advance(server, 5)
    seen.go("/webhooks")
    seen.until("document.querySelector('.card > summary')")
    seen.page.run("document.querySelector('.card > summary').focus()")
    seen.press("Enter")
    focused = "(document.activeElement.getAttribute('aria-label') ?? '')"
    for _ in range(10):
        seen.press("Tab")
        if seen.page.run(focused).startswith("Forged"):
            break
    seen.press("Enter")
    seen.text("Forged: 401")
    seen.until(f"{focused}.startsWith('Forged')")
