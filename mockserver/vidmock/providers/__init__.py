"""Four providers' wire formats, each a dialect over the same engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectDefinition
from vidmock.engine.service.engine import Engine
from vidmock.engine.world.behaviours import Behaviour
from vidmock.providers.eachlabs import EachlabsDialect
from vidmock.providers.eachlabs import behaviours as eachlabs
from vidmock.providers.exchange.dialect import Dialect
from vidmock.providers.fal import FalDialect
from vidmock.providers.fal import behaviours as fal
from vidmock.providers.runpod import RunPodDialect
from vidmock.providers.runpod import behaviours as runpod
from vidmock.providers.runware import RunwareDialect
from vidmock.providers.runware import behaviours as runware


def dialects(engine: Engine) -> tuple[Dialect, ...]:
    """All dialects, at work for *engine*."""
    return (RunPodDialect(engine), RunwareDialect(engine), FalDialect(engine), EachlabsDialect(engine))


def behaviours() -> tuple[Behaviour, ...]:
    """Every provider's switches."""
    modules = runpod, runware, fal, eachlabs
    return tuple(behaviour for module in modules for behaviour in module.BEHAVIOURS)


def effects() -> Mapping[str, EffectDefinition[Any]]:
    """Every effect that a fault can have, by name: to import this package is what makes the catalog whole."""
    return EFFECTS
