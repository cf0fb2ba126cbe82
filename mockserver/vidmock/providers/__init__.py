"""Four providers' wire formats, each a dialect over the same engine."""

from __future__ import annotations

from vidmock.engine.desk import Desk
from vidmock.providers.base import Dialect


def dialects(desk: Desk) -> tuple[Dialect, ...]:
    """All dialects, at work for *desk*."""
    from vidmock.providers.eachlabs import Eachlabs
    from vidmock.providers.fal import Fal
    from vidmock.providers.runpod import RunPod
    from vidmock.providers.runware import Runware

    return (RunPod(desk), Runware(desk), Fal(desk), Eachlabs(desk))
