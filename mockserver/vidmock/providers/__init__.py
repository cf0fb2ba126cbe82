"""Four providers' wire formats, each a dialect over the same engine."""

from __future__ import annotations

from vidmock.engine.service.engine import Engine
from vidmock.engine.world.behaviours import Behaviour
from vidmock.providers.eachlabs import EachlabsDialect
from vidmock.providers.exchange.dialect import Dialect
from vidmock.providers.fal import FalDialect
from vidmock.providers.runpod import RunPodDialect
from vidmock.providers.runware import RunwareDialect


def dialects(engine: Engine) -> tuple[Dialect, ...]:
    """All dialects, at work for *engine*."""
    return (RunPodDialect(engine), RunwareDialect(engine), FalDialect(engine), EachlabsDialect(engine))


def behaviours() -> tuple[Behaviour, ...]:
    """Every provider's switches."""
    return tuple(
        behaviour
        for kind in (RunPodDialect, RunwareDialect, FalDialect, EachlabsDialect)
        for behaviour in kind.behaviours
    )
