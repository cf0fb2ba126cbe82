"""fal-client, unmodified: by the call that its pages begin with, ``subscribe`` with a limit, and by ``submit``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import fal_client
import fal_client.client
import httpx

from vidmock.kit.client import OutcomeUnknown, Refused, Result, StillRunning


class Sync:
    lacks = frozenset({"downloads"})
    own_time = True
    kind: Any = fal_client.SyncClient

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        publish: Callable[[Result], None],
        request_timeout: float = 120.0,
        **_: Any,
    ) -> None:
        # It has no argument for the provider's address; the environment has one, which is read on import.
        vars(fal_client.client)["QUEUE_URL_FORMAT"] = f"{base_url}/"
        # Nor one for how long it waits for the answer to a look.
        vars(fal_client.client)["QUEUE_POLL_TIMEOUT"] = httpx.Timeout(request_timeout)
        self._client = self.kind(key=api_key, default_timeout=request_timeout)
        self._publish = publish

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        jobs: list[str] = []
        with _told(jobs):
            answer = self._subscribe(model, dict(input), on_enqueue=jobs.append, client_timeout=deadline)
        return self._result(answer, jobs[0])

    def close(self) -> None:
        self._client._client.close()  # noqa: SLF001 - it cannot be closed otherwise

    def _subscribe(self, *arguments: Any, **options: Any) -> Any:
        return self._client.subscribe(*arguments, **options)

    def _result(self, answer: Any, job_id: str) -> Result:
        video = (answer.get("video") or {}).get("url")
        if not video:
            raise Refused(f"the result has no video: {answer}", job_id)
        result = Result((httpx.get(video).content,), job_id)
        self._publish(result)
        return result


class Async(Sync):
    kind = fal_client.AsyncClient

    async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:  # type: ignore[override]  # it is of one kind
        jobs: list[str] = []
        with _told(jobs):
            answer = await self._subscribe(model, dict(input), on_enqueue=jobs.append, client_timeout=deadline)
        return self._result(answer, jobs[0])

    async def close(self) -> None:  # type: ignore[override]  # as above
        await (await self._client._client).aclose()  # noqa: SLF001 - as above


class Queue(Sync):
    """By ``submit`` and a loop of one's own, where no limit is told: it then repeats what takes too long."""

    def _subscribe(self, *arguments: Any, on_enqueue: Callable[[str], None], client_timeout: float) -> Any:
        ends = time.monotonic() + client_timeout
        job = self._client.submit(*arguments)
        on_enqueue(job.request_id)
        while not isinstance(job.status(), fal_client.Completed):
            if time.monotonic() > ends:
                job.cancel()
                raise fal_client.FalClientTimeoutError(client_timeout, job.request_id)
            # The loop is the caller's own, and so is how often it looks.
            time.sleep(1)
        return job.get()


@contextmanager
def _told(jobs: list[str]) -> Iterator[None]:
    """What the client raises about the first of *jobs*, in the words of the kit."""
    try:
        yield
    except fal_client.FalClientTimeoutError as error:
        raise StillRunning(str(error), error.request_id) from error
    except fal_client.FalClientHTTPError as error:
        kind = Refused if jobs or error.status_code < 500 else OutcomeUnknown
        raise kind(f"HTTP {error.status_code}: {error}", next(iter(jobs), None)) from error
    except httpx.TransportError as error:
        raise OutcomeUnknown(repr(error), next(iter(jobs), None)) from error
