"""runpod, unmodified: its synchronous endpoint, and the one for asyncio. ``output(timeout)`` waits for a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import httpx
import requests
import runpod  # type: ignore[import-untyped]  # the package ships no types

from vidmock.kit.client import ClientError, OutcomeUnknown, Refused, Result, StillRunning


class Sync:
    lacks = frozenset({"downloads", "cancels", "request_timeout"})
    own_time = True

    def __init__(self, *, base_url: str, api_key: str, publish: Callable[[Result], None], **_: Any) -> None:
        runpod.endpoint_url_base = base_url
        self._key, self._publish = api_key, publish

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        jobs: list[str] = []
        with _telling(jobs):
            state, output = self._made(model, dict(input), int(deadline), jobs)
        return self._result(jobs[0], state, output)

    def _result(self, job_id: str, state: str, output: Any) -> Result:
        if state != "COMPLETED" or not (output or {}).get("video_url"):
            raise Refused(f"{state}: {output}", job_id)
        video = httpx.get(output["video_url"]).content
        result = Result((video,), job_id, Decimal(str(output["cost"])) if "cost" in output else None)
        self._publish(result)
        return result

    def _made(self, model: str, input: dict[str, Any], deadline: int, jobs: list[str]) -> tuple[str, Any]:
        """The job's state and its output; its id is added to *jobs* as soon as it is known."""
        job = runpod.Endpoint(model, api_key=self._key).run({"input": input})
        jobs.append(job.job_id)
        output = job.output(timeout=deadline)
        return job.status(), output


class Asyncio(Sync):
    async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:  # type: ignore[override]  # a client is of one kind
        jobs: list[str] = []
        with _telling(jobs):
            state, output = await self._made_async(model, dict(input), int(deadline), jobs)
        return self._result(jobs[0], state, output)

    async def _made_async(self, model: str, input: dict[str, Any], deadline: int, jobs: list[str]) -> tuple[str, Any]:
        async with runpod.http_client.AsyncClientSession() as session:
            job = await runpod.AsyncioEndpoint(model, session, api_key=self._key).run(input)
            jobs.append(job.job_id)
            output = await job.output(timeout=deadline)
            return await job.status(), output


@contextmanager
def _telling(jobs: list[str]) -> Iterator[None]:
    """What the client raises about the first of *jobs*, in the words of the kit."""
    try:
        yield
    except (TimeoutError, RuntimeError, requests.RequestException, aiohttp.ClientError) as error:
        raise _told(error, next(iter(jobs), None)) from error


def _told(error: Exception, job_id: str | None) -> ClientError:
    if isinstance(error, TimeoutError):
        return StillRunning(str(error), job_id)
    status = getattr(getattr(error, "response", error), "status_code", getattr(error, "status", 0))
    # A RuntimeError says that the key is refused.
    refused = isinstance(error, RuntimeError) or 400 <= status < 500
    return (Refused if refused else OutcomeUnknown)(str(error), job_id)
