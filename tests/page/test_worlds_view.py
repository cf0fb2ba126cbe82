"""The views of time, money and worlds: each button's effect, in Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.page.visit import SUBMIT, Seen, advance, control, submit

if TYPE_CHECKING:
    from vidmock.server.server import ThreadedServer

HOSTILE_KEY = "<b>key</b>"


def clocks(server: ThreadedServer) -> list[Any]:
    return [(clock["mode"], clock["now"]) for clock in control(server, "GET", "/clock")["clocks"]]


def submit_as(server: ThreadedServer, key: str, prompt: str = "a red kite") -> str:
    answer = httpx.post(server.url + SUBMIT, json={"prompt": prompt}, headers={"authorization": f"Key {key}"})
    return str(answer.raise_for_status().json()["request_id"])


def world_of(server: ThreadedServer, key: str) -> Any:
    return next((world for world in control(server, "GET", "/worlds")["worlds"] if world["key"] == key), None)


def card(key: str) -> str:
    return f"[...document.querySelectorAll('.world-card')].find((one) => one.innerText.startsWith({json.dumps(key)}))"


def test_time_passes_by_each_button_of_the_clock(seen: Seen, server: ThreadedServer) -> None:
    seen.go("/clock")
    seen.text("No world yet")
    job = submit(server)
    seen.text("the job begins")
    seen.click(job)
    seen.text("Timeline")
    seen.go("/clock")
    seen.text("the job begins")
    ((_, begun),) = clocks(server)
    for words, shown, passed in (
        ("+1 s", "00:00:01", 1),
        ("To the next event", "00:00:03", 3),
        ("+15 min", "00:15:03", 903),
        ("Advance by that", "02:15:03", 8103),
    ):
        seen.click(words)
        seen.until(f"document.querySelector('.face').innerText.endsWith({json.dumps(shown)})")
        assert clocks(server)[0][1] - begun == pytest.approx(passed)
    assert control(server, "GET", f"/jobs/{job}")["state"] == "succeeded"
    submit(server, "another")
    seen.text("the job begins")
    seen.click("Until idle")
    seen.until("!document.body.innerText.includes('the job ends')")
    assert {one["state"] for one in control(server, "GET", "/jobs")["jobs"]} == {"succeeded"}


def test_the_mode_is_set_for_the_chosen_world_or_for_all(seen: Seen, server: ThreadedServer) -> None:
    submit_as(server, "one")
    submit_as(server, "two")
    seen.go("/clock")
    seen.text("Due next")
    assert seen.page.run("document.querySelector('main select').value") == "manual"
    seen.enter("Time passes", "scaled")
    seen.enter("Times as fast", "0.001")
    seen.click("Set the mode")
    seen.text("scaled:0.001")
    assert {mode for mode, _ in clocks(server)} == {"scaled:0.001"}
    seen.enter("World", world_of(server, "two")["id"], within="header")
    seen.text("For the chosen world")
    seen.enter("Time passes", "step")
    seen.click("Set the mode")
    seen.until("document.querySelector('.clock .state').innerText === 'step'")
    assert sorted(mode for mode, _ in clocks(server)) == ["scaled:0.001", "step"]
    seen.enter("Length of time", "soon")
    seen.click("Advance by that")
    seen.text("'soon'")


def test_money_says_what_was_spent_and_what_was_wasted_and_why(seen: Seen, server: ThreadedServer) -> None:
    seen.go("/money")
    seen.text("Nothing was spent yet")
    first = submit(server)
    submit(server)
    seen.until("document.querySelector('[data-sum=spent]')?.innerText.includes('$1.12')")
    seen.text(f"the same request had been paid for by {first}")
    advance(server, 5)
    seen.text("nobody collected the result")
    seen.text("Files never downloaded")
    seen.text("By model")


def test_a_budget_is_set_by_a_click(seen: Seen, server: ThreadedServer) -> None:
    submit_as(server, "another")
    submit(server)
    seen.go("/money")
    seen.enter("Budget of", world_of(server, "another")["id"])
    seen.enter("USD", "1")
    seen.click("Set the budget")
    seen.text("$0.44")
    assert (world_of(server, "another")["budget"], world_of(server, "a-key")["budget"]) == ("1", None)
    seen.enter("USD", "much")
    seen.click("Set the budget")
    seen.text("'much'")


def test_older_ones_are_shown_by_a_click(seen: Seen, server: ThreadedServer) -> None:
    params = {"fal_webhook": f"{server.url}/nowhere"}
    with httpx.Client(headers={"authorization": "Key a-key"}, params=params) as client:
        for _ in range(52):
            client.post(server.url + SUBMIT, json={"prompt": "a kite"})
    advance(server, 5)
    for place, words, shown, more in (
        ("/money", "Show older jobs", "[aria-label^=Paid] tbody tr", 52),
        ("/money", "Show older files", "[aria-label^=Files] tbody tr", 52),
        ("/webhooks", "Show older webhooks", ".card", 52),
    ):
        seen.go(place)
        rows = f"document.querySelectorAll({json.dumps(shown)}).length"
        seen.until(f"{rows} === 50")
        seen.click(words)
        seen.until(f"{rows} === {more}")
    seen.go("/money")
    job = control(server, "GET", "/jobs?limit=1")["jobs"][0]["id"]
    seen.click(job)
    seen.text("Timeline")


def test_a_world_is_made_chosen_reset_and_deleted_by_clicks(seen: Seen, server: ThreadedServer) -> None:
    submit(server)
    seen.go("/worlds")
    seen.text("a-key")
    seen.enter("API key", HOSTILE_KEY)
    seen.click("Make its world")
    seen.text(HOSTILE_KEY)
    assert seen.page.run("document.querySelectorAll('main b').length") == 0
    seen.enter("API key", "")
    seen.click("Make its world")
    seen.text("must be a key")
    seen.until(f"{card(HOSTILE_KEY)}.remove() ?? true")
    seen.click("Show only this")
    seen.until("document.getElementById('world').value !== ''")
    assert seen.page.run("document.getElementById('world').value") == world_of(server, "a-key")["id"]
    # The view is drawn anew for that world, which may come later.
    seen.until(f"{card(HOSTILE_KEY)} !== undefined")
    seen.until(f"{card(HOSTILE_KEY)}?.remove() ?? true")
    seen.click("Reset")
    seen.text("Reset: sure?")
    assert world_of(server, "a-key")["jobs"] == {"queued": 1}
    seen.click("Reset: sure?")
    seen.until(f"{card('a-key')}?.innerText.includes('none')")
    assert world_of(server, "a-key")["jobs"] == {}
    seen.until(f"{card(HOSTILE_KEY)}?.remove() ?? true")
    seen.click("Delete")
    seen.click("Delete: sure?")
    seen.until("document.getElementById('world').value === ''")
    assert [world["key"] for world in control(server, "GET", "/worlds")["worlds"]] == [HOSTILE_KEY]


def test_a_world_is_forked_saved_and_restored_by_clicks(seen: Seen, server: ThreadedServer, tmp_path: Path) -> None:
    submit(server)
    seen.go("/worlds")
    seen.enter("Key of the copy", "what-if")
    seen.click("Fork")
    seen.text("what-if")
    assert world_of(server, "what-if")["jobs"] == {"queued": 1}
    control(server, "DELETE", "/worlds?key=what-if")
    seen.until(f"!{card('what-if')}")
    # What is saved is read where the browser would download it.
    seen.page.run(
        "URL.createObjectURL = (blob) => { blob.text().then((text) => { window.text = text; }); return '#/worlds'; };"
        " HTMLAnchorElement.prototype.click = function () { window.named = this.download; }; 0"
    )
    seen.click("Save a snapshot")
    name, saved = seen.until("window.named && window.text && [window.named, window.text]")
    assert name == f"world-{world_of(server, 'a-key')['id']}.json"
    assert json.loads(saved)["key"] == "a-key"
    seen.click("Restore it")
    seen.text("Choose the file of a snapshot first")
    for text, said in (("{", "it is not JSON"), (saved, "Restored: another")):
        file = tmp_path / "saved.json"
        file.write_text(text, "utf-8")
        seen.give(file)
        seen.enter("For the key", "another")
        seen.click("Restore it")
        seen.text(said)
    assert world_of(server, "another")["jobs"] == {"queued": 1}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_time_money_and_worlds(seen: Seen, server: ThreadedServer, scheme: str) -> None:
    submit(server)
    submit(server)
    control(server, "PUT", "/ledger/budget", {"amount": "9"})
    advance(server, 1.5)
    seen.scheme(scheme)
    for place, words in (("/clock", "Due next"), ("/money", "Paid for in vain"), ("/worlds", "Holds")):
        seen.go(place)
        seen.text(words)
        assert seen.axe() == [], place


def test_a_button_keeps_the_focus_and_is_pressed_by_keyboard(seen: Seen, server: ThreadedServer) -> None:
    submit(server)
    seen.go("/clock")
    seen.text("the job begins")
    while seen.page.run("document.activeElement.innerText") != "+1 s":
        seen.press("Tab")
    for seconds in (1, 2):
        seen.press("Enter")
        seen.until(f"document.querySelector('.face').innerText.endsWith('0{seconds}')")
        seen.until("!document.activeElement.ariaDisabled && document.activeElement.innerText === '+1 s'")
