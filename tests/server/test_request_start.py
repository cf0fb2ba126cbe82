"""A request that was looked at, or that somebody began to answer, can be had again as a whole."""

from __future__ import annotations

import asyncio

from starlette.types import Message

from vidmock.server.request_start import HELD_BODY, RequestStart


def started(method: str, *bodies: bytes) -> RequestStart:
    """The start of a request whose client sends *bodies*, and then nothing more."""
    left: list[Message] = [
        {"type": "http.request", "body": body, "more_body": number < len(bodies)}
        for number, body in enumerate(bodies, 1)
    ]

    async def receive() -> Message:
        assert left, "it is waited for what never comes"
        return left.pop(0)

    async def send(message: Message) -> None:
        """Nobody is told anything."""

    return RequestStart({"type": "http", "method": method}, receive, send)


async def taken(start: RequestStart) -> bytes:
    """What an application reads."""
    found, more = b"", True
    while more:
        message = await start.receive()
        found, more = found + message["body"], message["more_body"]
    return found


def test_what_was_taken_to_be_answered_can_be_sent_on_all_the_same() -> None:
    async def play() -> None:
        for bodies in ((b"",), (b"a", b"b", b"")):
            start, whole = started("GET", *bodies), b"".join(bodies)
            assert await taken(start) == whole
            start.again()
            assert start.harmless
            assert await start.body() == whole
            start.again()
            assert await taken(start) == whole

    asyncio.run(play())


def test_what_was_taken_in_part_goes_on_where_it_was_left() -> None:
    async def play() -> None:
        start = started("GET", b"a", b"b", b"c")
        await start.receive()
        start.again()
        assert await taken(start) == b"abc"

    asyncio.run(play())


def test_a_body_that_is_too_long_to_be_held_is_passed_on_once() -> None:
    async def play() -> None:
        bodies = [bytes(HELD_BODY // 2)] * 4
        start = started("GET", *bodies)
        assert start.harmless
        assert await taken(start) == b"".join(bodies)
        assert not start.harmless

    asyncio.run(play())


def test_of_what_may_change_something_no_body_is_held_while_it_is_answered() -> None:
    async def play() -> None:
        start = started("POST", b"a", b"b")
        assert await taken(start) == b"ab"
        assert not start.harmless

    asyncio.run(play())
