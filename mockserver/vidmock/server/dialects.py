"""The dialects of all providers."""

from __future__ import annotations

from vidmock.engine.service.engine import Engine
from vidmock.providers.eachlabs.dialect import EachlabsDialect
from vidmock.providers.exchange.dialect import Dialect
from vidmock.providers.fal.dialect import FalDialect
from vidmock.providers.runpod.dialect import RunPodDialect
from vidmock.providers.runware.dialect import RunwareDialect


def dialects(engine: Engine) -> tuple[Dialect, ...]:
    """The dialects of all providers, over *engine*."""
    return (RunPodDialect(engine), RunwareDialect(engine), FalDialect(engine), EachlabsDialect(engine))
