"""Amounts of USD as text: formatted and parsed as plain decimals, without exponents."""

from __future__ import annotations

import re
from decimal import Decimal

LONGEST_AMOUNT = 40
"""Characters of an amount: more than any sum has that means something."""

_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")


def format_amount(amount: Decimal) -> str:
    """Format *amount* without an exponent: ``0.0000001``, and not ``1E-7``."""
    return format(amount, "f")


def parse_amount(value: object) -> Decimal:
    """Parse an amount: text such as ``"5.00"``, or a number.

    Raises:
        ValueError: *value* is no plain decimal of at least 0, or longer than ``LONGEST_AMOUNT``.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Numbers have an exponent where it is shorter; how they are spelled was nobody's choice.
        text = str(value) if isinstance(value, int) else format(Decimal(repr(value)), "f")
    else:
        text = value if isinstance(value, str) else ""
    if len(text) > LONGEST_AMOUNT or not _PLAIN.fullmatch(text):
        raise ValueError("no amount of money")
    return Decimal(text)
