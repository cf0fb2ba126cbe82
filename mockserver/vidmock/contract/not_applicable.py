"""Why a script is not tried with a client."""

from __future__ import annotations


class NotApplicable(Exception):
    """Whether a client passes cannot be told; ``str()`` says why."""
