"""Clients that are programs in any language, as the kit calls clients."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from vidmock.contract.case import Feature
from vidmock.contract.command_words import command_words
from vidmock.contract.process_group import ProcessGroups, Say
from vidmock.contract.program import Program
from vidmock.contract.program_lines import NoAnswer
from vidmock.contract.told_kinds import ERRORS_AS
from vidmock.kit.client import ClientError, Result
from vidmock.kit.parts.connection import REQUEST_TIMEOUT

PROGRAM_FEATURES: Final[tuple[Feature, ...]] = ("cancels", "downloads", "request_timeout")
"""What a program can do, unless it is said to lack it."""


class ProgramClients:
    """Makes clients that are copies of the program *command*, for *provider*; they *lack* those features.

    A copy is given one call at a time, and kept for the next client. ``close`` ends all of them.

    Raises:
        BadRequest: *command* is none.
    """

    real_time: Final = True

    def __init__(self, command: str, provider: str, lacks: frozenset[Feature], say: Say) -> None:
        self._argv, self._say = command_words(command, "--command 'node adapter.mjs'"), say
        self._groups = ProcessGroups()
        self.provider, self.lacks = provider, lacks
        self._token = f"vidmock-{secrets.token_hex(8)}"
        self._lock, self._ids = Lock(), itertools.count(1)
        self._idle: list[Program] = []

    def __call__(
        self,
        *,
        base_url: str,
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None],
        now: Callable[[], float],
        publish: Callable[[Result], None],
        webhook_url: str | None,
        request_timeout: float = REQUEST_TIMEOUT,
    ) -> ProgramClient:
        given = {
            "provider": self.provider,
            "base_url": base_url,
            "api_key": api_key,
            "request_timeout": request_timeout,
            "folder": str(folder),
        }
        return ProgramClient(self, given, publish)

    def take(self) -> Program:
        """A copy that is asked nothing. Raises ProgramNotStarted."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Program(self._groups, self._argv, self._token, self._say)

    def give_back(self, copy: Program) -> None:
        """It has answered, and may be asked again."""
        with self._lock:
            self._idle.append(copy)

    def next_id(self) -> str:
        return str(next(self._ids))

    def close(self) -> None:
        """End all copies. Who waits for an answer of one gets none, and no other copy."""
        self._groups.close()


class ProgramClient:
    """A client that has a copy of the program make its calls. It *publishes* what the program has answered."""

    def __init__(self, clients: ProgramClients, given: Mapping[str, Any], publish: Callable[[Result], None]) -> None:
        self.lacks = clients.lacks
        self._clients, self._given, self._publish = clients, given, publish
        self._asked: Program | None = None

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        """As ``Client.generate``. Raises ClientError, ProgramNotStarted, NoAnswer."""
        call = {**self._given, "id": self._clients.next_id(), "model": model, "input": input, "deadline": deadline}
        self._asked = copy = self._clients.take()
        answer = copy.ask(call)
        self._asked = None
        self._clients.give_back(copy)
        if error := answer.get("error"):
            kind = ERRORS_AS[error["kind"]] if error.get("kind") else ClientError
            raise kind(": ".join(filter(None, (error.get("type"), error["text"]))), error.get("job"))
        cost = answer.get("cost")
        videos = tuple(self._video(place) for place in answer["videos"])
        result = Result(videos, answer["job"], None if cost is None else Decimal(str(cost)))
        self._publish(result)
        return result

    def close(self) -> None:
        """End the copy that has not answered."""
        if self._asked:
            self._asked.end()

    def _video(self, place: str) -> bytes | Path:
        """The video at *place*, an address of the mock or a file. Raises NoAnswer: it is neither."""
        if place.startswith(("http://", "https://")):
            return _fetched(place, self._given["base_url"])
        if not (file := Path(self._given["folder"]) / place).is_file():
            raise NoAnswer(f"the program answered with a video that is not there: {place}")
        return file


def _fetched(url: str, base_url: str) -> bytes:
    if urlsplit(url)[:2] != urlsplit(base_url)[:2]:
        raise NoAnswer(f"the program answered with a video that is not the mock's: {url}")
    with httpx.Client(trust_env=False) as http:
        try:
            return http.get(url).raise_for_status().content
        except httpx.HTTPError as error:
            raise NoAnswer(f"the program answered with a video that cannot be fetched: {error}") from error
