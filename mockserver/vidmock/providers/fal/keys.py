"""The Ed25519 keys that sign fal's webhooks, and the set of public keys (JWKS) that receivers fetch."""

from __future__ import annotations

import base64
import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class SigningKey:
    """A key by name, derived from the server's seed: the same in every run."""

    def __init__(self, seed: int, name: str) -> None:
        self._secret = hashlib.sha256(f"{seed}|fal webhook key {name}".encode()).digest()
        self.name = name

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        # Imported with the first webhook: the import takes a tenth of a server's start-up.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._secret)

    def sign(self, message: bytes) -> str:
        """The signature of *message*: 64 bytes in lower-case hexadecimal."""
        return self._private.sign(message).hex()

    def public(self) -> dict[str, str]:
        """The public key as a JWK. ``x`` keeps its padding, because fal's published Python sample adds none."""
        x = base64.urlsafe_b64encode(self._private.public_key().public_bytes_raw()).decode()
        return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": f"vidmock-{self.name}", "x": x}


KEYS_KEPT = 16
"""How many keys of rotations are published at most."""


class SigningKeys:
    """The published keys: two that are always there, of which the newer signs, and those of rotations.

    The key of a rotation signs only the messages of that fault, so that other receivers need not fetch the set again.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys = (SigningKey(seed, "2"), SigningKey(seed, "1"))
        self._brought_in: dict[str, SigningKey] = {}

    def bring_in(self, name: str) -> str:
        """Publish one more key and return its *name*. Beyond ``KEYS_KEPT``, the oldest of them is dropped."""
        self._brought_in[name] = SigningKey(self._seed, name)
        while len(self._brought_in) > KEYS_KEPT:
            del self._brought_in[next(iter(self._brought_in))]
        return name

    def unpublished(self) -> SigningKeys:
        """Keys as another sender would have them: none is in the set of these."""
        return SigningKeys(-1 - self._seed)

    def sign(self, message: bytes, name: str = "") -> str:
        """The signature of *message* by the rotation's key of that name, or else by the newer of the two."""
        return self._brought_in.get(name, self._keys[0]).sign(message)

    def published(self) -> dict[str, Any]:
        """The JSON Web Key Set, newest key first."""
        return {"keys": [key.public() for key in (*reversed(self._brought_in.values()), *self._keys)]}
