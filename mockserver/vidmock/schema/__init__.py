"""The models: which there are, what they take, what it costs and what comes out.

Import ``validate`` and ``price`` from :mod:`vidmock.schema.library`: here the first shares its name with a module, and
type checkers cannot always tell which is meant.
"""

from __future__ import annotations

from vidmock.schema.catalog import Model
from vidmock.schema.known_media import MediaInfo, Probe
from vidmock.schema.library import price, validate
from vidmock.schema.pricing import Price
from vidmock.schema.violation import Violation

__all__ = ["MediaInfo", "Model", "Price", "Probe", "Violation", "price", "validate"]
