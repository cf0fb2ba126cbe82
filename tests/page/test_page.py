"""The page at ``/_vidmock/`` as somebody uses it, in Chromium: every button's effect, and nothing from outside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.browser import Browser
from tests.page.visit import SECONDS, SUBMIT, Seen, advance, control, submit

from vidmock.server.control.live_feed import LiveFeed, LiveReader
from vidmock.server.page_policy import PAGE_FOLDER
from vidmock.server.server import ThreadedServer
from vidmock.testing.local_server import LocalHTTPServer

FILES = Path(__file__).parents[2] / "mockserver" / "vidmock" / "server" / "page"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"></script><b>\u202e\U0001f3ac" + "x" * 10_000
MOST_BYTES = 100_000
TILES_AT_ONCE, MOST_TILES = 48, 480
MORE_THAN_A_BROWSER_CONNECTS = 7


def test_programs_get_routes_and_browsers_the_page(server: ThreadedServer) -> None:
    routes = httpx.get(f"{server.url}/_vidmock/").json()["routes"]
    page = httpx.get(f"{server.url}/_vidmock/", headers={"accept": "text/html,*/*"})
    assert "GET /_vidmock/jobs" in routes
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "content-disposition" not in page.headers


def test_its_scripts_come_from_its_folder_alone(server: ThreadedServer) -> None:
    policy = httpx.get(f"{server.url}/_vidmock/", headers={"accept": "text/html"}).headers["content-security-policy"]
    assert f"script-src {server.url}/_vidmock{PAGE_FOLDER};" in policy
    assert "default-src 'none';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["nothing.js", "%2e%2e%2fapp.py", "page.css%00", "__init__.py"])
def test_it_has_no_other_files(server: ThreadedServer, name: str) -> None:
    assert httpx.get(f"{server.url}/_vidmock{PAGE_FOLDER}{name}").status_code in (404, 405)


def test_it_is_small_and_names_no_address_outside() -> None:
    texts = {file.name: file.read_text("utf-8") for file in FILES.iterdir()}
    assert sum(len(text.encode()) for text in texts.values()) < MOST_BYTES
    named = {address for text in texts.values() for address in re.findall(r"https?://[\w.-]+", text)}
    assert named == {"http://www.w3.org", "http://127.0.0.1"}


def test_a_jobs_video_plays_on_its_tile_and_does_not_count_as_downloaded(seen: Seen, server: ThreadedServer) -> None:
    job = submit(server)
    seen.go("/jobs")
    seen.text("a red kite")
    advance(server, 5)
    seen.go("/jobs")
    played = seen.until("[...document.querySelectorAll('.tile video')].filter((it) => it.currentTime > 0).length")
    assert played == 1
    shown = control(server, "GET", f"/jobs/{job}")
    assert (shown["state"], shown["collected"], shown["downloaded"]) == ("succeeded", False, False)


def test_whatever_a_client_sends_is_text(seen: Seen, server: ThreadedServer) -> None:
    job = submit(server, HOSTILE)
    for place in ("/jobs", f"/jobs/{job}"):
        seen.go(place)
        seen.text("<img src=x onerror=")
        assert seen.page.run("document.querySelectorAll('main b, main img[src=x], main script').length") == 0
        assert "owned" not in seen.page.run("document.title")


def test_a_tile_shows_what_has_struck_its_job_and_what_is_odd_as_it_happens(seen: Seen, server: ThreadedServer) -> None:
    seen.go("/jobs")
    seen.text("No job yet")
    body = {"prompt": "a red kite", "nothing": 1}
    answer = httpx.post(server.url + SUBMIT, json=body, headers={"authorization": "Key a-key"})
    seen.text("1 lint")
    control(server, "POST", "/faults?key=a-key", {"effect": "edge_page", "phase": "poll"})
    httpx.get(answer.json()["status_url"], headers={"authorization": "Key a-key"})
    seen.text("edge page")
    seen.go(f"/jobs/{answer.json()['request_id']}")
    seen.text("Struck by")
    seen.go("/jobs")
    seen.text("edge page")
    seen.text("1 lint")


def test_jobs_are_found_by_prompt_provider_and_state(seen: Seen, server: ThreadedServer) -> None:
    submit(server, "a red kite")
    submit(server, "a blue tram")
    seen.go("/jobs")
    seen.text("a red kite")
    seen.enter("Prompt has", "tram")
    seen.until("document.querySelectorAll('.tile').length === 1")
    seen.text("a blue tram")
    for label, value in (("Provider", "runpod"), ("State", "failed")):
        seen.enter(label, value)
        seen.until("document.querySelectorAll('.tile').length === 0")
        seen.enter(label, "")
        seen.until("document.querySelectorAll('.tile').length === 1")
    seen.click("a blue tram")
    seen.text("Timeline")
    seen.click("Webhooks")
    seen.text("No webhook was sent yet")
    seen.go(f"/jobs/{control(server, 'GET', '/jobs')['jobs'][0]['id']}")
    seen.click("All jobs")
    seen.until("document.querySelectorAll('.tile').length === 2")


def test_one_job_shows_its_calls_states_and_money_in_their_order(seen: Seen, server: ThreadedServer) -> None:
    job = submit(server)
    advance(server, 5)
    httpx.get(f"{server.url}/fal/queue/fal-ai/kling-video/requests/{job}", headers={"authorization": "Key a-key"})
    seen.go(f"/jobs/{job}")
    said = seen.until("document.querySelector('.sequence')?.getAttribute('aria-label')")
    assert re.search(r"POST submit, queued, charged \$0\.56, running, succeeded, GET result", said), said


def test_a_jobs_outcome_is_forced_by_a_click(seen: Seen, server: ThreadedServer) -> None:
    job = submit(server)
    seen.go(f"/jobs/{job}")
    seen.enter("Outcome", "moderated")
    seen.click("Have it end so")
    seen.text("moderated:")
    assert control(server, "GET", f"/jobs/{job}")["failure"]["code"] == "moderated"
    # One that has ended stays as it is, and is not offered another end.
    seen.until("!document.querySelector('select[aria-label=Outcome]').checkVisibility()")


def test_what_goes_wrong_is_said(seen: Seen) -> None:
    seen.go("/jobs/nothing")
    seen.text("'nothing'")


def test_a_webhook_is_sent_again_by_a_click(
    seen: Seen, server: ThreadedServer, receiver: tuple[LocalHTTPServer, list[bytes]]
) -> None:
    inbox, came = receiver
    submit(server, fal_webhook=inbox.origin)
    advance(server, 5)
    seen.go("/webhooks")
    seen.text(inbox.origin)
    assert len(came) == 1
    seen.click(inbox.origin)
    seen.click("Redeliver")
    seen.text("2 attempts")
    assert came[0] == came[1]


COPIES: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "curl": (".sh", lambda file: ["bash", "-eu", str(file)]),
    "Python": (".py", lambda file: [sys.executable, str(file)]),
    "pytest": ("_test.py", lambda file: [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]),
}


@pytest.mark.parametrize("label", COPIES)
def test_a_job_copied_as_a_program_makes_it_again(
    seen: Seen, server: ThreadedServer, tmp_path: Path, label: str
) -> None:
    submit(server, 'it\'s a "kite" über $HOME\n')
    advance(server, 5)
    job = control(server, "GET", "/jobs")["jobs"][0]["id"]
    exchange = control(server, "GET", "/journal/1")
    shown = control(server, "GET", f"/jobs/{job}")
    seen.go("/jobs")
    text = seen.until(
        f"(await import('/_vidmock{PAGE_FOLDER}copies.js'))"
        f".copies({json.dumps(shown)}, {json.dumps(exchange)})[{json.dumps(label)}]"
    )
    ending, command = COPIES[label]
    file = tmp_path / f"again{ending}"
    file.write_text(text, "utf-8")
    done = subprocess.run(command(file), cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    if label != "pytest":
        jobs = control(server, "GET", "/jobs")["jobs"]
        assert [one["prompt"] for one in jobs] == [shown["prompt"]] * 2


def test_a_job_is_copied_by_clicks(seen: Seen, server: ThreadedServer) -> None:
    job = submit(server, 'a "kite" über dunes')
    seen.go(f"/jobs/{job}")
    for label, begins in {
        "curl": "curl -sS 'http://",
        "Python": "import httpx\n\nanswer = httpx.post(",
        "scenario": '{\n  "about": "What became of job ',
        "pytest": "import httpx\n\n\ndef test_the_job_again(vidmock):",
    }.items():
        seen.click(label)
        seen.text(f"Copied: {label}")
        text = seen.clipboard()
        assert text.startswith(begins)
        assert label == "scenario" or "über dunes" in text


ENDS: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]] = {
    "queued": (None, None),
    "cancelled": ({"effect": "cancelled"}, {"effect": "cancelled"}),
    "moderated": ({"effect": "moderated"}, {"effect": "moderated"}),
    "upstream_timeout": (
        {"effect": "fail", "arguments": {"code": "upstream_timeout"}},
        {"effect": "fail", "arguments": {"code": "upstream_timeout"}},
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_copies_have_another_job_end_as_it_did(seen: Seen, server: ThreadedServer, tmp_path: Path, end: str) -> None:
    forced, told = ENDS[end]
    job = submit(server)
    if forced:
        control(server, "POST", f"/jobs/{job}/outcome", forced)
    shown, exchange = control(server, "GET", f"/jobs/{job}"), control(server, "GET", "/journal/1")
    seen.go("/jobs")
    copied = seen.until(
        f"(await import('/_vidmock{PAGE_FOLDER}copies.js')).copies({json.dumps(shown)}, {json.dumps(exchange)})"
    )
    scenario = json.loads(copied["scenario"])
    assert scenario.get("outcomes", [None]) == [told]
    control(server, "POST", "/scenario?key=b-key", {"scenario": scenario})
    file = tmp_path / "again_test.py"
    file.write_text(copied["pytest"], "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_job_whose_call_is_no_longer_known_is_not_copied_as_a_wrong_one(seen: Seen, server: ThreadedServer) -> None:
    job = submit(server)
    control(server, "DELETE", "/journal")
    seen.go(f"/jobs/{job}")
    seen.text("no longer in the journal")
    assert seen.page.run("[...document.querySelectorAll('.copies button')].map((it) => it.innerText)") == ["scenario"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(seen: Seen, server: ThreadedServer, scheme: str) -> None:
    job = submit(server, "a red kite", fal_webhook=f"{server.url}/nowhere")
    submit(server, "a blue tram")
    control(server, "POST", f"/jobs/{job}/outcome", {"effect": "fail"})
    advance(server, 1.5)
    seen.scheme(scheme)
    for place, words in (("/jobs", "a blue tram"), (f"/jobs/{job}", "Timeline"), ("/webhooks", "nowhere")):
        seen.go(place)
        seen.text(words)
        assert seen.axe() == [], place


def test_a_job_is_opened_by_keyboard(seen: Seen, server: ThreadedServer) -> None:
    submit(server)
    seen.go("/jobs")
    seen.text("a red kite")
    focused = "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText)"
    reached = []
    while "a red kite" not in reached:
        seen.press("Tab")
        reached.append(seen.page.run(focused))
        assert len(reached) < 20, reached
    assert reached[0] == "Skip to the content"
    seen.press("Enter")
    seen.text("Timeline")


def test_each_view_is_reached_by_its_link_and_its_content_by_the_keyboard(seen: Seen) -> None:
    seen.go("/jobs")
    seen.text("No job yet")
    for title in ("Webhooks", "Clock", "Faults", "Money", "Worlds", "Validate", "API", "Jobs"):
        seen.click(title, within="header")
        seen.until(f"document.querySelector('h1')?.innerText === {json.dumps(title)}")
        assert seen.page.run("document.querySelector('[aria-current]').innerText") == title
    seen.go("/clock")
    seen.text("Nothing is due")
    seen.press("Tab")
    seen.press("Enter")
    assert seen.page.run("[document.activeElement.id, document.querySelector('h1').innerText]") == ["main", "Clock"]
    seen.click("vidmock", within="header")
    seen.text("No job yet")


def test_of_seven_tabs_only_the_one_that_is_seen_takes_a_connection(
    browser: Browser, server: ThreadedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading: list[LiveReader] = []
    left = threading.Condition()
    join, leave = LiveFeed.join, LiveFeed.leave

    def joined(feed: LiveFeed, reader: LiveReader) -> None:
        join(feed, reader)
        reading.append(reader)

    def gone(feed: LiveFeed, reader: LiveReader) -> None:
        leave(feed, reader)
        with left:
            reading.remove(reader)
            left.notify()

    monkeypatch.setattr(LiveFeed, "join", joined)
    monkeypatch.setattr(LiveFeed, "leave", gone)
    with browser.tabs() as new_tab:
        tabs = [Seen(new_tab(), server) for _ in range(MORE_THAN_A_BROWSER_CONNECTS)]
        for tab in tabs:
            tab.page.do("Page.bringToFront")
            tab.go("/jobs")
            tab.text("No job yet")
            tab.until("document.getElementById('live').innerText === 'live'")
            with left:
                assert left.wait_for(lambda: len(reading) == 1, SECONDS)
        # Of what has happened meanwhile, the others hear when they are looked at.
        submit(server)
        tabs[-1].text("a red kite")
        tabs[0].page.do("Page.bringToFront")
        tabs[0].text("a red kite")
        tabs[0].click("Money", within="header")
        tabs[0].text("By model")
        with left:
            assert left.wait_for(lambda: len(reading) == 1, SECONDS)


def test_no_more_tiles_are_made_than_can_be_looked_through(seen: Seen, server: ThreadedServer) -> None:
    seen.go("/jobs")
    seen.text("No job yet")
    with httpx.Client(headers={"authorization": "Key a-key"}) as client:
        for number in range(MOST_TILES + 20):
            client.post(server.url + SUBMIT, json={"prompt": f"kite {number}"}).raise_for_status()
    # Those that came while somebody looked on take no more room than those of a page.
    seen.text(f"{TILES_AT_ONCE} jobs of {MOST_TILES + 20}")
    seen.until(f"document.querySelectorAll('.tile').length === {TILES_AT_ONCE}")
    seen.until(f"document.querySelector('.tile .prompt').textContent === 'kite {MOST_TILES + 19}'")
    for page in range(2, MOST_TILES // TILES_AT_ONCE + 1):
        seen.click("Show older jobs")
        seen.until(f"document.querySelectorAll('.tile').length === {page * TILES_AT_ONCE}")
    seen.text(f"{MOST_TILES} jobs of {MOST_TILES + 20}; the filters find older ones")


def test_an_old_job_that_ends_is_not_shown_as_the_newest(seen: Seen, server: ThreadedServer) -> None:
    old = submit(server, "the old one")
    advance(server, 0.5)
    for number in range(TILES_AT_ONCE + 10):
        submit(server, f"kite {number}")
    seen.go("/jobs")
    seen.until(f"document.querySelectorAll('.tile').length === {TILES_AT_ONCE}")
    control(server, "POST", f"/jobs/{old}/outcome", {"effect": "fail"})
    newest = submit(server, "the new one")
    seen.until(f"document.querySelector('.tile').dataset.job === {json.dumps(newest)}")
    assert seen.page.run("document.body.innerText.includes('the old one')") is False


def test_nothing_is_asked_of_others_and_nothing_is_complained_of(
    seen: Seen, server: ThreadedServer, receiver: tuple[LocalHTTPServer, list[bytes]]
) -> None:
    job = submit(server, HOSTILE, fal_webhook=receiver[0].origin)
    advance(server, 5)
    # The policy's reports, what scripts say, and what is asked for: all that this page would do wrong is among them.
    seen.page.do("Network.enable")
    asked, told = [], []
    places = [("/jobs", "succeeded"), (f"/jobs/{job}", "Timeline"), ("/webhooks", receiver[0].origin)]
    places += [("/clock", "Due next"), ("/money", "By model"), ("/worlds", "Holds")]
    for place, words in (*places, ("/faults", "Scenarios"), ("/validate", "Its page"), ("/api", "openapi.json")):
        seen.go(place)
        seen.text(words)
    for event in seen.page.events():
        if event["method"] == "Network.requestWillBeSent":
            asked.append(event["params"]["request"]["url"])
        elif event["method"] in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            told.append(event["params"])
    assert told == []
    assert len(asked) > len(list(FILES.iterdir()))
    assert [url for url in asked if not url.startswith((f"{server.url}/_vidmock/", "data:", "about:"))] == []
