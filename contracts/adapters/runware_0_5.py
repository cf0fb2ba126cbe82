"""runware 0.5, unmodified, over its WebSocket: a program, for its environment cannot have its successor in it.

``vidmock check --command "python runware_0_5.py" --provider runware --lacks cancels --lacks downloads``,
and ``--lacks request_timeout``.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from typing import Any

runware: Any = importlib.import_module("runware")


async def generate(call: dict[str, Any]) -> dict[str, Any]:
    client = runware.Runware(api_key=call["api_key"], url=call["base_url"].replace("http", "ws", 1))
    jobs: list[str] = []
    try:
        return await asyncio.wait_for(made(client, call, jobs), call["deadline"])
    except Exception as error:  # noqa: BLE001 - the client raises all kinds
        return {"error": {"type": type(error).__name__, "text": str(error), "job": next(iter(jobs), None)}}
    finally:
        await client.disconnect()


async def made(client: Any, call: dict[str, Any], jobs: list[str]) -> dict[str, Any]:
    await client.connect()
    task = runware.IVideoInference(model=call["model"], includeCost=True, **call["input"])
    videos = await client.videoInference(task)
    if not isinstance(videos, list):
        # It has been accepted only.
        jobs.append(videos.taskUUID)
        videos = await client.getResponse(videos.taskUUID, numberResults=call["input"].get("numberResults", 1))
    costs = [video.cost for video in videos]
    cost = None if None in costs else sum(round(100 * each) for each in costs) / 100
    return {"videos": [video.videoURL for video in videos], "job": videos[0].taskUUID, "cost": cost}


for line in sys.stdin:
    call = json.loads(line)
    answer = {"id": call["id"], **asyncio.run(generate(call))}
    print(call["token"], json.dumps(answer), flush=True)  # noqa: T201 - that is how a program answers
