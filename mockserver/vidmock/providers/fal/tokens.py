"""Tokens that stand for a key: signed JWTs, so that the server need not store them.

A token does not have the key itself, which would leak with it, but a digest that tells it from the server's other keys.
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
    """Issues and reads the tokens of one server; *keys* gives the keys in use. The same seed makes the same tokens."""

    def __init__(self, seed: int, keys: Callable[[], Iterable[str]]) -> None:
        self._keys = keys
        self._secret = hashlib.sha256(f"{seed}|fal tokens".encode()).digest()
        self._head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())

    def issue(self, key: str, claims: Mapping[str, Any]) -> str:
        """A token that stands for *key*, with *claims*."""
        payload = {**claims, "of": self._name(key)}
        text = f"{self._head}.{_base64(json.dumps(payload, sort_keys=True).encode())}"
        return f"{text}.{self._signature(text)}"

    def read(self, token: str) -> Mapping[str, Any] | None:
        """The claims of a token that was issued here, with its key; ``None`` for another. It may have expired.

        Raises:
            Unauthorized: its key is not in use (any more).
        """
        text, _, signature = token.rpartition(".")
        if not token.isascii() or not hmac.compare_digest(self._signature(text), signature):
            return None
        # The signature holds, so the payload is one that issue() made.
        claims: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(text.rpartition(".")[2] + "=="))
        for key in self._keys():
            if self._name(key) == claims["of"]:
                return {**claims, "key": key}
        raise Unauthorized(missing=False)

    def _name(self, key: str) -> str:
        """A keyed digest of *key*, from which the key cannot be computed."""
        return _base64(hmac.digest(self._secret, f"key {key}".encode(), "sha256"))

    def _signature(self, text: str) -> str:
        return _base64(hmac.digest(self._secret, text.encode(), "sha256"))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
