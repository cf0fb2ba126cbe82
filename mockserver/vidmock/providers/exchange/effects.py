"""Every effect that a fault can have. To import this module adds those on answers to those that the engine has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.engine.faults import outcomes, problems  # noqa: F401 - each adds its own
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectDefinition
from vidmock.engine.webhooks import faulty  # noqa: F401 - as above
from vidmock.providers.exchange import answer_effects  # noqa: F401 - as above


def effects() -> Mapping[str, EffectDefinition[Any]]:
    """Every effect that a fault can have, by name."""
    return EFFECTS
