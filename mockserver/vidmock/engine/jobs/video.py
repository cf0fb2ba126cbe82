"""The video file of an output: rendered when it is asked for, to the same bytes every time."""

from __future__ import annotations

from vidmock.engine.jobs.job import Job, Output
from vidmock.media.clip import Clip
from vidmock.media.formats import made_kind

SIDES = (128, 4096)
"""Least and greatest side of a picture that we can write, in pixels."""


def video_file(job: Job, output: Output) -> bytes:
    """The file of *output*, with its job visible in the picture."""
    from vidmock.media.render import render

    length = "" if made_kind(output.container) == "image" else f"{output.seconds:g} s · "
    return render(
        Clip(
            width=_side(output.width),
            height=_side(output.height),
            seconds=output.seconds,
            lines=(
                job.provider,
                job.model,
                f"job {job.id}",
                job.prompt,
                f"{length}{output.width}×{output.height} · seed {output.seed}",
            ),
            container=output.container,
            audio=output.audio,
            title=f"{job.provider} {job.model} {job.id}",
        )
    )


def _side(pixels: int) -> int:
    """*pixels*, made even and brought into the range of ``SIDES``: the size of an input clip can be anything."""
    least, most = SIDES
    return min(max(pixels - pixels % 2, least), most)
