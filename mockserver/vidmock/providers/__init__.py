"""The wire formats of four providers: each is a dialect, and all of them use the same engine."""

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
    """The dialects of all providers, over *engine*."""
    return (RunPodDialect(engine), RunwareDialect(engine), FalDialect(engine), EachlabsDialect(engine))


def effects() -> Mapping[str, EffectDefinition[Any]]:
    """Every effect that a fault can have, by name. It stands here because importing this package registers them all."""
    return EFFECTS
