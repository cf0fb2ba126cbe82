"""Reads a request's body as JSON, once, and without holding up other requests where it is a large one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from starlette.requests import Request

from vidmock import strict_json
from vidmock.engine.memory import MOST_VALUES, Lease, json_size
from vidmock.problems import BadJSON, BadRequest, TooLarge
from vidmock.providers.exchange.beside import WORKED_AT_ONCE, beside
from vidmock.providers.exchange.envelope import json_type, read_body

_BEGINNINGS: Final = tuple(bytes([char]) for char in b'{["-0123456789 \t\n\r')


@dataclass(frozen=True, slots=True)
class _Read:
    value: Any
    weight: int


class BodyReader:
    """Reads the body that was *sent* with *headers*; *oversize* is raised instead, where it was too large."""

    def __init__(self, sent: bytes, headers: Mapping[str, str], oversize: TooLarge | None = None) -> None:
        self.sent = sent
        self._headers, self._oversize = headers, oversize
        self._read: _Read | BadJSON | None = None

    @classmethod
    async def of(cls, request: Request, room: Lease, body: bytes | None = None) -> Self:
        """A reader of the body of *request*, which counts in *room*, or of *body* in its place; it has read ahead.

        Raises:
            Unavailable: the bodies of all requests that are under way take too much memory.
        """
        try:
            reader = cls(await read_body(request, room) if body is None else body, request.headers)
        except TooLarge as problem:
            reader = cls(b"", request.headers, problem)
        return await reader.read_ahead()

    @property
    def body(self) -> bytes:
        """The body. Raises TooLarge."""
        if self._oversize:
            raise self._oversize
        return self.sent

    async def read_ahead(self) -> Self:
        """Read the body now, if it is a large one that may be JSON."""
        if len(self.sent) > WORKED_AT_ONCE and self.sent.startswith(_BEGINNINGS):
            self._read = await beside(len(self.sent), self._parsed)
        return self

    @property
    def weight(self) -> int:
        """What the values of the body take, in bytes, where it is JSON that was read; else 0."""
        return self._read.weight if isinstance(self._read, _Read) else 0

    def json(self) -> Any:
        """The body as strict JSON. Raises TooLarge; BadJSON, also where it has more than ``MOST_VALUES``."""
        if self._oversize:
            raise self._oversize
        if self._read is None:
            self._read = self._parsed()
        if isinstance(self._read, BadJSON):
            raise self._read
        return self._read.value

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BadJSON, BadRequest, TooLarge."""
        value = self.json()
        if not isinstance(value, dict):
            raise BadRequest(f"the body must be a JSON object, not {json_type(value)}")
        return value

    def _parsed(self) -> _Read | BadJSON:
        try:
            return _Read(strict_json.loads(self.sent, most=MOST_VALUES), json_size(self.sent))
        except BadJSON as problem:
            encoding = self._headers.get("content-encoding", "identity")
            if encoding == "identity":
                return problem
            return BadJSON(f"the body has Content-Encoding {encoding[:40]!r}; send it without")
