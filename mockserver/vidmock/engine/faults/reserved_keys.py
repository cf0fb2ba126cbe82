"""Reserved API keys: whoever uses one gets an error of the provider, without a fault rule."""

from __future__ import annotations

from collections.abc import Mapping

from vidmock.engine.faults.rules import Effect, FaultRule

REFUSED_KEY = "vidmock-invalid"
"""The key that every provider refuses, even if the server accepts all others."""

STANDING: Mapping[str, tuple[FaultRule, ...]] = {
    "vidmock-no-balance": (FaultRule("before", Effect("no_balance"), id="reserved key"),),
    "vidmock-locked": (FaultRule("before", Effect("locked"), id="reserved key"),),
    "vidmock-rate-limited": (FaultRule("before", Effect("rate_limit", {"retry_after": 5.0}), id="reserved key"),),
}
"""The fault rules that the world of each key has from the start."""

ABOUT: Mapping[str, str] = {
    REFUSED_KEY: "refused, as a key that does not exist",
    "vidmock-no-balance": "every submit, and fal's uploads, are refused for want of money",
    "vidmock-locked": "every submit, and fal's uploads, are refused because the account is locked",
    "vidmock-rate-limited": "every submit is refused as one too many, to be tried again in 5 s",
}
"""What each key does, for people."""
