"""A good client of Eachlabs on the standard library: a base class, its provider, a decorator that asks again."""

from __future__ import annotations

import functools
import http.client
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from vidmock.kit.client import ClientError, NotDownloaded, OutcomeUnknown, Refused, Result, StillRunning

PASSING = {403, 408, 425, 429, 500, 502, 503, 504}
"""A 403 says that the account is locked, and nothing of the job."""
GRACE = 30.0
LONGEST_WAIT = 40.0


class Passing(Exception):
    """No answer of the provider's own. *wait* is what the answer asked for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Answer:
    """What came back, with its JSON, ``None`` where there is none."""

    def __init__(self, code: int, headers: Message, body: bytes) -> None:
        self.code = code
        self.wait = float(headers["retry-after"]) if (headers.get("retry-after") or "").isdecimal() else 0.0
        try:
            self.json = json.loads(body)
        except ValueError:
            self.json = None


class Stay(HTTPRedirectHandler):
    """An API does not send its callers elsewhere, least of all with their key."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def again(tries: int, first: float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Call a method again while it raises :class:`Passing`, with pauses that double."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(self: Base, *args: Any) -> Any:
            for attempt in range(tries - 1):
                try:
                    return method(self, *args)
                except Passing as passing:
                    self.sleep(max(first * 2**attempt, passing.wait))
            return method(self, *args)

        return call

    return decorate


