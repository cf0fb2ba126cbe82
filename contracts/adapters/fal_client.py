"""fal-client, unmodified, by the call that its pages begin with: ``subscribe``, with its limit on the client's side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import fal_client
import fal_client.client
import httpx

from vidmock.kit.client import OutcomeUnknown, Refused, Result, StillRunning


class Sync:
    # It has a time limit for requests, which passes in real time: virtual time would be at the next event by then.
    lacks = frozenset({"downloads", "request_timeout"})
    own_time = True

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        publish: Callable[[Result], None],
        **_: Any,
    ) -> None:
        # It has no argument for the provider's address; the environment has one, which is read on import.
        vars(fal_client.client)["QUEUE_URL_FORMAT"] = f"{base_url}/"
        self._key, self._publish = api_key, publish

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
        client = fal_client.SyncClient(key=self._key)
        try:
            return client.subscribe(*arguments, **options)
        finally:
            client._client.close()  # noqa: SLF001 - it cannot be closed otherwise


class Async(Sync):
    def _subscribe(self, *arguments: Any, **options: Any) -> Any:
        return asyncio.run(self._subscribe_async(*arguments, **options))

    async def _subscribe_async(self, *arguments: Any, **options: Any) -> Any:
        client = fal_client.AsyncClient(key=self._key)
        try:
            return await client.subscribe(*arguments, **options)
        finally:
            await (await client._client).aclose()  # noqa: SLF001 - as above


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
