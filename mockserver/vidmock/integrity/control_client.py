"""The control API, as far as the checker needs it."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlencode

from vidmock.integrity.http_client import ANSWER_SECONDS, HttpClient, Reply

_AGAIN_SECONDS = 0.1


class ControlRefused(Exception):
    """The control API did not do what it was asked; the message has its answer."""


class ControlClient:
    """Asks for the world of one *key*, again and again while the server is interrupted.

    Raises:
        ControlRefused: by every method, where the answer is no success.
    """

    def __init__(self, http: HttpClient, key: str, token: str = "") -> None:
        self._http, self._key, self._token = http, key, token
        self.broken = 0
        """How often an answer did not come, so that what was asked for may have been done twice."""

    async def jobs(self) -> list[dict[str, Any]]:
        return await self._all("jobs")

    async def job(self, job: str) -> dict[str, Any]:
        return dict(await self.get(f"/jobs/{job}"))

    async def ledger(self) -> dict[str, Any]:
        return dict(await self.get("/ledger"))

    async def deliveries(self) -> list[dict[str, Any]]:
        return await self._all("deliveries")

    async def clock(self) -> dict[str, Any]:
        return dict((await self.get("/clock"))["clocks"][0])

    async def set_mode(self, mode: str) -> None:
        await self.do("PUT", "/clock", {"mode": mode})

    async def advance(self, seconds: float) -> None:
        await self.do("POST", "/clock/advance", {"by": seconds})

    async def run_until_idle(self) -> None:
        await self.do("POST", "/clock/run-until-idle")

    async def snapshot(self) -> dict[str, Any]:
        return dict(await self.get("/worlds/snapshot"))

    async def restore(self, saved: object) -> None:
        await self.do("PUT", "/worlds/snapshot", saved)

    async def reset(self) -> None:
        await self.do("POST", "/worlds/reset")

    async def fork(self, to: str) -> None:
        await self.do("POST", "/worlds/fork", {"to": to})

    async def set_budget(self, amount: str | None) -> None:
        await self.do("PUT", "/ledger/budget", {"amount": amount})

    async def set_behaviours(self, **switches: str) -> None:
        await self.do("PUT", "/worlds/behaviours", {name.replace("__", "."): value for name, value in switches.items()})

    async def _all(self, what: str) -> list[dict[str, Any]]:
        """A list that comes in pages: each says where the next one begins."""
        page = await self.get(f"/{what}")
        found: list[dict[str, Any]] = page[what]
        while page["older"] is not None:
            page = await self.get(f"/{what}", before=page["older"])
            found = page[what] + found
        return found

    async def get(self, path: str, **query: object) -> Any:
        """The JSON at *path* of this key's world."""
        return _granted(path, await self.ask("GET", path, None, **query)).json

    async def do(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of the answer to a change."""
        return _granted(path, await self.ask(method, path, body)).json

    async def ask(self, method: str, path: str, body: object = None, **query: object) -> Reply:
        """The answer, whatever it is."""
        headers = {"x-vidmock": "1"} | ({"x-vidmock-token": self._token} if self._token else {})
        line = urlencode({"key": self._key, **query})
        ends = time.monotonic() + ANSWER_SECONDS
        while True:
            reply = await self._http.ask(method, f"/_vidmock{path}?{line}", headers, body)
            if not reply.broken or time.monotonic() > ends:
                return reply
            self.broken += 1
            # What changes something is not asked for again while it may still be under way.
            await (asyncio.sleep(_AGAIN_SECONDS) if method == "GET" else self._http.calm())


def _granted(path: str, reply: Reply) -> Reply:
    if not reply.ok:
        raise ControlRefused(f"the control API answered {path} with {reply}")
    return reply