class Base(ABC):
    """Submits, waits, downloads; a provider says how it is asked and what its answers mean."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None],
        now: Callable[[], float],
        publish: Callable[[Result], None] = lambda result: None,
        webhook_url: str | None = None,
        request_timeout: float = 60.0,
    ) -> None:
        self.base, self.key, self.folder = base_url.rstrip("/"), api_key, folder
        self.sleep, self.now, self.publish, self.webhook_url = sleep, now, publish, webhook_url
        self.patience = request_timeout
        self.started: dict[str, float] = {}
        self.results: dict[str, Result] = {}
        self.lock = threading.RLock()

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        ends = self.now() + deadline
        job = self.submit(model, input)
        try:
            return self.wait(job, ends)
        except KeyboardInterrupt:
            self.cancel(job)
            raise

    def wait(self, job: str, ends: float) -> Result:
        pause, asked = 1.5, 0.0
        while (left := ends - self.now()) > 0:
            self.sleep(min(max(pause, asked), left))
            asked, pause = 0.0, min(pause * 1.5, 10.0)
            try:
                result = self.look(job)
            except Passing as passing:
                asked = passing.wait
                continue
            if result:
                return result
        self.cancel(job)
        with suppress(Passing, ClientError):
            if result := self.look(job):
                # It ended while it was cancelled.
                return result
        raise StillRunning("the deadline passed before the job ended", job)

    def look(self, job: str) -> Result | None:
        """Ask once; whoever sees the end first publishes it."""
        with self.lock:
            if job not in self.results:
                result = self.read(job, self.poll(job))
                if result is None:
                    return None
                self.results[job] = result
                self.publish(result)
            return self.results[job]

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """A webhook is a hint to look; nothing else in it is believed."""
        for job in self.named(json.loads(body)):
            if job not in self.started:
                raise KeyError(job)
            self.look(job)

    @abstractmethod
    def submit(self, model: str, input: Mapping[str, Any]) -> str: ...

    @abstractmethod
    def cancel(self, job: str) -> None: ...

    @abstractmethod
    def poll(self, job: str) -> Any: ...

    @abstractmethod
    def read(self, job: str, answer: Any) -> Result | None: ...

    @abstractmethod
    def named(self, message: Any) -> list[str]: ...

    @abstractmethod
    def headers(self) -> dict[str, str]: ...

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = self.headers() | ({"Content-Type": "application/json"} if data else {})
        request = Request(self.base + path, data, headers, method=method)
        try:
            with build_opener(Stay).open(request, timeout=self.patience) as response:
                return Answer(response.status, response.headers, response.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def buy(self, method: str, path: str, body: Any) -> Answer:
        """Send what costs money, once, except where it was refused for being too early."""
        for attempt in range(4):
            try:
                answer = self.send(method, path, body)
            except URLError as error:
                if isinstance(error.reason, ConnectionRefusedError):
                    raise Refused(f"there is no connection: {error.reason}") from error
                raise OutcomeUnknown(f"the connection broke, the job may exist: {error.reason}") from error
            except (OSError, http.client.HTTPException) as error:
                raise OutcomeUnknown(f"the answer was lost, the job may exist: {error!r}") from error
            if answer.code != 429 or answer.json is None or attempt == 3:
                break
            if answer.wait > LONGEST_WAIT:
                # Its caller has not that much time.
                break
            self.sleep(answer.wait or 2.0 * 2**attempt)
        if answer.code >= 500 or answer.code in (408, 425) or not isinstance(answer.json, dict):
            raise OutcomeUnknown(f"HTTP {answer.code} does not say whether there is a job")
        return answer

    def ask(self, job: str, method: str, path: str, body: Any = None) -> Any:
        """The provider's own JSON to a question that costs nothing."""
        try:
            answer = self.send(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise Passing(repr(error)) from error
        if answer.code == 401:
            raise Refused("HTTP 401: the key is refused, and the job may go on", job)
        if answer.code == 404 and self.now() - self.started[job] > GRACE:
            raise OutcomeUnknown("the job is no longer known, and may have ended well: HTTP 404", job)
        if answer.code in PASSING or answer.code == 404 or not isinstance(answer.json, dict):
            raise Passing(f"HTTP {answer.code}", answer.wait)
        return answer.json

    def words(self, text: object) -> str:
        return str(text).replace(self.key, "[key]")

    def download(self, url: Any, name: str, job: str) -> Path:
        if not isinstance(url, str) or not url:
            raise Refused("the job succeeded without a video", job)
        if urlsplit(url).scheme != "https" and urlsplit(url).netloc != urlsplit(self.base).netloc:
            raise NotDownloaded(f"the video's address is not a public one: {url}", job)
        try:
            body = self.fetch(url)
        except Passing as passing:
            raise NotDownloaded(f"the video is paid for, but {url} could not be fetched: {passing}", job) from passing
        target = self.folder / name
        part = target.with_suffix(".part")
        part.write_bytes(body)
        part.replace(target)
        return target

    @again(tries=5, first=2.0)
    def fetch(self, url: str) -> bytes:
        try:
            with build_opener().open(url, timeout=self.patience) as response:
                kind, body = str(response.headers.get("content-type")), bytes(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Passing(repr(error)) from error
        if not kind.startswith("video/") or not _is_whole(body):
            raise Passing(f"{len(body)} bytes of {kind}, which are no whole video")
        return body


class Client(Base):
    """Predictions: one request each, one answer each, an error in ``details`` or in the output."""

    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self.key}

    def named(self, message: Any) -> list[str]:
        return [str(message["exec_id"])]

    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        hook = {"webhook_url": self.webhook_url} if self.webhook_url else {}
        answer = self.buy("POST", "/prediction", {"model": model, "input": dict(input), **hook})
        said = answer.json
        if answer.code >= 300:
            raise Refused(self.words(f"{said.get('message') or said.get('error')}: {said.get('details')}"))
        job = str(said["predictionID"])
        self.started[job] = self.now()
        return job

    def poll(self, job: str) -> Any:
        return self.ask(job, "GET", f"/prediction/{job}")

    def read(self, job: str, answer: Any) -> Result | None:
        status, output = answer.get("status"), answer.get("output")
        if status in ("error", "failed", "cancelled"):
            reason = output.get("error_message") if isinstance(output, dict) else None
            reason = reason or answer.get("details") or answer.get("error") or output or "no reason was given"
            raise Refused(self.words(f"the prediction ended as {status}: {reason}"), job)
        if status != "success":
            return None
        cost = (answer.get("metrics") or {}).get("cost")
        video = self.download(output, f"{job}.mp4", job)
        return Result((video,), job, None if cost is None else Decimal(str(cost)))

    def cancel(self, job: str) -> None:
        try:
            self.send("POST", f"/prediction/{job}/cancel")
        except (OSError, http.client.HTTPException):
            return


def _is_whole(body: bytes) -> bool:
    """Whether the boxes of an MP4 fill it exactly, the first of which says that it is one."""
    place = 0
    while place + 8 <= len(body):
        size = int.from_bytes(body[place : place + 4])
        if size < 8:
            return False
        place += size
    return body[4:8] == b"ftyp" and place == len(body)
