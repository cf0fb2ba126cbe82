"""A good client of fal that believes its webhooks, once it has verified them by the keys that fal publishes."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.kit.mutants.clients.fal_asyncio import Client as Polls

from vidmock.kit.client import Refused, Result

LEEWAY = 300.0
"""Seconds that a webhook's timestamp may be off."""


class Forged(Exception):
    """The webhook is not from fal, or not for us."""


class Client(Polls):
    """Polls as its parent does, in case that no webhook comes."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._keys: list[Ed25519PublicKey] = []

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        with suppress(httpx.HTTPError, ValueError, KeyError):
            # Before they are needed, so that no webhook waits for them.
            self._keys = self._keys or self._published_keys()
        return super().generate(model, input, deadline=deadline)

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        self._verify(body, {name.lower(): value for name, value in headers.items()})
        message = json.loads(body)
        ticket = self._tickets.get(message["request_id"])
        if ticket is None:
            raise Forged("fal tells of a request of somebody else")
        video = (message.get("payload") or {}).get("video") or {}
        with ticket.lock:
            if ticket.done is None:
                if message.get("status") != "OK" or not video.get("url"):
                    raise Refused("the request failed, which the next poll tells in full", ticket.id)
                ticket.done = Result((asyncio.run(self._download(video["url"], ticket.id)),), ticket.id)
                self._publish(ticket.done)

    def _verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        names = ("request-id", "user-id", "timestamp")
        said = [headers.get(f"x-fal-webhook-{name}", "") for name in names]
        signature = bytes.fromhex(headers.get("x-fal-webhook-signature", ""))
        if not said[2].isdecimal() or abs(_wall() - int(said[2])) > LEEWAY:
            raise Forged("the webhook is too old, or from the future")
        signed = "\n".join([*said, sha256(body).hexdigest()]).encode()
        if not self._is_signed(signed, signature):
            # The key may be a new one.
            self._keys = self._published_keys()
            if not self._is_signed(signed, signature):
                raise Forged("no key of fal's has signed it")

    def _is_signed(self, message: bytes, signature: bytes) -> bool:
        for key in self._keys:
            try:
                key.verify(signature, message)
            except InvalidSignature:
                continue
            return True
        return False

    def _published_keys(self) -> list[Ed25519PublicKey]:
        rest = self._base.removesuffix("/queue") + "/rest"
        published = httpx.get(f"{rest}/.well-known/jwks.json", timeout=self._patience).json()["keys"]
        return [Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key["x"] + "==")) for key in published]


def _wall() -> float:
    """fal signs by the clock on the wall, whatever clock its jobs live by here."""
    return datetime.now(UTC).timestamp()
