"""Each control of the page has a test that uses it as a person does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from tests.page.controls import CONTROLS
from tests.page.visit import SUBMIT, Seen, advance, control, submit

if TYPE_CHECKING:
    from vidmock.server.server import ThreadedServer

MORE_THAN_A_PAGE = 52


def test_every_control_of_every_view_has_a_test_that_uses_it(seen: Seen, server: ThreadedServer) -> None:
    found = look(seen, "/faults", "Nothing goes wrong by itself")
    params = {"fal_webhook": f"{server.url}/nowhere"}
    with httpx.Client(headers={"authorization": "Key a-key"}, params=params) as client:
        for _ in range(MORE_THAN_A_PAGE):
            client.post(server.url + SUBMIT, json={"prompt": "a kite"}).raise_for_status()
    advance(server, 5)
    job = submit(server)
    control(server, "POST", "/faults", {"effect": "edge_page", "phase": "poll"})
    found |= look(seen, "/jobs", "Show older jobs")
    found |= look(seen, f"/jobs/{job}", "Copy as")
    seen.go("/webhooks")
    seen.click("/nowhere")
    found |= seen.controls()
    seen.go("/clock")
    seen.text("the job begins")
    seen.enter("Time passes", "scaled")
    found |= seen.controls()
    seen.go("/faults")
    seen.enter("Effect", "edge_page")
    seen.enter("Scenario", "")
    seen.text("Remove all")
    found |= seen.controls()
    found |= look(seen, "/money", "Show older files")
    found |= look(seen, "/worlds", "Save a snapshot")
    seen.go("/validate")
    seen.enter("Provider", "fal")
    seen.enter("Model", "fal-ai/kling-video/o1/reference-to-video")
    seen.enter("Request", '{"prompt": "a", "duration": 10, "image_urls": ["https://pictures.example/cat.png"]}')
    seen.click("Validate")
    seen.text("Copy the patch")
    found |= seen.controls()
    seen.go("/api")
    for operation in ("Show everything about one job", "Set how much a world may spend"):
        seen.click(operation)
    seen.until("document.querySelectorAll('details[open] form').length === 2")
    found |= seen.controls()
    assert found == set(CONTROLS)


def test_each_of_those_tests_exists() -> None:
    texts = [file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py")]
    assert set(CONTROLS.values()) <= {name for text in texts for name in re.findall(r"\ndef (test_\w+)", text)}


def look(seen: Seen, place: str, words: str) -> set[tuple[str, str]]:
    """The controls of the view at *place*, once *words* can be read there."""
    seen.go(place)
    seen.text(words)
    return seen.controls()
