"""Clients that are programs in any language, as the kit calls clients."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx

from vidmock.contract.case import Feature
from vidmock.contract.conversation import Conversation, ProgramMessage
from vidmock.contract.process_group import ProgramNotStarted
from vidmock.contract.program_lines import NoAnswer
from vidmock.contract.told_kinds import ERRORS_AS
from vidmock.kit.client import ClientError, Refused, Result
from vidmock.kit.parts.connection import REQUEST_TIMEOUT

PROGRAM_FEATURES: Final[tuple[Feature, ...]] = ("cancels", "downloads", "public_only", "request_timeout")
"""What a program can do, unless it is said to lack it."""
MORE_FEATURES: Final[tuple[Feature, ...]] = ("webhooks", "at_once", "interrupts", "resumes")
"""What a program can do if it is said to have it: its adapter needs more than calls and answers for it."""


class Copy(Protocol):
    """A program that runs."""

    conversation: Conversation


class Copies(Protocol):
    """Where programs that run are to be had."""

    def take(self) -> Copy:
        """One that is asked nothing. Raises ProgramNotStarted: there is none."""

    def give_back(self, copy: Any, *, used_up: bool) -> None:
        """Its client needs it no more; one that is *used_up*, or owes an answer, is not to be had again."""

    def close(self) -> None:
        """End all of them. Who waits for an answer of one gets none."""


class ProgramClients:
    """Makes clients that are one of *copies* each, for *provider*. They *lack* those features, and *have* those.

    ``close`` ends all copies.
    """

    real_time: Final = True

    def __init__(
        self, copies: Copies, provider: str, lacks: frozenset[Feature], have: frozenset[Feature] = frozenset()
    ) -> None:
        self.copies, self.provider = copies, provider
        self.lacks = lacks | (frozenset(MORE_FEATURES) - have)
        self._ids = itertools.count(1)
        self.close = copies.close

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
        given: dict[str, Any] = {
            "provider": self.provider,
            "base_url": base_url,
            "api_key": api_key,
            "request_timeout": request_timeout,
            "folder": str(folder),
        }
        if webhook_url is not None:
            given["webhook_url"] = webhook_url
        # It is taken before the time of any call begins: there may be none yet that is free.
        copy: Copy | ProgramNotStarted
        try:
            copy = self.copies.take()
        except ProgramNotStarted as refusal:
            copy = refusal
        made = ProgramClient if "webhooks" in self.lacks else WithWebhooks
        return made(self, copy, given, publish)

    def next_id(self) -> str:
        return str(next(self._ids))


class ProgramClient:
    """A client that has one copy of the program make its calls. What that has answered, is published."""

    def __init__(
        self,
        clients: ProgramClients,
        copy: Copy | ProgramNotStarted,
        given: Mapping[str, Any],
        publish: Callable[[Result], None],
    ) -> None:
        self.lacks = clients.lacks
        self._clients, self._given, self._publish = clients, given, publish
        self._copy = copy
        self._open: set[str] = set()
        if not isinstance(copy, ProgramNotStarted):
            copy.conversation.report(self._published)

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        """As ``Client.generate``. Raises ClientError, KeyboardInterrupt, ProgramNotStarted, NoAnswer."""
        return self._call({"model": model, "input": input, "deadline": deadline})

    def resume(self, job: str, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        """As ``ResumesJobs.resume``. Raises as ``generate``."""
        return self._call({"model": model, "input": input, "deadline": deadline, "job": job})

    def _call(self, asked: ProgramMessage) -> Result:
        call = self._clients.next_id()
        self._open.add(call)
        try:
            answer = self._ask(call, {**self._given, **asked}, "videos")
        finally:
            self._open.discard(call)
        if error := answer.get("error"):
            if error.get("kind") == "interrupted":
                raise KeyboardInterrupt(error["text"])
            kind = ERRORS_AS[error["kind"]] if error.get("kind") else ClientError
            raise kind(": ".join(filter(None, (error.get("type"), error["text"]))), error.get("job"))
        cost = answer.get("cost")
        videos = tuple(self._video(place) for place in answer["videos"])
        result = Result(videos, answer["job"], None if cost is None else Decimal(str(cost)))
        self._answered(result)
        return result

    def interrupt(self) -> None:
        """Its caller wants no video any more: take back the calls that are not answered."""
        if not isinstance(self._copy, ProgramNotStarted):
            for call in tuple(self._open):
                self._copy.conversation.tell({"cancel": call})

    def close(self) -> None:
        """Give the copy back; one that has not answered is ended."""
        if not isinstance(self._copy, ProgramNotStarted):
            self._copy.conversation.report(lambda job: None)
            # What one that is told of webhooks knows of its jobs, the next client must not know.
            self._clients.copies.give_back(self._copy, used_up="webhook_url" in self._given)

    def _ask(self, identity: str, message: ProgramMessage, wanted: str) -> ProgramMessage:
        """The answer to *message*, which has what is *wanted*, or an error. Raises ProgramNotStarted, NoAnswer."""
        if isinstance(self._copy, ProgramNotStarted):
            raise self._copy
        answer = self._copy.conversation.ask({**message, "id": identity})
        if wanted not in answer and "error" not in answer:
            raise NoAnswer(f"the program's answer to the call {answer['id']!r} has neither {wanted} nor an error")
        return answer

    def _answered(self, result: Result) -> None:
        """What is answered is what its caller has: it stands for what must not happen twice."""
        self._publish(result)

    def _published(self, job: str) -> None:
        """The program says so of one of its jobs; one that takes no webhooks publishes what it answers."""

    def _video(self, place: str) -> bytes | Path:
        """The video at *place*, an address of the mock or a file. Raises NoAnswer: it is neither."""
        if place.startswith(("http://", "https://")):
            return _fetched(place, self._given["base_url"])
        if not (file := Path(self._given["folder"]) / place).is_file():
            raise NoAnswer(f"the program answered with a video that is not there: {place}")
        return file


class WithWebhooks(ProgramClient):
    """The same of a program that takes webhooks. What it publishes, an answer or a webhook, it says by itself."""

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """As ``TakesWebhooks.handle_webhook``. Raises Refused, ProgramNotStarted, NoAnswer."""
        webhook = {"body": body.decode("utf-8", "replace"), "headers": dict(headers)}
        answer = self._ask(self._clients.next_id(), {"webhook": webhook}, "taken")
        if not answer.get("taken"):
            raise Refused((answer.get("error") or {"text": "not taken"})["text"])

    def _answered(self, result: Result) -> None:
        """It has said by itself that it has published."""

    def _published(self, job: str) -> None:
        self._publish(Result((), job))


def _fetched(url: str, base_url: str) -> bytes:
    if urlsplit(url)[:2] != urlsplit(base_url)[:2]:
        raise NoAnswer(f"the program answered with a video that is not the mock's: {url}")
    with httpx.Client(trust_env=False) as http:
        try:
            return http.get(url).raise_for_status().content
        except httpx.HTTPError as error:
            raise NoAnswer(f"the program answered with a video that cannot be fetched: {error}") from error
