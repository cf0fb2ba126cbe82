"""Four providers' wire formats, each a dialect over the same engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectDefinition
from vidmock.engine.service.engine import Engine
from vidmock.providers.eachlabs import EachlabsDialect
from vidmock.providers.exchange.dialect import Dialect
from vidmock.providers.fal import FalDialect
from vidmock.providers.runpod import RunPodDialect
from vidmock.providers.runware import RunwareDialect


def dialects(engine: Engine) -> tuple[Dialect, ...]:
    """All dialects, at work for *engine*."""
    return (RunPodDialect(engine), RunwareDialect(engine), FalDialect(engine), EachlabsDialect(engine))


def effects() -> Mapping[str, EffectDefinition[Any]]:
    """Every effect that a fault can have, by name: to import this package is what makes the catalog whole."""
    return EFFECTS
