"""Tokens that stand for a key for a while: signed JWTs, so that nothing has to be remembered of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any


class Tokens:
    """Issues and reads the tokens of one server. The same seed makes the same tokens."""

    def __init__(self, seed: int) -> None:
        self._secret = hashlib.sha256(f"{seed}|fal tokens".encode()).digest()
        self._head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())

    def issue(self, claims: Mapping[str, Any]) -> str:
        text = f"{self._head}.{_base64(json.dumps(claims, sort_keys=True).encode())}"
        return f"{text}.{self._signature(text)}"

    def read(self, token: str) -> Mapping[str, Any] | None:
        """The claims of a token that was issued here; when it ends is for the caller to check."""
        text, _, signature = token.rpartition(".")
        if not token.isascii() or not hmac.compare_digest(self._signature(text), signature):
            return None
        # Signed by us, so made by us.
        claims: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(text.rpartition(".")[2] + "=="))
        return claims

    def _signature(self, text: str) -> str:
        return _base64(hmac.digest(self._secret, text.encode(), "sha256"))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
