"""Amounts of money as people read them; programs get them from ``engine.money``."""

from __future__ import annotations

from decimal import Decimal

_CENTS = 2
"""Digits after the point, at least."""


def dollars(amount: Decimal) -> str:
    """*amount* USD, exactly: ``$12.00``, ``$0.60``, ``$0.0038``, and a sum of such ones ``$1.2538``.

    Nothing is rounded, so that only what costs nothing is ``$0.00``, and that lines add up to their sum.
    """
    whole, _, part = f"{abs(amount):f}".partition(".")
    return f"{'-' if amount < 0 else ''}${whole}.{part.rstrip('0'):0<{_CENTS}}"
