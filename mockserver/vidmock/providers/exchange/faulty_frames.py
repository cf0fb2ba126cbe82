"""Effects on a WebSocket: it is closed, goes silent, or a frame comes more than once."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from vidmock.engine.faults.arguments import Count, Seconds, Text
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup, Reach
from vidmock.engine.faults.rules import Moment, Phase
from vidmock.providers.exchange.broken import Unanswered
from vidmock.providers.exchange.faulty_answers import AnsweredCall, AnswerHandler

FRAMES: Final[EffectGroup[AnswerHandler]] = EffectGroup("answer", ("response", "call"), EFFECTS.add, keeps_back=True)
_ANSWERED: Final[tuple[Phase, ...]] = ("session", "after", "poll", "upload", "other")
_PHASES: Final[tuple[Phase, ...]] = (*_ANSWERED, "before")
_ONLY: Final = (Reach(("runware",), "only Runware has a WebSocket"),)
_RESERVED: Final = frozenset({1004, 1005, 1006, 1015, *range(1016, 3000)})


class CloseCode(Count):
    """A code with which a WebSocket can be closed (RFC 6455 §7.4)."""

    def __init__(self, default: int) -> None:
        super().__init__(default, least=1000, most=4999)

    def parse(self, value: object, moment: Moment) -> int | None:
        code = super().parse(value, moment)
        return None if code in _RESERVED else code


class Closed(Unanswered):
    """Closes the WebSocket with *code* and *reason*; of *whole* nothing is sent, or it is sent *seconds* before."""

    def __init__(self, whole: Response, code: int, reason: str, seconds: float) -> None:
        super().__init__()
        self.body = whole.body if seconds else b""
        self.code, self.reason, self.seconds = code, reason, seconds


class Silent(Unanswered):
    """Sends nothing any more, and keeps the WebSocket open."""


class Repeated(Response):
    """The frame of *whole*, several *times*."""

    def __init__(self, whole: Response, times: int) -> None:
        super().__init__(whole.body, whole.status_code)
        self.times = times


@FRAMES.effect(
    "socket_closed",
    "the WebSocket is closed with this code instead of the answer, or so many seconds after it",
    _PHASES,
    only=_ONLY,
    by="socket",
    code=CloseCode(1011),
    reason=Text("", "text of at most 120 characters", "(?s:.{0,120})"),
    seconds=Seconds(0.0),
)
async def _closed(response: Response, call: AnsweredCall, *, code: int, reason: str, seconds: float) -> Response:
    return Closed(response, code, reason, seconds)


@FRAMES.effect(
    "socket_silent",
    "no frame comes from here on, and the WebSocket stays open",
    _PHASES,
    only=_ONLY,
    by="socket",
)
async def _silent(response: Response, call: AnsweredCall) -> Response:
    return Silent()


@FRAMES.effect(
    "socket_repeated",
    "the frame comes several times",
    _ANSWERED,
    keeps_back=False,
    only=_ONLY,
    by="socket",
    times=Count(2, least=2, most=100),
)
async def _repeated(response: Response, call: AnsweredCall, *, times: int) -> Response:
    return Repeated(response, times)
