"""The page with as many jobs as a world keeps, which come by a snapshot: the newest are shown, and others found."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
from tests.browser import Browser, Page
from tests.page.visit import Seen

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer

JOBS = 10_000
TILES_AT_ONCE = 48
FEW = "kite 77"
OF_THOSE = 111
"""Of the numbers below 10,000, those that begin with 77."""
SECONDS = 60
"""Real ones, after which a page hangs."""
SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"


def control(server: ThreadedServer, method: str, path: str, body: object = None) -> Any:
    answer = httpx.request(
        method, f"{server.url}/_vidmock{path}", json=body, headers={"x-vidmock": "1"}, timeout=SECONDS
    )
    return answer.raise_for_status().json()


def test_of_ten_thousand_jobs_the_newest_are_shown_and_old_ones_found(browser: Browser) -> None:
    settings = Settings(clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(2.0, 2.0)))
    with ThreadedServer(settings) as server, browser.page() as page:
        httpx.post(server.url + SUBMIT, json={"prompt": "kite"}, headers={"authorization": "Key a-key"})
        (job,) = control(server, "GET", "/jobs")["jobs"]
        # One that failed has no file that the page would play.
        control(server, "POST", f"/jobs/{job['id']}/outcome", {"effect": "fail"})
        control(server, "PUT", "/worlds/snapshot", with_many(control(server, "GET", "/worlds/snapshot")))
        seen = Seen(page, server)
        seen.go("/jobs")
        until(page, f"document.body.innerText.includes('{TILES_AT_ONCE} jobs of {JOBS}')")
        assert page.run("document.querySelectorAll('.tile').length") == TILES_AT_ONCE
        assert page.run("document.querySelector('.tile .prompt').textContent") == f"kite {JOBS - 1}"
        seen.enter("Prompt has", FEW)
        until(page, f"document.body.innerText.includes('{TILES_AT_ONCE} jobs of {OF_THOSE}')")
        shown = page.run("[...document.querySelectorAll('.tile .prompt')].map((it) => it.textContent)")
        assert shown[0] == "kite 7799"
        assert all(prompt.startswith(FEW) for prompt in shown)


def with_many(saved: dict[str, Any]) -> dict[str, Any]:
    """The snapshot *saved* of one job that has ended, with copies of it in its place."""
    (held,) = saved["jobs"]
    (output,) = held["job"]["outputs"]
    jobs = []
    for number in range(JOBS):
        own = {"id": str(uuid.UUID(int=number)), "prompt": f"kite {number}"}
        outputs = [output | {"id": f"output-{number}"}]
        jobs.append(held | {"job": held["job"] | own | {"outputs": outputs}})
    ledger = saved["ledger"] | {"lines": []}
    return saved | {"jobs": jobs, "ended": [one["job"]["id"] for one in jobs], "ledger": ledger}


def until(page: Page, expression: str) -> None:
    """Wait until *expression* is so."""
    page.run(
        f"(async () => {{ for (let n = 0; n < {SECONDS * 20}; n++) {{ if ({expression}) return;"
        " await new Promise((done) => setTimeout(done, 50)); } throw new Error(document.body.innerText); })()"
    )
