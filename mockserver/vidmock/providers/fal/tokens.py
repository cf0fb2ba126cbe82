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
    """Issues and reads the tokens of one server. The same seed makes the same tokens.

    *is_used* says whether a key is in use, and *keys* gives all that are. A key is named once, and not for each token.
    """

    def __init__(self, seed: int, keys: Callable[[], Iterable[str]], is_used: Callable[[str], bool]) -> None:
        self._keys, self._is_used = keys, is_used
        self._by_name: dict[str, str] = {}
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
        key = self._key(claims["of"])
        if key is None:
            raise Unauthorized(missing=False)
        return {**claims, "key": key}

    def _key(self, name: str) -> str | None:
        """The key of that name, if it is in use."""
        key = self._by_name.get(name)
        if key is None or not self._is_used(key):
            named = {key: name for name, key in self._by_name.items()}
            self._by_name = {named.get(key) or self._name(key): key for key in self._keys()}
            key = self._by_name.get(name)
        return key

    def _name(self, key: str) -> str:
        """A keyed digest of *key*, from which the key cannot be computed."""
        return _base64(hmac.digest(self._secret, f"key {key}".encode(), "sha256"))

    def _signature(self, text: str) -> str:
        return _base64(hmac.digest(self._secret, text.encode(), "sha256"))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
