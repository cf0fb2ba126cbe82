"""Whether a webhook is fal's, as fal's published sample judges it, with the library that it uses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

LEEWAY = 300
"""Seconds by which the time in a signature may differ from the receiver's."""


def verifies(published: Any, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """What fal's published sample does, with PyNaCl as there: x is decoded as it stands, each key is tried."""
    signed = [headers[f"x-fal-webhook-{name}"] for name in ("request-id", "user-id", "timestamp")]
    if abs(int(now) - int(signed[2])) > LEEWAY:
        return False
    message = "\n".join([*signed, hashlib.sha256(body).hexdigest()]).encode()
    for key in published:
        try:
            verifier = VerifyKey(base64.urlsafe_b64decode(key["x"]))
            verifier.verify(message, bytes.fromhex(headers["x-fal-webhook-signature"]))
        except BadSignatureError:
            continue
        return True
    return False
