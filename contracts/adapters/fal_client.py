"""fal-client, unmodified: by the call that its pages begin with, ``subscribe`` with a limit, and by ``submit``."""

from __future__ import annotations

import asyncio
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
        self._options: dict[str, Any] = {"key": api_key, "default_timeout": request_timeout}
        self._publish = publish

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        jobs: list[str] = []
        with _told(jobs):
            answer = self._subscribe(model, dict(input), on_enqueue=jobs.append, client_timeout=deadline)
        video = (answer.get("video") or {}).get("url")
        if not video:
            raise Refused(f"the result has no video: {answer}", jobs[0])
        result = Result((httpx.get(video).content,), jobs[0])
        self._publish(result)
        return result

    def _subscribe(self, *arguments: Any, **options: Any) -> Any:
        client = fal_client.SyncClient(**self._options)
        try:
            return client.subscribe(*arguments, **options)
        finally:
            client._client.close()  # noqa: SLF001 - it cannot be closed otherwise


class Async(Sync):
    def _subscribe(self, *arguments: Any, **options: Any) -> Any:
        return asyncio.run(self._subscribe_async(*arguments, **options))

    async def _subscribe_async(self, *arguments: Any, **options: Any) -> Any:
        client = fal_client.AsyncClient(**self._options)
        try:
            return await client.subscribe(*arguments, **options)
        finally:
            await (await client._client).aclose()  # noqa: SLF001 - as above


class Queue(Sync):
    """By ``submit`` and a loop of one's own, where no limit is told: it then repeats what takes too long."""

    def _subscribe(self, *arguments: Any, on_enqueue: Callable[[str], None], client_timeout: float) -> Any:
        ends = time.monotonic() + client_timeout
        client = fal_client.SyncClient(**self._options)
        try:
            job = client.submit(*arguments)
            on_enqueue(job.request_id)
            while not isinstance(job.status(), fal_client.Completed):
                if time.monotonic() > ends:
                    job.cancel()
                    raise fal_client.FalClientTimeoutError(client_timeout, job.request_id)
                time.sleep(1)
            return job.get()
        finally:
            client._client.close()  # noqa: SLF001 - as above


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
