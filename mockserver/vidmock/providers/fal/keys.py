"""The Ed25519 keys that webhooks are signed with, and the set of public ones that receivers fetch."""

from __future__ import annotations

import base64
import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class SigningKey:
    """One key, made from the server's seed: the same in every run."""

    def __init__(self, seed: int, number: int) -> None:
        self._secret = hashlib.sha256(f"{seed}|fal webhook key {number}".encode()).digest()
        self.number = number

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        # Imported with the first webhook: it would be a tenth of a server's start-up.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._secret)

    def sign(self, message: bytes) -> str:
        """64 bytes in lower-case hexadecimal."""
        return self._private.sign(message).hex()

    def public(self) -> dict[str, str]:
        """The public key as a JWK. ``x`` keeps its ``=``: fal's published Python sample decodes it as it stands."""
        x = base64.urlsafe_b64encode(self._private.public_key().public_bytes_raw()).decode()
        return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": f"vidmock-{self.number}", "x": x}


class SigningKeys:
    """Two keys, of which the newer signs: receivers that cached the set a while ago know the older one."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys = (SigningKey(seed, 2), SigningKey(seed, 1))

    def rotate(self) -> None:
        """Bring in a new key to sign with, and drop the oldest."""
        newest = self._keys[0]
        self._keys = (SigningKey(self._seed, newest.number + 1), newest)

    def sign(self, message: bytes) -> str:
        return self._keys[0].sign(message)

    def published(self) -> dict[str, Any]:
        """The JSON Web Key Set, newest first."""
        return {"keys": [key.public() for key in self._keys]}
