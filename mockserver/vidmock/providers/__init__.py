"""Four providers' wire formats, each a dialect over the same engine."""

from __future__ import annotations

from vidmock.engine.behaviour import Behaviour
from vidmock.engine.desk import Desk
from vidmock.providers.base import Dialect
from vidmock.providers.eachlabs import Eachlabs
from vidmock.providers.fal import Fal
from vidmock.providers.runpod import RunPod
from vidmock.providers.runware import Runware


def dialects(desk: Desk) -> tuple[Dialect, ...]:
    """All dialects, at work for *desk*."""
    return (RunPod(desk), Runware(desk), Fal(desk), Eachlabs(desk))


def behaviours() -> tuple[Behaviour, ...]:
    """Every provider's switches."""
    return tuple(behaviour for kind in (RunPod, Runware, Fal, Eachlabs) for behaviour in kind.behaviours)
