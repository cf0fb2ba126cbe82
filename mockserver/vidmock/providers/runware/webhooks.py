"""The messages that are sent as results are ready: their files to ``uploadEndpoint``, and a webhook for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.jobs.video import video_file
from vidmock.engine.webhooks.delivery import Message, RetryPlan, json_body
from vidmock.engine.world.world import World
from vidmock.media.formats import content_type
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.request import TaskAnswer

# Documented: a delay of 0.25 s that doubles up to 8 s. Inferred: seven attempts, the fewest that come to these 8 s.
RUNWARE_RETRIES = RetryPlan(delays=(0.25, 0.5, 1.0, 2.0, 4.0, 8.0), timeout=5.0)
_RESULT_IDS = ("videoUUID", "imageUUID", "audioUUID")
# Inferred: a single attempt. The timeout is longer than a webhook's because files are larger.
UPLOAD_ONCE = RetryPlan(delays=(), timeout=60.0)


def upload_messages(job: Job, outputs: Iterable[Output], now: float) -> Iterator[Message]:
    """A PUT of each of *outputs* that is made by *now* to the task's ``uploadEndpoint``, if it has one."""
    target = job.input.get("uploadEndpoint")
    if target:
        for output in (output for output in outputs if job.made(output, now)):
            kind = (("content-type", content_type(output.container)),)
            data = video_file(job, output)
            yield Message(target, data, kind, "PUT", UPLOAD_ONCE, tells=(output.id,), file=output.id)


def webhook_messages(world: World, job: Job, results: TaskAnswer) -> Iterator[Message]:
    """One webhook for each item and each error of *results*."""
    if job.webhook is None:
        return
    wrapped = world.choice(behaviours.WEBHOOK) == "wrapped"
    for key, items in (("data", results.data), ("errors", results.errors)):
        for item in items:
            made = [item[name] for name in _RESULT_IDS if name in item and item["status"] == "success"]
            yield Message(job.webhook.url, json_body({key: [item]} if wrapped else item), tells=tuple(made))
