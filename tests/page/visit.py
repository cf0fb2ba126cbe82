"""The page as somebody looks at it and uses it, and the server's control API beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from tests.browser import Page

from vidmock.server.server import ThreadedServer

AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
SECONDS = 60
"""Real ones, after which a page hangs."""
CONTROL = "button, a, summary, input, select, textarea"
_KEYS = {"Tab": 9, "Enter": 13, "ArrowUp": 38, "ArrowDown": 40, "Backspace": 8}
_SCRIPT = """
window.they = {
  // What a person reads of a field before it: its label, or the name that is said for it.
  words: (it) => it.ariaLabel ?? (it.labels?.[0]?.innerText || it.innerText),
  // The view, and what the control is called there: what differs from job to job, or from world to world, is left out.
  name(it) {
    const view = it.closest("main") ? document.querySelector(".view").classList[1] : "page";
    const kinds = { ".tile > a": "tile", ".webhooks .card > summary": "webhook", ".tried > summary": "attempt",
      "main [href^='#/jobs/']": "job", ".api .card > summary": "operation", ".validate summary": "answer",
      ".api td :is(input, select)": "parameter", ".faults .group .group :is(input, select)": "argument",
      ".faults td button": "Remove", ".validate td input": "fact" };
    const kind = Object.entries(kinds).find(([place]) => it.matches(place))?.[1];
    const text = it.ariaLabel ?? it.labels?.[0]?.firstChild.textContent ?? it.textContent;
    const whose = /(: copy of webhook| of webhook| webhook|:| of)? [0-9a-f]{8}(-[0-9]+)?$/;
    return [view, kind ?? text.replace(whose, "")];
  },
  // Where to point at the control, once it is in sight, stands still and nothing is before it.
  point(it) {
    if (!it || it.disabled || it.ariaDisabled || !it.checkVisibility()) return null;
    it.scrollIntoView({ block: "center" });
    // Of a link in two lines, the first.
    const { left, top, width, height } = it.getClientRects()[0];
    const [x, y] = [left + width / 2, top + height / 2];
    const at = (one) => one?.closest(".tile, button, a, summary, input, select, textarea")?.contains(it) ?? false;
    if (!at(document.elementFromPoint(x, y))) return null;
    const still = this.last?.x === x && this.last.y === y;
    this.last = { x, y };
    this.hit = false;
    const came = ({ target, isTrusted }) => { this.hit = isTrusted && at(target); };
    document.addEventListener("click", came, { capture: true, once: true });
    return still ? { x, y, name: this.name(it) } : null;
  },
  all: (names, within) => [...document.querySelector(within).querySelectorAll(names)]
    .filter((one) => one.checkVisibility()),
  button: (words, within) => they.all("button, a, summary", within).find((it) => it.innerText.includes(words)),
  field: (label, within) => they.all("input, select, textarea", within).find((it) => they.words(it).startsWith(label)),
  choices: (it) => [...it.options].filter((one) => !one.disabled).map((one) => one.value),
};
"""


class Seen:
    """The page of *server*, and what a person does there, with the mouse and the keyboard."""

    def __init__(self, page: Page, server: ThreadedServer) -> None:
        self.page, self.url = page, server.url
        self.used: set[tuple[str, str]] = set()
        """The view and the name of each control that was used so."""
        page.do("Log.enable")
        page.do("Page.addScriptToEvaluateOnNewDocument", source=_SCRIPT)

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

    def click(self, words: str, within: str = "main") -> None:
        """Click with the mouse on the button, link or line *within* that says *words*, once it stands still."""
        self._click(f"they.button({json.dumps(words)}, {json.dumps(within)})")

    def _click(self, control: str) -> None:
        """Click on the *control*, an expression. Tiles get their height as they come in sight: then it is repeated."""
        for _ in range(20):
            where = self.until(f"they.point({control})")
            for kind in ("mousePressed", "mouseReleased"):
                self.page.do(
                    "Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, x=where["x"], y=where["y"]
                )
            if self.page.run("window.they?.hit ?? true"):
                self._note(where["name"])
                return
        raise AssertionError(f"no click came to {control}")

    def _note(self, name: Sequence[str]) -> None:
        view, control = name
        self.used.add((view, control))

    def press(self, key: str, *commands: str) -> None:
        """Press the key of that name, which may be bound to editing *commands*, such as "selectAll" and "paste"."""
        text = {"Enter": "\r"}.get(key, "")
        about: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS.get(key, 0)}
        if key == "Enter":
            self._note(self.page.run("they.name(document.activeElement)"))
        self.page.do("Input.dispatchKeyEvent", type="keyDown", text=text, commands=list(commands), **about)
        self.page.do("Input.dispatchKeyEvent", type="keyUp", **about)

    def enter(self, label: str, value: str, within: str = "main") -> None:
        """Type *value* in the field, or choose it in the list, whose label begins with those words."""
        field = f"they.field({json.dumps(label)}, {json.dumps(within)})"
        kind = self.until(f"{field}?.tagName")
        if kind == "SELECT":
            self._choose(field, value)
            return
        self._click(field)
        self.press("a", "selectAll")
        if value:
            self.page.do("Input.insertText", text=value)
        else:
            self.press("Backspace")
        assert self.page.run("document.activeElement.value") == value, label

    def _choose(self, field: str, value: str) -> None:
        """Choose *value* with the keyboard: a list that is opened by the mouse is drawn outside of the page."""
        self.until(f"they.choices({field}).includes({json.dumps(value)})")
        name = self.page.run(f"({field}.focus(), they.name({field}))")
        steps = self.page.run(
            f"(({{ it, all }}) => all.indexOf({json.dumps(value)}) - all.indexOf(it.value))"
            f"({{ it: {field}, all: they.choices({field}) }})"
        )
        for _ in range(abs(steps)):
            self.press("ArrowDown" if steps > 0 else "ArrowUp")
        self.until(f"{field}.value === {json.dumps(value)}")
        self._note(name)

    def give(self, file: Path) -> None:
        """Give *file* to the field for files."""
        field = self.page.do("Runtime.evaluate", expression="document.querySelector('input[type=file]')")["result"]
        self.page.do("DOM.setFileInputFiles", files=[str(file)], objectId=field["objectId"])
        self._note(self.page.run("they.name(document.querySelector('input[type=file]'))"))

    def clipboard(self) -> str:
        """What is in the clipboard, pasted with the keyboard."""
        self.page.run(
            "(() => { const it = document.createElement('textarea'); document.body.append(it); it.focus(); })()"
        )
        self.press("v", "paste")
        text = self.page.run(
            "(() => { const it = document.activeElement; const text = it.value; it.remove(); return text; })()"
        )
        return str(text)

    def controls(self) -> set[tuple[str, str]]:
        """The view and the name of each control that can be seen now."""
        found = self.page.run(f"they.all({json.dumps(CONTROL)}, 'body').map((one) => they.name(one))")
        return {(view, name) for view, name in found}

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
