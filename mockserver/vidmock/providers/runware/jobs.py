"""A job's results as Runware's polls and webhooks have them: an item for each video, an error for each that failed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vidmock.engine.jobs.job import Failure, Job, Output, State
from vidmock.engine.jobs.video import video_file
from vidmock.engine.world.world import World
from vidmock.media.formats import content_type, made_kind
from vidmock.providers.exchange.refusals import failed, worded
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.catalogue import CREATORS
from vidmock.providers.runware.errors import job_error, violation_errors
from vidmock.providers.runware.request import TaskAnswer
from vidmock.schema.errors import find_error
from vidmock.schema.result import model_result

_TIMEOUTS = ("upstream_timeout", "start_timeout", "run_timeout")
_CANCELLED = Failure("cancelled")
_REFUSED = "invalidProviderContent"

LinkOf = Callable[[Output], str]
"""Gives the URL of an output's file."""


_PLACES: Mapping[str, tuple[str, str]] = {
    "video": ("video", "ws/5/vi"),
    "image": ("image", "ws/3/ii"),
    "audio": ("audio", "ws/2/ai"),
}
"""Where the files of a kind are on the media host, as in the examples that the routes name."""


def media_path(output: Output) -> str:
    """The path of the file of *output* on the media host. The folders follow from its id, and mean nothing."""
    digits = int(output.id.replace("-", ""), 16)
    folder = f"a{digits % 24 + 1:02}d{digits // 24 % 24 + 1:02}"
    top, shelf = _PLACES[made_kind(output.container)]
    return f"/{top}/os/{folder}/{shelf}/{output.id}.{output.container}"


def task_answer(
    world: World,
    job: Job,
    outputs: Iterable[Output],
    now: float,
    link: LinkOf,
    task_type: str = "",
) -> TaskAnswer:
    """The results of *job* for its *outputs* at *now*, as items of *task_type*; without it, of the job's own.

    Finished and unfinished ones stand side by side (documented: task polling). What is finished does not change.
    """
    named = {"taskType": task_type or job.input.get("taskType", "videoInference"), "taskUUID": job.id}
    if not job.outputs:
        return _text(world, job, now, named)
    items: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for output in outputs:
        state = job.output_state(output, now)
        if not state.ended:
            items.append(named | _processing(world, output))
            continue
        if state is State.SUCCEEDED:
            items.append(named | _success(job, output, link))
            continue
        error = _error(world, output.failure or _failure(job, state), job.input)
        if world.choice(behaviours.FAILED) == "errors":
            errors.append(named | error | {"status": "error"})
        else:
            items.append(named | {"status": "error", _id_name(output): output.id, "error": error})
    refused = not items and any(error["code"] == _REFUSED for error in errors)
    return TaskAnswer(tuple(items), tuple(errors), int(world.choice(behaviours.REFUSED_POLL)) if refused else 200)


def _processing(world: World, output: Output) -> dict[str, Any]:
    item = {"status": "processing"}
    return item | {_id_name(output): output.id} if world.choice(behaviours.PROCESSING) == "with-id" else item


def _success(job: Job, output: Output, link: LinkOf) -> dict[str, Any]:
    kind = made_kind(output.container)
    item: dict[str, Any] = {"status": "success", f"{kind}UUID": output.id, **_file(job, output, kind, link)}
    if kind != "audio":
        item["seed"] = output.seed
    if job.input.get("includeCost") and job.priced:
        item["cost"] = float(output.cost)
    if _checked(job.input.get("safety", {})) or job.input.get("checkNSFW") is True:
        item["NSFWContent"] = False
    return item


def _file(job: Job, output: Output, kind: str, link: LinkOf) -> dict[str, str]:
    """The file of *output*: its URL, or itself, as ``outputType`` asks for it."""
    if not job.enclosed:
        return {f"{kind}URL": link(output)}
    data = base64.b64encode(video_file(job, output)).decode()
    if job.input["outputType"] == "base64Data":
        return {f"{kind}Base64Data": data}
    return {f"{kind}DataURI": f"data:{content_type(output.container)};base64,{data}"}


def _id_name(output: Output) -> str:
    """The member that the id of *output* is in."""
    return f"{made_kind(output.container)}UUID"


def _text(world: World, job: Job, now: float, named: Mapping[str, Any]) -> TaskAnswer:
    """The answer of a *job* that makes no files; *named* names it in each item."""
    state = job.state(now)
    if state is State.SUCCEEDED:
        model = world.settings.catalog.find(job.provider, job.model, given=job.input)
        return TaskAnswer(({**named, "status": "success", **model_result(model, job.input, ())},))
    if state.ended:
        return TaskAnswer((), ({**named, **_error(world, _failure(job, state), job.input), "status": "error"},))
    return TaskAnswer(({**named, "status": "processing"},))


def _checked(safety: Mapping[str, Any]) -> bool:
    """Whether *safety* asks for a content check; ``mode`` takes precedence over ``checkContent``."""
    return bool(safety["mode"] != "none" if "mode" in safety else safety.get("checkContent"))


def _failure(job: Job, state: State) -> Failure:
    return job.failure if state is State.FAILED and job.failure else _CANCELLED


def _error(world: World, failure: Failure, task: Mapping[str, Any]) -> dict[str, Any]:
    if failure.violations:
        # As the errors of a refused task, but only the first: each result has one error.
        return violation_errors(failure.violations, task, world.settings.catalog)[0]
    maker = str(task.get("model", "")).partition(":")[0]
    about = {"maker": CREATORS[maker]} if maker in CREATORS else None
    if failure.code in _TIMEOUTS:
        return job_error(worded(find_error(world.choice(behaviours.TIMEOUT_CODE), "runware"), about, failure.message))
    return job_error(failed(failure, "runware", about))
