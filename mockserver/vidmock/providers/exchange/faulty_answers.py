"""Effects that replace an answer or end the connection, and the types that every effect on an answer uses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Concatenate, Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, Response

from vidmock.engine.faults.arguments import Choice, Count, Flag, Seconds, Text
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup
from vidmock.engine.faults.rules import ANY_CALL, Effect
from vidmock.engine.jobs.job import Job
from vidmock.engine.service.engine import Engine
from vidmock.engine.world.world import World
from vidmock.providers.exchange.broken import HalfClosed, Hung, Lost, PortRefused
from vidmock.providers.exchange.elsewhere import Away, leads_away
from vidmock.providers.exchange.envelope import Arrival
from vidmock.providers.exchange.world_time import passed


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """The call whose answer *effect* changes: its world, its moment there, the jobs that were struck, how it came.

    *url* is what was asked for, as the client knows it.
    """

    engine: Engine
    world: World
    now: float
    jobs: tuple[Job, ...]
    effect: Effect
    arrival: Arrival
    url: str

    def away(self, where: str) -> Away:
        """Where a URL leads that is led to another *where*."""
        port = self.arrival.port.another() if where == "port" and self.arrival.port else None
        return Away(self.arrival.origin, self.arrival.hosts, where, port)


AnswerHandler = Callable[Concatenate[Response, AnsweredCall, ...], Awaitable[Response | None]]
"""Makes the answer that is sent from the one that the dialect gave; ``None`` leaves it, and the fault hides nothing."""
ANSWERS: Final[EffectGroup[AnswerHandler]] = EffectGroup("answer", ("response", "call"), EFFECTS.add, keeps_back=True)

_HTTP_CALL: Final = tuple(phase for phase in ANY_CALL if phase not in ("connect", "session"))
WITHOUT_BODY: Final = frozenset({204, 205, 304})
"""Statuses whose answers have no body."""
_EDGE: Final = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}


WHERE: Final = Choice("host", "path", "port", default="host")
"""What is another where an address leads."""


class Status(Count):
    """An HTTP status that an answer can have."""

    def __init__(self, default: int) -> None:
        super().__init__(default, least=200, most=599)


def bare_answer(status: int, text: str = "") -> Response:
    """An answer of *text* as plain text, or of no body where *status* allows none."""
    return Response(status_code=status) if status in WITHOUT_BODY else PlainTextResponse(text, status)


def with_body(response: Response, body: bytes) -> Response:
    """An answer with the status and headers of *response*, and *body* with its own Content-Length."""
    kept = {key: value for key, value in response.headers.items() if key != "content-length"}
    return Response(body, response.status_code, kept)


@ANSWERS.effect(
    "edge_page",
    "an HTML page of the edge instead of the answer",
    ANY_CALL,
    status=Status(502),
    nginx=Flag(default=False),
    retry_after=Text("", "a Retry-After: seconds, or a date", "[ -~]{0,100}"),
)
async def _edge_page(response: Response, call: AnsweredCall, *, status: int, nginx: bool, retry_after: str) -> Response:
    if status in WITHOUT_BODY:
        return bare_answer(status)
    title = f"{status} {_EDGE.get(status, 'Error')}"
    served_by = "<hr><center>nginx</center>" if nginx else ""
    body = f"<center><h1>{title}</h1></center>{served_by}"
    page = f"<html><head><title>{title}</title></head><body>{body}</body></html>\r\n"
    headers = {"retry-after": retry_after} if retry_after else None
    return Response(page, status, headers, "text/html")


@ANSWERS.effect("status", "another HTTP status, with a plain body", ANY_CALL, code=Status(500), text=Text())
async def _status(response: Response, call: AnsweredCall, *, code: int, text: str) -> Response:
    return bare_answer(code, text)


@ANSWERS.effect("lost", "the connection is closed without an answer", ANY_CALL)
async def _lost(response: Response, call: AnsweredCall) -> Response:
    return Lost(reset=False)


@ANSWERS.effect("reset", "the connection is reset without an answer", ANY_CALL)
async def _reset(response: Response, call: AnsweredCall) -> Response:
    return Lost(reset=True)


HUNG = 60.0
"""Real seconds after which the port is opened again though the world's clock, which programs live by, has stopped."""


@ANSWERS.effect(
    "refused",
    "the connection is reset, and the port refuses everybody for so many seconds",
    ANY_CALL,
    seconds=Seconds(1.0),
)
async def _refused(response: Response, call: AnsweredCall, *, seconds: float) -> Response:
    """What a prompt asks for concerns its own key alone, and with a stepped clock, which waits for calls, one call."""
    if call.effect.confined:
        if call.world.clock.mode.kind != "step":
            call.world.faults.shut(call.now + seconds, call.effect.rule)
        return Lost(reset=True)
    # No real time may decide what a program sees that lives by the world's clock.
    at_most = HUNG if call.world.clock.is_lived_by else seconds
    return PortRefused(passed(call.world, seconds), at_most)


@ANSWERS.effect(
    "half_closed",
    "the connection ends on the server's side, without an answer; the client's stays open",
    ANY_CALL,
)
async def _half_closed(response: Response, call: AnsweredCall) -> Response:
    return HalfClosed()


@ANSWERS.effect("hang", "no answer, and no end of the connection", ANY_CALL)
async def _hang(response: Response, call: AnsweredCall) -> Response:
    return Hung(call.world.clock)


@ANSWERS.effect(
    "redirected",
    "a redirection to another host, path or port, which passes on what it is asked for",
    _HTTP_CALL,
    by="http",
    where=WHERE,
    status=Status(307),
)
async def _redirected(response: Response, call: AnsweredCall, *, where: str, status: int) -> Response | None:
    led = call.away(where).url(call.url)
    # Who has followed it is there.
    return None if leads_away(urlsplit(call.url).path) else Response(None, status, {"location": led})
