"""What tells whose call it is: an API key, or what stands for one for a while."""

from __future__ import annotations

import math
from dataclasses import dataclass

from starlette.requests import Request

from vidmock.problems import WrongScheme


@dataclass(frozen=True, slots=True)
class Credential:
    """An API *key*, or what stands for it *until* then (seconds since the epoch, on the clock of the key's world)."""

    key: str
    until: float = math.inf

    @classmethod
    def of(cls, key: str | None) -> Credential | None:
        """*key* for good; ``None`` where there is none."""
        return cls(key) if key else None


def bearer(request: Request, *schemes: str) -> str | None:
    """The credentials of the Authorization header, under one of *schemes* (lower case); the empty one is for bare keys.

    Raises:
        WrongScheme: there are some, under another.
    """
    header = request.headers.get("authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    if not header or scheme.lower() in schemes:
        return rest.strip() or None
    if "" in schemes and not rest:
        return header
    raise WrongScheme(scheme.lower() if rest else "", [f"{known.title()} <key>".strip() for known in schemes])
