"""A headless Chromium, told what to do through its debugging pipe: a page sees and sends what it would anywhere.

No name but those that a test maps to loopback leads anywhere, and the browser's own checks of private networks are off:
what stops a page in a test is this server.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

PATIENCE = 300
"""Seconds for an answer of a browser on a busy machine."""
_ALONE = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-sync", "--disable-background-networking", "--disable-component-update"),
    "--disable-features=LocalNetworkAccessChecks,HttpsUpgrades",
    "--autoplay-policy=no-user-gesture-required",
)
_FIRST_FREE = 5
"""Descriptors below it are those of the browser's standard streams and of its pipe, 3 and 4."""
_WITH_PIPE = "import os, sys; _, a, b, *c = sys.argv; os.dup2(int(a), 3); os.dup2(int(b), 4); os.execvp(c[0], c)"


class Browser:
    """One browser process with its profile in *folder*; *names* lead to this machine, and all others nowhere."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ()) -> None:
        program = shutil.which("chromium")
        if program is None:
            pytest.fail("chromium is not installed: apt-get install chromium")
        here = [f"MAP {name} 127.0.0.1" for name in names]
        rules = ", ".join([*here, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost"])
        options = [f"--user-data-dir={folder}", f"--host-resolver-rules={rules}", *_ALONE]
        told, self._tell = _pipe()
        self._hear, said = _pipe()
        command = [program, *options, "--remote-debugging-pipe", "--enable-unsafe-extension-debugging", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _WITH_PIPE, str(told), str(said), *command],
            pass_fds=(told, said),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(told)
        os.close(said)
        self._number, self._rest = 0, b""
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.do("Browser.close")
        self._process.wait(PATIENCE)
        os.close(self._tell)
        os.close(self._hear)

    def do(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The result of a command of the DevTools protocol. Raises AssertionError: it failed."""
        self._number += 1
        number = self._number
        asked = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self._tell, json.dumps(asked).encode() + b"\0")
        while (message := self._next()).get("id") != number:
            self._events.append(message)
        assert "error" not in message, (method, message)
        result: dict[str, Any] = message["result"]
        return result

    def wait(self, fits: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """The first event that *fits*, and that no one has waited for yet."""
        for at, event in enumerate(self._events):
            if fits(event):
                return self._events.pop(at)
        while not fits(message := self._next()):
            self._events.append(message)
        return message

    def take(self, session: str) -> list[dict[str, Any]]:
        """The events of *session* that no one has waited for yet, once."""
        found = [event for event in self._events if event.get("sessionId") == session]
        self._events = [event for event in self._events if event.get("sessionId") != session]
        return found

    @contextlib.contextmanager
    def extension(self, folder: Path) -> Iterator[Page]:
        """The page ``page.html`` of the extension in *folder*, which is installed for as long."""
        identity = self.do("Extensions.loadUnpacked", path=str(folder))["id"]
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        page.do("Page.enable")
        assert page.go(f"chrome-extension://{identity}/page.html") == ""
        yield page
        self.do("Target.closeTarget", targetId=target)
        self.do("Extensions.uninstall", id=identity)

    @contextlib.contextmanager
    def page(self, url: str = "about:blank") -> Iterator[Page]:
        """A page of a profile of its own, at *url*."""
        with self.tabs() as new_tab:
            page = new_tab()
            if url != "about:blank":
                assert page.go(url) == "", url
            yield page

    @contextlib.contextmanager
    def tabs(self) -> Iterator[Callable[[], Page]]:
        """A profile of its own; what is given opens another tab there, in front of those that there are."""
        context = self.do("Target.createBrowserContext")["browserContextId"]
        self.do("Browser.setDownloadBehavior", behavior="deny", browserContextId=context, eventsEnabled=True)

        def new_tab() -> Page:
            target = self.do("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
            page = Page(self, self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
            page.do("Page.enable")
            page.do("Runtime.enable")
            return page

        yield new_tab
        self.do("Target.disposeBrowserContext", browserContextId=context)
        self._events.clear()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._hear], [], [], PATIENCE)
            assert ready, f"Chromium said nothing for {PATIENCE} s"
            came = os.read(self._hear, 2**20)
            if not came:
                raise ConnectionError("Chromium has ended")
            self._rest += came
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


class Page:
    """A page of *browser*: what its scripts see."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.do(method, self._session, **parameters)

    def wait(self, event: str) -> dict[str, Any]:
        """The parameters of the next *event* of this page."""
        found = self._browser.wait(lambda it: it.get("method") == event and it.get("sessionId") == self._session)
        parameters: dict[str, Any] = found["params"]
        return parameters

    def events(self) -> list[dict[str, Any]]:
        """The events of this page that no one has waited for yet."""
        # What the page has told before is told before this is answered.
        self.do("Runtime.evaluate", expression="0")
        return self._browser.take(self._session)

    def go(self, url: str) -> str:
        """Go to *url*, as if somebody had typed it, until it is loaded; return why it is not shown, or ""."""
        went = self.do("Page.navigate", url=url)
        if failed := str(went.get("errorText", "")):
            return failed
        self.wait("Page.loadEventFired")
        return ""

    def run(self, script: str) -> Any:
        """What *script*, an expression, gives in the page; of a promise, what it is resolved with.

        Raises:
            AssertionError: it throws.
        """
        said = self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")


class Site:
    """A site on this machine, of other *pages* than the server under test: their bodies by path."""

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pages.get(self.path)
                self.send_response(200 if body is not None else 404)
                kind = "text/html" if (body or b"").lstrip()[:1] == b"<" else "application/octet-stream"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def port(self) -> int:
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _pipe() -> tuple[int, int]:
    """A pipe whose ends have none of the numbers that the browser needs."""
    ends = os.pipe()
    reads, writes = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in ends)
    for end in ends:
        os.close(end)
    return reads, writes
