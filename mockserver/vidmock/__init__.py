"""An offline stand-in for generative-video APIs, a validation library, and a contract kit for their clients.

The names below are the public ones. They are imported when first used: pytest loads this package at every start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vidmock.problems import BadJSON, Invalid, Problem, UnknownModel, UnknownProvider
    from vidmock.schema.library import price, validate
    from vidmock.schema.pricing import Price
    from vidmock.schema.violation import Violation
    from vidmock.testing.mock_server import AsyncMockServer, MockServer
    from vidmock.testing.mock_world import MockWorld

__version__ = "0.1.0"

__all__ = [
    "AsyncMockServer",
    "BadJSON",
    "Invalid",
    "MockServer",
    "MockWorld",
    "Price",
    "Problem",
    "UnknownModel",
    "UnknownProvider",
    "Violation",
    "price",
    "validate",
]

_HOMES = {
    "AsyncMockServer": "vidmock.testing.mock_server",
    "BadJSON": "vidmock.problems",
    "Invalid": "vidmock.problems",
    "MockServer": "vidmock.testing.mock_server",
    "MockWorld": "vidmock.testing.mock_world",
    "Price": "vidmock.schema.pricing",
    "Problem": "vidmock.problems",
    "UnknownModel": "vidmock.problems",
    "UnknownProvider": "vidmock.problems",
    "Violation": "vidmock.schema.violation",
    "price": "vidmock.schema.library",
    "validate": "vidmock.schema.library",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
