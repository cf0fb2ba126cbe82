"""API keys with a meaning of their own, so that any program can meet these answers without a line of code."""

from __future__ import annotations

from collections.abc import Mapping

from vidmock.engine.faults import Effect, Rule

STANDING: Mapping[str, tuple[Rule, ...]] = {
    "vidmock-no-balance": (Rule("before", Effect("no_balance"), id="reserved key"),),
    "vidmock-locked": (Rule("before", Effect("locked"), id="reserved key"),),
    "vidmock-rate-limited": (Rule("before", Effect("rate_limit", {"retry_after": 5.0}), id="reserved key"),),
}
"""The faults that a world has from the start because of its key."""
