"""Amounts of money in USD as text: plain decimals, however they came about."""

from __future__ import annotations

import re
from decimal import Decimal

LONGEST_AMOUNT = 40
"""Characters of an amount: more than any sum has that means something."""

_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")


def format_amount(amount: Decimal) -> str:
    """*amount* as it is printed: ``0.0000001``, and not ``1E-7``."""
    return format(amount, "f")


def parse_amount(value: object) -> Decimal:
    """The amount that *value* says: text such as ``"5.00"``, or a number.

    Raises:
        ValueError: it is neither, or below zero, or not written as a plain decimal, or far too long.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Numbers have an exponent where it is shorter; how they are spelled was nobody's choice.
        text = str(value) if isinstance(value, int) else format(Decimal(repr(value)), "f")
    else:
        text = value if isinstance(value, str) else ""
    if len(text) > LONGEST_AMOUNT or not _PLAIN.fullmatch(text):
        raise ValueError("no amount of money")
    return Decimal(text)
