"""Four providers' wire formats, each a dialect over the same engine."""

from __future__ import annotations

from vidmock.engine.service.engine import Engine
from vidmock.engine.world.behaviours import Behaviour
from vidmock.providers.base import Dialect
from vidmock.providers.eachlabs import Eachlabs
from vidmock.providers.fal import Fal
from vidmock.providers.runpod import RunPod
from vidmock.providers.runware import Runware


def dialects(engine: Engine) -> tuple[Dialect, ...]:
    """All dialects, at work for *desk*."""
    return (RunPod(engine), Runware(engine), Fal(engine), Eachlabs(engine))


def behaviours() -> tuple[Behaviour, ...]:
    """Every provider's switches."""
    return tuple(behaviour for kind in (RunPod, Runware, Fal, Eachlabs) for behaviour in kind.behaviours)
