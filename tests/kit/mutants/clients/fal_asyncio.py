"""A good client of fal's queue, on asyncio: one coroutine a call, and a task for whatever may have to be given up."""

from __future__ import annotations

import asyncio
import json
import ssl
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from vidmock.kit.client import ClientError, NotDownloaded, OutcomeUnknown, Refused, Result, StillRunning

FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 1.0, 1.6, 12.0
TRANSIENT = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
"""A 403 says that the account is locked, and nothing of the request."""
SECONDS_UNTIL_KNOWN = 30.0
RESULT_ERRORS = 3
SUBMISSIONS = 3
DOWNLOADS = 5


class Again(Exception):
    """The provider gave no answer of its own, or one that says to come back. *pause* is what it asked for, in s."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(slots=True)
class Ticket:
    """A request that fal accepted, with the addresses that it gave for it."""

    id: str
    status: str
    response: str
    cancel: str
    accepted: float
    errors: int = 0
    done: Result | None = None
    lock: Lock = field(default_factory=Lock)


class Client:
    def __init__(
        self,
        *,
        base_url: str = "https://queue.fal.run",
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None],
        now: Callable[[], float],
        publish: Callable[[Result], None] = lambda result: None,
        webhook_url: str | None = None,
        request_timeout: float = 60.0,
    ) -> None:
        self._base, self._key, self._folder = base_url.rstrip("/"), api_key, folder
        self._patience = request_timeout
        self._sleep, self._now, self._publish, self._webhook_url = sleep, now, publish, webhook_url
        self._tickets: dict[str, Ticket] = {}

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        return asyncio.run(self.generate_async(model, input, deadline=deadline))

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Ask fal itself about the request that the webhook names: it may come from anybody."""
        ticket = self._tickets[json.loads(body)["request_id"]]
        asyncio.run(self._with_connection(ticket))

    async def generate_async(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        ends = self._now() + deadline
        async with self._connect() as api:
            ticket = await self._submit(api, model, input, ends)
            self._tickets[ticket.id] = ticket
            try:
                result = await self._wait(api, ticket, ends)
            except (asyncio.CancelledError, KeyboardInterrupt):
                await asyncio.shield(self._cancel(api, ticket))
                raise
            if result is not None:
                return result
            await self._cancel(api, ticket)
            with suppress(Again, ClientError):
                # It may have ended while it was cancelled.
                if (result := await self._finish(api, ticket)) is not None:
                    return result
            raise StillRunning("the deadline passed; the request was asked to be cancelled", ticket.id)

    # Submission

    async def _submit(self, api: httpx.AsyncClient, model: str, input: Mapping[str, Any], ends: float) -> Ticket:
        params = {"fal_webhook": self._webhook_url} if self._webhook_url else {}
        for attempt in range(1, SUBMISSIONS + 1):
            try:
                response = await api.post(f"{self._base}/{model}", json=dict(input), params=params)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise Refused(f"fal cannot be reached, so nothing was accepted: {error!r}") from error
            except httpx.TransportError as error:
                raise OutcomeUnknown(f"the answer was lost, the request may exist and be charged: {error!r}") from error
            answer = _json(response)
            if response.status_code == 429 and answer is not None:
                pause = _retry_after(response) or 2.0**attempt
                if attempt < SUBMISSIONS and self._now() + pause < ends:
                    await self._pause(pause)
                    continue
                raise self._refused(response)
            break
        if response.status_code >= 500 or response.status_code in (408, 429) or not isinstance(answer, dict):
            raise OutcomeUnknown(f"HTTP {response.status_code} does not say whether the request was accepted")
        if not response.is_success:
            raise self._refused(response)
        request = str(answer["request_id"])
        own = f"{self._base}/{'/'.join(model.split('/')[:2])}/requests/{request}"
        return Ticket(
            request,
            self._trusted(answer.get("status_url") or f"{own}/status", request),
            self._trusted(answer.get("response_url") or own, request),
            self._trusted(answer.get("cancel_url") or f"{own}/cancel", request),
            self._now(),
        )

    def _trusted(self, url: str, id: str) -> str:
        """*url*, to which the key goes, if it is at fal."""
        if _origin(url) != _origin(self._base):
            raise OutcomeUnknown(f"fal gave an address elsewhere, to which no key is sent: {url}", id)
        return url

    # Waiting

    async def _wait(self, api: httpx.AsyncClient, ticket: Ticket, ends: float) -> Result | None:
        pause, asked = FIRST_PAUSE, 0.0
        while (left := ends - self._now()) > 0:
            await self._pause(min(max(pause, asked), left))
            pause, asked = min(pause * GROWTH, LONGEST_PAUSE), 0.0
            try:
                result = await self._finish(api, ticket)
            except Again as again:
                asked = again.pause
                continue
            if result is not None:
                return result
        return None

    async def _finish(self, api: httpx.AsyncClient, ticket: Ticket) -> Result | None:
        """The result of *ticket*, published once however many ask; ``None`` while it runs."""
        lock = ticket.lock
        while not lock.acquire(blocking=False):
            await asyncio.sleep(0.01)
        try:
            if ticket.done is None:
                ticket.done = await self._look(api, ticket)
                if ticket.done is not None:
                    self._publish(ticket.done)
            return ticket.done
        finally:
            lock.release()

    async def _look(self, api: httpx.AsyncClient, ticket: Ticket) -> Result | None:
        status = await self._get(api, ticket, ticket.status)
        state = _json(status)
        if status.status_code == 404 and self._now() - ticket.accepted < SECONDS_UNTIL_KNOWN:
            raise Again("fal does not know the request yet")
        if status.status_code == 404:
            raise OutcomeUnknown("fal no longer knows the request, which may have ended well: HTTP 404", ticket.id)
        if status.is_error:
            raise self._refused(status, ticket.id)
        if state.get("status") != "COMPLETED":
            return None
        if state.get("error"):
            raise Refused(f"the request failed: {self._safe(str(state['error']))}", ticket.id)
        response = await self._get(api, ticket, ticket.response, final=True)
        if not response.is_success:
            raise self._refused(response, ticket.id)
        ticket.errors = 0
        video = _json(response).get("video")
        url = video.get("url") if isinstance(video, dict) else None
        if not isinstance(url, str) or not url:
            raise Refused("the request succeeded without a video", ticket.id)
        return Result((await self._download(url, ticket.id),), ticket.id)

    async def _get(self, api: httpx.AsyncClient, ticket: Ticket, url: str, *, final: bool = False) -> httpx.Response:
        """fal's own answer. An error of a *final* result may be passing; after the third it is the result."""
        try:
            response = await api.get(url)
        except httpx.TransportError as error:
            raise Again(repr(error)) from error
        if response.status_code == 401:
            raise Refused("HTTP 401: the key is refused, and the request may go on", ticket.id)
        if not isinstance(_json(response), dict) or response.is_redirect:
            raise Again(f"HTTP {response.status_code} that is not from fal", _retry_after(response))
        if response.status_code in TRANSIENT:
            failed = final and response.status_code not in (403, 408, 425, 429)
            ticket.errors += failed
            if not failed or ticket.errors < RESULT_ERRORS:
                raise Again(f"HTTP {response.status_code}", _retry_after(response))
        return response

    # The end

    async def _cancel(self, api: httpx.AsyncClient, ticket: Ticket) -> None:
        """Ask once. Whether fal hears it or not, the caller learns the first reason."""
        try:
            await api.put(ticket.cancel)
        except httpx.TransportError:
            return

    async def _download(self, url: str, id: str) -> Path:
        if not (url.startswith("https://") or _origin(url) == _origin(self._base)):
            raise NotDownloaded(f"the video's address is not a public one: {url}", id)
        target, reason = self._folder / f"{id}.mp4", ""
        async with httpx.AsyncClient(timeout=self._patience, verify=_trust(), follow_redirects=True) as http:
            for attempt in range(DOWNLOADS):
                if attempt:
                    await self._pause(2.0**attempt)
                part = self._folder / f"{id}.{uuid.uuid4().hex}.part"
                try:
                    reason = await _fetch(http, url, part)
                    if not reason:
                        part.replace(target)
                        return target
                except httpx.HTTPError as error:
                    reason = repr(error)
                finally:
                    part.unlink(missing_ok=True)
        raise NotDownloaded(f"the video is made and paid for, but could not be fetched from {url}: {reason}", id)

    # Parts

    def _connect(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Key {self._key}"}
        return httpx.AsyncClient(timeout=self._patience, verify=_trust(), headers=headers)

    async def _with_connection(self, ticket: Ticket) -> None:
        async with self._connect() as api:
            await self._finish(api, ticket)

    async def _pause(self, seconds: float) -> None:
        await asyncio.to_thread(self._sleep, seconds)

    def _safe(self, text: str) -> str:
        return text.replace(self._key, "***")

    def _refused(self, response: httpx.Response, id: str | None = None) -> Refused:
        """fal's words: a list of places and messages from the model, a sentence from all else."""
        answer = _json(response)
        detail = answer.get("detail", answer) if isinstance(answer, dict) else response.text
        if isinstance(detail, list):
            places = [".".join(str(part) for part in item.get("loc", ())[1:]) for item in detail]
            words = "; ".join(f"{place}: {item.get('msg')}" for place, item in zip(places, detail, strict=True))
            return Refused(self._safe(words), id, tuple(places))
        return Refused(self._safe(f"HTTP {response.status_code}: {detail}"), id)


async def _fetch(http: httpx.AsyncClient, url: str, part: Path) -> str:
    """Write the video to *part*; returns what is wrong with it, or the empty string."""
    async with http.stream("GET", url, headers={"accept-encoding": "identity"}) as response:
        kind, promised = response.headers.get("content-type", ""), response.headers.get("content-length")
        if response.status_code != 200 or not kind.startswith("video/"):
            return f"HTTP {response.status_code} {kind}"
        size = 0
        with part.open("wb") as file:
            async for chunk in response.aiter_raw():
                size += file.write(chunk)
    return "" if promised in (None, str(size)) else f"{size} of {promised} bytes"


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _retry_after(response: httpx.Response) -> float:
    wait = response.headers.get("retry-after", "")
    return float(wait) if wait.isdecimal() else 0.0


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = httpx.URL(url)
    return parsed.scheme, parsed.host, parsed.port


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()
