"""The words that handles take, as types: a type checker refuses any other. A test compares each with what there is."""

from __future__ import annotations

from typing import Literal

Provider = Literal["eachlabs", "fal", "runpod", "runware"]
"""Who serves the models."""

StateName = Literal["queued", "running", "succeeded", "failed", "cancelled"]
"""What a job can be, in the engine's words."""

OutcomeName = Literal["succeed", "fail", "moderated", "partial", "stuck", "slow", "spread", "requeue", "cancelled"]
"""What a job that has not ended can be forced to; all but ``succeed`` are effects as well."""

EffectName = Literal[
    "rate_limit",
    "no_balance",
    "locked",
    "unauthorized",
    "not_found",
    "internal",
    "unavailable",
    "upstream_timeout",
    "error",
    "fail",
    "moderated",
    "partial",
    "stuck",
    "slow",
    "spread",
    "requeue",
    "cancelled",
    "too_late",
    "edge_page",
    "status",
    "lost",
    "reset",
    "refused",
    "half_closed",
    "hang",
    "redirected",
    "late",
    "after_webhook",
    "slow_headers",
    "trickle",
    "truncated",
    "malformed",
    "empty",
    "wrong_type",
    "wrong_status",
    "other_urls",
    "socket_closed",
    "socket_silent",
    "socket_repeated",
    "set_field",
    "unknown_status",
    "missing_field",
    "extra_field",
    "other_job",
    "other_items",
    "webhook_lost",
    "webhook_late",
    "webhook_reordered",
    "webhook_repeated",
    "webhook_malformed",
    "webhook_unsigned",
    "webhook_forged",
    "webhook_rotated",
    "webhook_unknown_key",
    "webhook_stale",
    "webhook_foreign",
    "media_truncated",
    "media_page",
    "media_pending",
    "media_expired",
    "media_gone",
    "media_moved",
    "media_other_codec",
]
"""Everything that a fault can do, as ``vidmock faults`` lists it."""
