"""runware-sdk, unmodified, by its ``run``: over REST, and over a WebSocket, which is its default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import aiohttp
import httpx
import runware

from vidmock.kit.client import ClientError, OutcomeUnknown, Refused, Result, StillRunning

_MEANS: Mapping[str, type[ClientError]] = {
    "timeout": StillRunning,
    "connection": OutcomeUnknown,
    "serverError": OutcomeUnknown,
    "unknown": OutcomeUnknown,
}
"""What a code of the client's errors says of the job; the others say that it is refused."""


class Rest:
    lacks = frozenset({"downloads", "cancels", "request_timeout"})
    own_time = True
    transport = "rest"

    def __init__(self, *, base_url: str, api_key: str, publish: Callable[[Result], None], **_: Any) -> None:
        urls = {"http_base_url": base_url, "ws_base_url": base_url.replace("http", "ws", 1)}
        self._options, self._publish = {"api_key": api_key, "transport": self.transport, **urls}, publish

    async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        # Without a kind of task, the client asks schemas.runware.ai what kind the model takes.
        task = {"taskType": "videoInference", "model": model, "includeCost": True, **input}
        try:
            items = await self._run(task, deadline)
        except runware.RunwareError as error:
            raise _told(error) from error
        except aiohttp.ClientError as error:
            raise OutcomeUnknown(repr(error)) from error
        return self._result(items)

    def _result(self, items: list[Any]) -> Result:
        job_id, urls = items[0]["taskUUID"], [item.get("videoURL") for item in items]
        if not all(urls):
            raise Refused(f"the task has no video: {items}", job_id)
        costs = [Decimal(str(item["cost"])) for item in items if "cost" in item]
        cost = sum(costs, Decimal(0)) if len(costs) == len(items) else None
        result = Result(tuple(httpx.get(url).content for url in urls), job_id, cost)
        self._publish(result)
        return result

    async def _run(self, task: dict[str, Any], deadline: float) -> list[Any]:
        async with runware.Runware(**self._options, poll_timeout=int(deadline * 1000)) as client:
            return list(await client.run(task))


class WebSocket(Rest):
    transport = "websocket"


def _told(error: runware.RunwareError) -> ClientError:
    # Its time limit for the answer to a submission has the code of the one for the task.
    kind = OutcomeUnknown if "ACK not received" in str(error) else _MEANS.get(error.code)
    if kind is None:
        return Refused(str(error), error.task_uuid, (error.parameter,) if error.parameter else ())
    return kind(str(error), error.task_uuid)
