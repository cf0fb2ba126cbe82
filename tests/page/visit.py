"""The page as somebody looks at it and uses it, and the server's control API beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from tests.browser import Page

from vidmock.server.server import ThreadedServer

AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
SECONDS = 60
"""Real ones, after which a page hangs."""


class Seen:
    """The page of *server*, and what a person does there."""

    def __init__(self, page: Page, server: ThreadedServer) -> None:
        self.page, self.url = page, server.url
        page.do("Log.enable")

    def go(self, place: str) -> None:
        self.page.go("about:blank")
        assert self.page.go(f"{self.url}/_vidmock/#{place}") == ""

    def until(self, expression: str) -> Any:
        """What *expression* gives once that is something."""
        return self.page.run(
            f"(async () => {{ for (let n = 0; n < {SECONDS * 20}; n++) {{ const found = {expression};"
            " if (found) return found; await new Promise((done) => setTimeout(done, 50)); }"
            f" throw new Error('never: ' + {json.dumps(expression)} + ' in ' + document.body.innerText); }})()"
        )

    def text(self, words: str) -> None:
        """Wait until *words* can be read."""
        self.until(f"document.body.innerText.includes({json.dumps(words)})")

    def click(self, words: str) -> None:
        """Click with the mouse on the button, link or line that says *words*, once it stands still.

        Tiles get their height as they come in sight: where the click went past it, it is repeated.
        """
        for _ in range(20):
            self.until(
                "(() => { const it = [...document.querySelectorAll('button, a, summary')]"
                f".find((one) => one.innerText.includes({json.dumps(words)}) && one.checkVisibility()"
                " && !one.disabled && !one.ariaDisabled);"
                " if (!it) return false; it.scrollIntoView({ block: 'center' });"
                " const { left, top, width, height } = it.getBoundingClientRect();"
                " const [x, y] = [left + width / 2, top + height / 2];"
                " const at = (one) => one?.closest('.tile, button, a, summary')?.contains(it) ?? false;"
                " if (!at(document.elementFromPoint(x, y))) return false;"
                " const still = window.clicked?.x === x && window.clicked.y === y;"
                " window.clicked = { x, y }; window.hit = false;"
                " const came = ({ target }) => { window.hit = at(target); };"
                " document.addEventListener('click', came, { capture: true, once: true });"
                " return still; })()"
            )
            where = self.page.run("window.clicked")
            for kind in ("mousePressed", "mouseReleased"):
                self.page.do("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)
            if self.page.run("window.hit ?? true"):
                return
        raise AssertionError(f"no click came to {words!r}")

    def press(self, key: str) -> None:
        """Press the key of that name."""
        text = {"Enter": "\r"}.get(key, "")
        number = {"Tab": 9, "Enter": 13}[key]
        self.page.do(
            "Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=number, text=text
        )
        self.page.do("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=number)

    def enter(self, label: str, value: str) -> None:
        """Enter *value* in the field, or choose it in the list, whose label begins with those words."""
        self.until(
            "(() => { const words = (one) => one.ariaLabel ?? one.labels?.[0]?.innerText ?? '';"
            " const it = [...document.querySelectorAll('main input, main select, main textarea')]"
            f".find((one) => one.checkVisibility() && words(one).startsWith({json.dumps(label)}));"
            " if (!it) return false;"
            f" it.value = {json.dumps(value)}; for (const kind of ['input', 'change'])"
            " it.dispatchEvent(new Event(kind, { bubbles: true }));"
            f" return it.value === {json.dumps(value)}; }})()"
        )

    def scheme(self, scheme: str) -> None:
        """Look in *scheme*, light or dark, from now on."""
        self.page.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def axe(self) -> list[tuple[str, list[str]]]:
        """What axe finds wrong with what is seen: the rule, and the elements."""
        self.page.run(AXE.read_text("utf-8") + "; 0")
        said = self.page.run("axe.run({resultTypes: ['violations']}).then((found) => JSON.stringify(found.violations))")
        return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in json.loads(said)]


def submit(server: ThreadedServer, prompt: str = "a red kite", **params: str) -> str:
    answer = httpx.post(
        server.url + SUBMIT, json={"prompt": prompt}, params=params, headers={"authorization": "Key a-key"}
    )
    return str(answer.raise_for_status().json()["request_id"])


def control(server: ThreadedServer, method: str, path: str, body: object = None) -> Any:
    answer = httpx.request(method, f"{server.url}/_vidmock{path}", json=body, headers={"x-vidmock": "1"})
    return answer.raise_for_status().json()


def advance(server: ThreadedServer, seconds: float) -> None:
    control(server, "POST", "/clock/advance", {"by": seconds})
