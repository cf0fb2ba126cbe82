"""An offline stand-in for generative-video APIs, a validation library, and a contract kit for their clients."""

from __future__ import annotations

from vidmock.problems import BadJSON, Invalid, Problem, UnknownModel, UnknownProvider
from vidmock.schema import Price, Violation, price, validate

__version__ = "0.1.0"

__all__ = [
    "BadJSON",
    "Invalid",
    "Price",
    "Problem",
    "UnknownModel",
    "UnknownProvider",
    "Violation",
    "price",
    "validate",
]
