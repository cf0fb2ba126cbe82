"""Drives runware 0.5.24 against a mock: ``python runware_legacy.py WS_URL KEY SCENARIO``. Prints what it found as JSON.

Run by the Python of ``tests/.venvs/runware-0.5.24``: the client has the same import name as its successor.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

runware: Any = importlib.import_module("runware")

TASK_ID = "6f5b1f0a-8d0e-4a4e-9c53-0d5a4f6f2b11"


def task(**more: Any) -> Any:
    """A request for a video of the standard tier, by a method that leaves defaults out."""
    given = {"positivePrompt": "a red kite over dunes", "width": 1280, "height": 720, "duration": 5} | more
    return runware.IVideoInference(model="klingai:kling@o1-standard", **given)


async def caught(work: Awaitable[Any]) -> dict[str, Any]:
    try:
        return {"result": repr(await work)}
    except Exception as error:  # noqa: BLE001 - the client raises all kinds, and which is what is asked
        return {"kind": type(error).__name__, "message": str(error), "code": getattr(error, "code", None)}


async def generate(client: Any) -> Any:
    taken = await client.videoInference(task(taskUUID=TASK_ID, numberResults=2, includeCost=True))
    videos = await client.getResponse(TASK_ID, numberResults=2)
    return {
        "taken": [type(taken).__name__, taken.taskUUID],
        "videos": [[video.videoURL, video.videoUUID, video.cost, video.status] for video in videos],
    }


async def frames(client: Any) -> Any:
    """A picture from a file goes to the service first, and is then the first frame."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Path(file.name).write_bytes(b"\x89PNG\r\n\x1a\nnot really")
        stored = await client.uploadImage(file.name)
    inputs = runware.IVideoInputs(frameImages=[runware.IInputFrame(image=stored.imageUUID, frame="first")])
    taken = await client.videoInference(task(inputs=inputs, width=None, height=None))
    (video,) = await client.getResponse(taken.taskUUID)
    return {"stored": stored.imageURL, "video": video.videoURL}


async def details(client: Any) -> Any:
    await client.videoInference(task(taskUUID=TASK_ID))
    (video,) = await client.getResponse(TASK_ID)
    known = await client.getTaskDetails(TASK_ID)
    return {"request": repr(known.request), "response": repr(known.response), "video": video.videoUUID}


async def invalid(client: Any) -> Any:
    return await caught(client.videoInference(task(duration=7)))


async def duplicate(client: Any) -> Any:
    await client.videoInference(task(taskUUID=TASK_ID))
    return await caught(client.videoInference(task(taskUUID=TASK_ID)))


async def failed(client: Any) -> Any:
    taken = await client.videoInference(task(positivePrompt="a kite [[vidmock: fail=moderated]]"))
    return await caught(client.getResponse(taken.taskUUID))


async def dropped(client: Any) -> Any:
    """The connection breaks instead of the first answer to a poll."""
    taken = await client.videoInference(task(positivePrompt="a kite [[vidmock: lost at=poll]]"))
    # It asks again when an answer has not come for so many milliseconds; if one was only late, that does no harm.
    base: Any = importlib.import_module("runware.base")
    base.VIDEO_INITIAL_TIMEOUT = 500
    (video,) = await client.getResponse(taken.taskUUID)
    return {"video": video.videoURL}


async def refused(client: Any) -> Any:
    return await caught(client.videoInference(task()))


async def pictures(client: Any) -> Any:
    given = {"positivePrompt": "a red kite over dunes", "width": 512, "height": 512, "checkNsfw": True}
    wanted = runware.IImageInference(
        model="runware:101@1", numberResults=2, outputFormat="PNG", includeCost=True, **given
    )
    return [
        [image.imageURL, image.imageUUID, image.cost, image.NSFWContent]
        for image in await client.imageInference(wanted)
    ]


SCENARIOS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    scenario.__name__: scenario
    for scenario in (generate, frames, details, invalid, duplicate, failed, dropped, refused, pictures)
}


async def main(url: str, key: str, name: str) -> None:
    client = runware.Runware(api_key=key, url=url)
    await client.connect()
    sys.stdout.write(json.dumps(await SCENARIOS[name](client)))
    await client.disconnect()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
