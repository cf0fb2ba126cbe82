"""What runware-sdk, unmodified, makes of tasks that this server is given."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import runware

from vidmock.server.server import ThreadedServer

# Milliseconds, so that a broken server fails the test and does not hold it for the client's 20 minutes.
_LIMITS = {"timeout": 60_000, "poll_timeout": 60_000, "max_retries": 0}


def sdk_results(
    mock: ThreadedServer, tasks: Iterable[Mapping[str, Any]], *, transport: str = "rest", key: str = "runware-key"
) -> list[Any]:
    """The results of *tasks*, one after the other; the client's error where one fails."""

    async def work() -> list[Any]:
        found: list[Any] = []
        urls = {
            "http_base_url": f"{mock.url}/runware/v1",
            "ws_base_url": f"{mock.url.replace('http', 'ws')}/runware/v1",
        }
        async with runware.Runware(api_key=key, transport=transport, **urls, **_LIMITS) as client:
            for task in tasks:
                try:
                    found.append(await client.run(dict(task)))
                except runware.RunwareError as error:
                    found.append(error)
        return found

    return asyncio.run(work())
