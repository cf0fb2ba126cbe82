"""Reads a request's body as JSON, once, and without holding up other requests where it is a large one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from vidmock import strict_json
from vidmock.problems import BadJSON, BadRequest, TooLarge
from vidmock.providers.exchange.envelope import json_type

MOST_VALUES: Final = 25_000
"""The most values of a body, a limit of ours: reading and judging one takes microseconds, and its sender counts."""
READ_AT_ONCE: Final = 2**18
"""Bytes of a body up to which it is read between two other requests; a larger one is read in a thread."""
_BEGINNINGS: Final = (b"{", b"[", b" ", b"\t", b"\n", b"\r")


@dataclass(frozen=True, slots=True)
class _Read:
    value: Any


class BodyReader:
    """Reads *body*, which came with *headers*; *oversize* is raised instead, where the body was too large."""

    def __init__(self, body: bytes, headers: Mapping[str, str], oversize: TooLarge | None = None) -> None:
        self._body, self._encoding, self._oversize = body, headers.get("content-encoding", "identity"), oversize
        self._read: _Read | BadJSON | None = None

    async def read_ahead(self) -> Self:
        """Read the body now, if it is a large one that may be JSON."""
        if len(self._body) > READ_AT_ONCE and self._body.startswith(_BEGINNINGS):
            self._read = await asyncio.to_thread(self._parsed)
        return self

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
            return _Read(strict_json.loads(self._body, most=MOST_VALUES))
        except BadJSON as problem:
            if self._encoding == "identity":
                return problem
            return BadJSON(f"the body has Content-Encoding {self._encoding[:40]!r}; send it without")
