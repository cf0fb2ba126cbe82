"""The views of faults, of validation and of the API itself: each button's effect, in Chromium."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.page.visit import SUBMIT, Seen, control, submit

import vidmock
from vidmock.server.page_policy import PAGE_FOLDER

if TYPE_CHECKING:
    from vidmock.server.server import ThreadedServer

FAL = "fal-ai/kling-video/o1/reference-to-video"
SENT = {"prompt": "<b>kite</b>", "duration": 10, "generate_audio": True}


def rules(server: ThreadedServer) -> list[Any]:
    faults: list[Any] = control(server, "GET", "/faults")["faults"]
    return faults


def status(server: ThreadedServer, prompt: str) -> int:
    return httpx.post(server.url + SUBMIT, json={"prompt": prompt}, headers={"authorization": "Key a-key"}).status_code


def open_only(seen: Seen, summary: str) -> None:
    """Open the operation whose line has the words of *summary*, and hide the others."""
    seen.until(
        "(() => { const all = [...document.querySelectorAll('details')];"
        f" const it = all.find((one) => one.querySelector('summary').textContent.includes({json.dumps(summary)}));"
        " if (!it) return null; for (const one of all) one.hidden = one !== it; it.hidden = false; it.open = true;"
        " return it.querySelector('form'); })() !== null"
    )


def test_a_fault_with_arguments_and_an_aim_is_put_in_force_strikes_and_is_removed(
    seen: Seen, server: ThreadedServer
) -> None:
    submit(server)
    seen.go("/faults")
    seen.text("Nothing goes wrong by itself")
    for label, value in (
        ("In the world", control(server, "GET", "/worlds")["worlds"][0]["id"]),
        ("Effect", "edge_page"),
        ("status", "504"),
        ("nginx", "true"),
        ("Phase", "before"),
        ("Provider", "fal"),
        ("Model", FAL),
        ("Operation", "submit"),
        ("Prompt has", "<b>*dunes"),
        ("Only call number", "1, 3"),
        ("At most times", "2"),
        ("Probability", "1"),
        ("Name", "mine"),
    ):
        seen.enter(label, value)
    seen.click("Put it in force")
    seen.text("In force: edge_page, mine")
    (rule,) = rules(server)
    aim = {"provider": "fal", "model": FAL, "operation": "submit", "prompt": "<b>*dunes", "nth": [1, 3], "times": 2}
    assert {member: rule[member] for member in aim} == aim
    assert (rule["id"], rule["effect"], rule["phase"]) == ("mine", "edge_page", "before")
    assert (rule["arguments"]["status"], rule["arguments"]["nginx"]) == (504, True)
    seen.text("prompt <b>*dunes")
    assert seen.page.run("document.querySelectorAll('main b').length") == 0
    assert [status(server, prompt) for prompt in ("<b> on dunes", "a kite", "<b> dunes")] == [504, 200, 200]
    counted = "[...document.querySelectorAll('tbody tr td.number')].map((one) => one.innerText).join()"
    seen.until(f"{counted} === '2,1'")
    seen.click("Remove")
    seen.text("Nothing goes wrong by itself")
    assert rules(server) == []


def test_every_effect_has_a_form_that_puts_it_in_force(seen: Seen, server: ThreadedServer) -> None:
    submit(server)
    seen.go("/faults")
    seen.text("Nothing goes wrong by itself")
    effects = {effect["name"] for effect in control(server, "GET", "/effects")["effects"]}
    assert set(seen.page.run("[...document.querySelector('.effect').options].map((one) => one.value)")) == effects
    # By a script: a click of the mouse on each of so many would take a minute.
    seen.page.run(
        "(async () => { const form = document.querySelector('main form'); const add = form.querySelector('button');"
        " const effect = form.querySelector('.effect');"
        " for (const { value } of [...effect.options]) {"
        "   effect.value = value; effect.dispatchEvent(new Event('change'));"
        "   for (const field of form.querySelectorAll('.group .group input'))"
        "     field.value ||= field.list?.options[0]?.value ?? '';"
        "   add.click();"
        "   while (add.ariaDisabled) await new Promise((done) => setTimeout(done, 5)); }"
        " window.done = true; })(); 0"
    )
    seen.until("window.done")
    missing = effects - {rule["effect"] for rule in rules(server)}
    assert missing == set(), seen.page.run("document.getElementById('notes').innerText")
    seen.click("Remove all")
    seen.click("Remove all: sure?")
    seen.text("Nothing goes wrong by itself")
    assert rules(server) == []


def test_what_is_wrong_with_a_fault_is_said(seen: Seen, server: ThreadedServer) -> None:
    seen.go("/faults")
    seen.enter("For the API key", "new-key")
    seen.enter("Effect", "stuck")
    seen.enter("At most times", "often")
    seen.click("Put it in force")
    seen.text("how often at most, from 1")
    assert rules(server) == []
    seen.enter("At most times", "1")
    seen.enter("Job", "the-job")
    seen.click("Put it in force")
    seen.text("at most 1×")
    assert [rule["job"] for rule in rules(server)] == ["the-job"]
    assert [world["key"] for world in control(server, "GET", "/worlds")["worlds"]] == ["new-key"]


def test_where_an_effect_cannot_be_seen_is_not_offered(seen: Seen) -> None:
    seen.go("/faults")
    seen.enter("Effect", "rate_limit")
    seen.enter("Phase", "connect")
    provider = (
        "[...document.querySelectorAll('main label')].find((one) => one.innerText.startsWith('Provider')).control"
    )
    offered = f"[...{provider}.options].filter((one) => !one.disabled).map((one) => one.value)"
    assert seen.page.run(offered) == ["", "runware"]


def test_a_scenario_is_started_by_a_click(seen: Seen, server: ThreadedServer) -> None:
    submit(server)
    seen.go("/faults")
    seen.enter("Scenario", "lost-submit-answer")
    seen.text("whoever submits again pays twice")
    seen.click("Start the scenario")
    seen.text("Started: lost-submit-answer, in a-key")
    assert [rule["effect"] for rule in rules(server)] == ["reset"]


def test_a_scenario_of_ones_own_is_started(seen: Seen, server: ThreadedServer) -> None:
    submit(server)
    seen.go("/faults")
    seen.enter("Scenario", "")
    for text, said in (("{", "The scenario is not JSON"), ('{"fault": []}', "fault")):
        seen.enter("Its file", text)
        seen.click("Start the scenario")
        seen.text(said)
    seen.enter(
        "Its file", json.dumps({"about": "The answer is lost.", "faults": [{"effect": "lost", "phase": "after"}]})
    )
    seen.click("Start the scenario")
    seen.text("Started: your own, in a-key")
    assert [rule["effect"] for rule in rules(server)] == ["lost"]


def test_what_is_known_of_a_file_that_a_request_names_is_judged_and_priced(seen: Seen) -> None:
    model, clip = "kling-o1-video-to-video-reference", "https://clips.example/walk.mp4"
    sent = {"model": model, "input": {"prompt": "a walk", "video_url": clip}, "webhook_url": "https://hooks.example/"}
    seen.go("/validate")
    seen.enter("Provider", "eachlabs")
    seen.enter("Model", model)
    seen.enter("Request", json.dumps(sent))
    seen.click("Validate")
    seen.until("document.querySelector('.said .state')?.innerText === 'valid'")
    assert "hooks.example" not in seen.page.run("document.querySelector('.view table').innerText")
    seen.enter(f"seconds of {clip}", "long")
    seen.click("Validate")
    seen.text("a number of seconds above 0")
    seen.enter(f"seconds of {clip}", "12")
    seen.enter(f"format of {clip}", "mp4")
    seen.click("Validate")
    (found,) = vidmock.validate("eachlabs", model, sent["input"], media={clip: {"seconds": 12, "format": "mp4"}})
    seen.text(found.message)


def test_a_request_is_judged_with_its_evidence_its_answer_and_the_edit_that_makes_it_valid(seen: Seen) -> None:
    (found,) = vidmock.validate("fal", FAL, SENT)
    seen.go("/validate")
    seen.enter("Provider", "fal")
    seen.enter("Model", FAL)
    seen.enter("Request", "{")
    seen.click("Validate")
    seen.text("This is not JSON")
    seen.enter("Request", json.dumps(SENT))
    seen.click("Validate")
    seen.text(found.message)
    for words in (f"{found.evidence}: {found.source}", "dropped-parameter", "at duration", "literal_error"):
        seen.text(words)
    assert seen.page.run("document.querySelectorAll('main b').length") == 0
    seen.click("Copy the patch")
    seen.text("Copied")
    patch = [{"op": "replace", "path": "/duration", "value": "10"}]
    assert [step for step in json.loads(seen.clipboard()) if step["op"] != "test"] == patch
    seen.click("To the submission")
    seen.until("!document.querySelector('.said details').open")
    seen.click("Use the valid one")
    seen.until("document.querySelector('.said .state').innerText === 'valid'")
    mended = json.loads(seen.page.run("document.querySelector('textarea').value"))
    assert mended == {**SENT, "duration": "10"}
    seen.text(vidmock.price("fal", FAL, mended).how)


def test_each_operation_of_the_api_can_be_read(seen: Seen, server: ThreadedServer) -> None:
    told = control(server, "GET", "/openapi.json")
    count = sum(map(len, told["paths"].values()))
    seen.go("/api")
    seen.until(f"document.querySelectorAll('details').length === {count}")
    seen.page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; }); 0")
    seen.until(f"document.querySelectorAll('details form').length === {count}")
    seen.enter("Find", "budget")
    seen.until("[...document.querySelectorAll('details')].filter((one) => one.checkVisibility()).length === 1")
    seen.click("/ledger/budget")
    seen.until("![...document.querySelectorAll('details')].find((one) => one.checkVisibility()).open")


def test_an_operation_is_tried_by_its_form(seen: Seen, server: ThreadedServer) -> None:
    job = submit(server)
    seen.go("/api")
    open_only(seen, "/ledger/budget")
    for body, said in (("{", "The body is not JSON"), ('{"amount": "much"}', "'much'"), ('{"amount": "7"}', '"6.44"')):
        seen.enter("Body", body)
        seen.click("Send")
        seen.text(said)
    open_only(seen, "Show everything about one job")
    seen.enter("job", job)
    seen.click("Send")
    seen.text('"prompt": "a red kite"')
    open_only(seen, "Delete a world")
    seen.enter("key", "a-key")
    seen.click("Send")
    seen.click("Send: sure?")
    seen.text('"removed": 1')
    assert control(server, "GET", "/worlds")["worlds"] == []
    open_only(seen, "/events")
    seen.text("A stream without an end")
    open_only(seen, f"{PAGE_FOLDER}{{name}}")
    seen.enter("name", "icon.svg")
    seen.click("Send")
    seen.text("<svg")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_faults_validation_and_api(seen: Seen, server: ThreadedServer, scheme: str) -> None:
    submit(server)
    control(server, "POST", "/faults", {"effect": "fail", "prompt": "<b>"})
    seen.scheme(scheme)
    seen.go("/faults")
    seen.text("Remove all")
    assert seen.axe() == []
    seen.go("/validate")
    seen.enter("Provider", "fal")
    seen.enter("Model", FAL)
    seen.enter("Request", json.dumps(SENT))
    seen.click("Validate")
    seen.text("What the provider would answer")
    assert seen.axe() == []
    seen.go("/api")
    for summary in ("Show everything about one job", "Add a fault rule", "List the jobs"):
        open_only(seen, summary)
        seen.page.run("document.querySelectorAll('details').forEach((one) => { one.hidden = false; }); 0")
    assert seen.axe() == []
