"""Runware's own clients, unmodified, that ask for pictures: formats, seeds, costs, and each way to get them."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import CLIENT_SECONDS, probed
from tests.clients.runware_sdk import sdk_results

from vidmock.server.server import ThreadedServer

DEV, SCHNELL = "runware:101@1", "runware:100@1"
TASK: dict[str, Any] = {
    # Without it the client asks schemas.runware.ai what kind of task the model takes.
    "taskType": "imageInference",
    "model": DEV,
    "positivePrompt": "a red kite over dunes",
    "width": 512,
    "height": 704,
}
Look = Callable[[str], str]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Downloads a picture, has ffprobe decode it and ``file`` name it: ``mjpeg 512x704 image/jpeg``."""

    def look(url: str) -> str:
        answer, found = probed(url, tmp_path, "stream=codec_name,width,height")
        (stream,) = found["streams"]
        command = ["file", "--brief", "--mime-type", str(tmp_path / url.rsplit("/", 1)[1])]
        kind = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=CLIENT_SECONDS
        ).stdout.strip()
        assert answer.headers["content-type"] == kind
        return f"{stream['codec_name']} {stream['width']}x{stream['height']} {kind}"

    return look


def run(mock: ThreadedServer, transport: str, *tasks: dict[str, Any]) -> list[Any]:
    """The results of *tasks*, each with what all of them have."""
    return sdk_results(mock, [TASK | task for task in tasks], transport=transport)


@pytest.mark.parametrize("transport", ["rest", "websocket"])
@pytest.mark.parametrize("delivery", ["sync", "async"])
def test_pictures_of_each_format_are_made(mock: ThreadedServer, look: Look, transport: str, delivery: str) -> None:
    usual: dict[str, Any] = {"deliveryMethod": delivery}
    several = usual | {"numberResults": 2, "seed": 7, "outputFormat": "PNG", "includeCost": True, "width": 1024}
    (one,), two, (three,) = run(mock, transport, usual, several | {"height": 1024}, usual | {"outputFormat": "WEBP"})
    assert look(one["imageURL"]) == "mjpeg 512x704 image/jpeg"
    assert [look(item["imageURL"]) for item in two] == ["png 1024x1024 image/png"] * 2
    assert look(three["imageURL"]) == "webp 512x704 image/webp"
    assert one.keys() == {
        "taskType",
        "taskUUID",
        "imageUUID",
        "imageURL",
        "seed",
        *({"status"} if delivery == "async" else ()),
    }
    assert {item["imageUUID"] in item["imageURL"] for item in two} == {True}
    assert len({item["imageUUID"] for item in two}) == len({item["seed"] for item in two}) == 2
    assert 7 in {item["seed"] for item in two}
    assert [item["cost"] for item in two] == [0.0038] * 2


def test_a_picture_comes_inside_of_the_answer(mock: ThreadedServer) -> None:
    sync = {"deliveryMethod": "sync", "safety": {"checkContent": True}}
    (inside,), (uri,) = run(mock, "rest", sync | {"outputType": "base64Data"}, sync | {"outputType": "dataURI"})
    assert base64.b64decode(inside["imageBase64Data"]).startswith(b"\xff\xd8\xff")
    assert uri["imageDataURI"].startswith("data:image/jpeg;base64,")
    assert inside.keys().isdisjoint({"imageURL", "imageDataURI"})
    assert (inside["NSFWContent"], uri["NSFWContent"]) == (False, False)
    world = mock.engine.worlds.world("runware-key")
    now = world.clock.now()
    assert [world.jobs.downloaded(job, now) for job in world.jobs] == [True, True]


def test_a_wrong_picture_raises_with_every_field_filled(mock: ThreadedServer) -> None:
    size, missing, other = run(
        mock, "rest", {"width": 1000}, {"positivePrompt": "x"}, {"taskType": "videoInference", "duration": 5}
    )
    assert (size.code, size.status_code, size.parameter, size.task_type) == (
        "validation",
        400,
        "width",
        TASK["taskType"],
    )
    assert "960 or 1024" in size.message
    assert missing.parameter == "positivePrompt"
    assert other.parameter in ("taskType", "duration")


def test_the_tests_of_the_javascript_client_for_pictures_pass(node: Callable[..., Any], mock: ThreadedServer) -> None:
    """What its suite asks of the service, in ``tests/Runware/inference/image-generation.test.ts`` of 1.3.2."""
    url = mock.url.replace("http", "ws") + "/runware/v1"
    found = node("runware.mjs", url, "runware-key", "pictures")
    (one,), (rose,), (sky,), (path,) = found["one"], found["rose"], found["sky"], found["path"]
    assert isinstance(one["seed"], int)
    assert one["cost"] > 0
    assert all(item["imageURL"].startswith("http") for item in (one, rose, sky, path))
    assert len({item[name] for item in (one, rose, sky, path) for name in ("taskUUID", "imageUUID")}) == 8
    assert found["wrong"]["error"]["code"] == "invalidModel"
    (edited,) = found["edited"]
    assert edited["NSFWContent"] is False
    assert edited["imageDataURI"].startswith("data:image/webp;base64,UklGR")
