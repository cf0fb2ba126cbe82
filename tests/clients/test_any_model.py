"""Unmodified clients that ask for models that nobody has described: one of each kind, and a real file of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fal_client
import fal_client.client
import httpx
import pytest
import runpod  # type: ignore[import-untyped]  # the package ships no types
from runware import Runware
from tests.clients.conftest import probed

from vidmock import MockServer

Probe = Callable[[str], str]
TEXT = "This is vidmock. It knows no answer."


@pytest.fixture
def mock() -> Iterator[MockServer]:
    with MockServer(clock="manual", seed=1, latency=2, any_model=True) as server, server.virtual_time():
        yield server


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    """Downloads a file, has ffprobe decode it, and describes it: ``png 1024x1024``, ``mp3 5.0 s``."""

    def look(url: str) -> str:
        entries = "stream=codec_type,codec_name,width,height:format=duration"
        answer, found = probed(url, tmp_path, entries)
        stream = found["streams"][0]
        seconds = f" {float(found['format']['duration']):.1f} s" if "duration" in found["format"] else ""
        size = f" {stream['width']}x{stream['height']}" if "width" in stream else ""
        assert answer.headers["content-type"].partition("/")[0] in (stream["codec_type"], "image")
        return f"{stream['codec_name']}{size}{seconds}"

    return look


def test_fal_client_gets_a_video_a_picture_sound_and_text(
    mock: MockServer, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{mock.fal.queue_url}/")
    monkeypatch.setattr(fal_client.client, "RUN_URL_FORMAT", f"{mock.fal.run_url}/")
    client = fal_client.SyncClient(key="k")
    flux = client.subscribe("fal-ai/flux/dev", {"prompt": "a kite", "image_size": "landscape_4_3", "num_images": 2})
    assert [probe(image["url"]) for image in flux["images"]] == ["png 1024x768"] * 2
    assert flux["images"][0]["content_type"] == "image/png"
    assert isinstance(flux["seed"], int)
    veo = client.subscribe("fal-ai/veo3/fast", {"prompt": "a kite", "duration": "8s", "aspect_ratio": "9:16"})
    assert probe(veo["video"]["url"]) == "h264 720x1280 8.0 s"
    speech = client.run("fal-ai/elevenlabs/tts/turbo-v2.5", {"text": "Hello"})
    assert probe(speech["audio"]["url"]) == "mp3 5.0 s"
    assert speech["audio"]["content_type"] == "audio/mpeg"
    assert client.run("fal-ai/wizper", {"audio_url": speech["audio"]["url"]})["text"] == TEXT
    assert list(client.stream("fal-ai/any-llm/vision", {"prompt": "a kite"}))[-1]["output"] == TEXT
    client._client.close()
    assert mock.ledger.spent == 0


def test_runpod_gets_a_video_a_picture_sound_and_text(
    mock: MockServer, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runpod, "endpoint_url_base", mock.runpod.url)

    def run(endpoint: str, **given: Any) -> Any:
        return runpod.Endpoint(endpoint, api_key="k").run_sync({"input": given})

    flux = run("black-forest-labs-flux-2-schnell", prompt="a kite", width=512, height=768, num_inference_steps=4)
    assert probe(flux["image_url"]) == "png 512x768"
    assert flux["result"] == flux["image_url"]
    wan = run("wan-2-2-t2v-720", prompt="a kite", duration=5, size="1280*720")
    assert probe(wan["video_url"]) == "h264 1280x720 5.0 s"
    speech = run("minimax-speech-03-hd", prompt="Hello", voice_id="Wise_Woman")
    assert probe(speech["audio_url"]) == "mp3 5.0 s"
    assert run("qwen3-32b-awq", prompt="Hello", max_tokens=5)[0]["choices"] == [{"tokens": [TEXT]}]
    # An endpoint of one's own, whose id says nothing.
    assert probe(run("a1b2c3d4e5", prompt="a kite", num_inference_steps=20, width=640, height=640)["image_url"])
    assert [job.cost for job in mock.jobs] == [0] * 5


@pytest.mark.parametrize("transport", ["rest", "websocket"])
def test_runware_gets_a_video_a_picture_sound_and_text(mock: MockServer, probe: Probe, transport: str) -> None:
    async def ask(**task: Any) -> list[dict[str, Any]]:
        urls = {"http_base_url": mock.runware.url, "ws_base_url": f"{mock.runware.url.replace('http', 'ws', 1)}"}
        async with Runware(api_key="k", transport=transport, **urls) as client:
            return await client.run(task)

    def asked(**task: Any) -> list[dict[str, Any]]:
        return asyncio.run(ask(**task))

    image = {
        "taskType": "imageInference",
        "model": "civitai:101055@128078",
        "positivePrompt": "a kite",
        "width": 768,
        "height": 512,
    }
    pictures = asked(**image, deliveryMethod="sync", numberResults=2)
    assert [probe(picture["imageURL"]) for picture in pictures] == ["png 768x512"] * 2
    assert len({picture["imageUUID"] for picture in pictures}) == 2
    (later,) = asked(**image)
    assert (later["status"], probe(later["imageURL"])) == ("success", "png 768x512")
    (inside,) = asked(**image, deliveryMethod="sync", outputType="dataURI")
    assert inside["imageDataURI"].startswith("data:image/png;base64,iVBOR")
    (video,) = asked(taskType="videoInference", model="google:3@1", positivePrompt="a kite", duration=8)
    assert probe(video["videoURL"]) == "h264 1280x720 8.0 s"
    (speech,) = asked(taskType="audioInference", model="elevenlabs:23@1", text="Hello", outputType="base64Data")
    assert speech["audioBase64Data"].startswith("SUQz")
    (text,) = asked(taskType="textInference", model="any:1@1", messages=[], deliveryMethod="sync")
    assert text["text"] == TEXT


def test_eachlabs_gives_a_url_several_and_text(mock: MockServer, probe: Probe) -> None:
    with httpx.Client(base_url=mock.eachlabs.url, headers={"x-api-key": "k"}, trust_env=False) as client:

        def run(model: str, **given: Any) -> Any:
            made = client.post("/prediction/", json={"model": model, "input": given}).json()
            mock.clock.advance(3)
            return client.get(f"/prediction/{made['predictionID']}").json()["output"]

        assert probe(run("veo3-text-to-video", prompt="a kite")) == "h264 1280x720 5.0 s"
        assert [probe(url) for url in run("flux-1-dev", prompt="a kite", num_images=2)] == ["png 1024x1024"] * 2
        assert probe(run("elevenlabs-text-to-speech", text="Hello", output_format="wav")) == "pcm_s16le 5.0 s"
        assert run("any-llm", prompt="Hello") == TEXT
