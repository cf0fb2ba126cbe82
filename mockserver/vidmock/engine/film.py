"""The video file behind an output: made when somebody asks, the same bytes every time."""

from __future__ import annotations

from functools import lru_cache

from vidmock.engine.job import Job, Output
from vidmock.media import Clip, render


def film(job: Job, output: Output) -> bytes:
    """The bytes of *output*, with its job visible in the picture."""
    return _render(
        Clip(
            width=output.width,
            height=output.height,
            seconds=output.seconds,
            lines=(
                job.provider,
                job.model,
                f"job {job.id}",
                job.prompt,
                f"{output.seconds:g} s · {output.width}×{output.height} · seed {output.seed}",
            ),
            container=output.container,
            audio=output.audio,
            title=f"{job.provider} {job.model} {job.id}",
        )
    )


@lru_cache(maxsize=256)
def _render(clip: Clip) -> bytes:
    return render(clip)
