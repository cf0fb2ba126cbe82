"""Tokens that stand for a key for a while: signed JWTs, so that nothing has to be remembered of them.

They do not hold the key, which would then be wherever they are: only what tells it from the other keys of the server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vidmock.problems import Unauthorized


class Tokens:
    """Issues and reads the tokens of one server, whose keys are *keys*. The same seed makes the same tokens."""

    def __init__(self, seed: int, keys: Callable[[], Iterable[str]]) -> None:
        self._keys = keys
        self._secret = hashlib.sha256(f"{seed}|fal tokens".encode()).digest()
        self._head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())

    def issue(self, key: str, claims: Mapping[str, Any]) -> str:
        """A token that stands for *key*, and says *claims*."""
        said = {**claims, "of": self._name(key)}
        text = f"{self._head}.{_base64(json.dumps(said, sort_keys=True).encode())}"
        return f"{text}.{self._signature(text)}"

    def read(self, token: str) -> Mapping[str, Any] | None:
        """The claims of a token that was issued here, with its key; when it ends is for the caller to check.

        Raises:
            Unauthorized: nothing is known of its key (any more).
        """
        text, _, signature = token.rpartition(".")
        if not token.isascii() or not hmac.compare_digest(self._signature(text), signature):
            return None
        # Signed by us, so made by us.
        claims: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(text.rpartition(".")[2] + "=="))
        for key in self._keys():
            if self._name(key) == claims["of"]:
                return {**claims, "key": key}
        raise Unauthorized(missing=False)

    def _name(self, key: str) -> str:
        """What *key* cannot be found out from, but by trying all that it could be."""
        return _base64(hmac.digest(self._secret, f"key {key}".encode(), "sha256"))

    def _signature(self, text: str) -> str:
        return _base64(hmac.digest(self._secret, text.encode(), "sha256"))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
