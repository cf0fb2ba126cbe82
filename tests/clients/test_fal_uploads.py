"""fal-client, unmodified: uploads of every kind, start timeouts, events, and signed webhooks to a real receiver."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fal_client
import fal_client.client
import httpx
import pytest

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.media.clip import Clip
from vidmock.media.render import render
from vidmock.server.server import ThreadedServer

# Each upload opens a client of its own that nobody closes.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
MODEL = "fal-ai/kling-video/o1/reference-to-video"
KEY = "fal-key"


class Picture:
    """As much of a Pillow image as the client uses."""

    def save(self, file: Any, format: str) -> None:
        file.write(f"a picture as {format}".encode())


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """Sockets that the client left behind are collected here, where that is no error."""
    yield
    gc.collect()


@pytest.fixture
def fal(mock: ThreadedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[fal_client.SyncClient]:
    point_at(mock, monkeypatch)
    client = fal_client.SyncClient(key=KEY)
    yield client
    # The client cannot be closed, and a socket left to the garbage collector is a warning, so an error here.
    client._client.close()


def point_at(mock: ThreadedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, path in (("QUEUE_URL_FORMAT", "queue/"), ("RUN_URL_FORMAT", "run/"), ("REST_URL", "rest")):
        monkeypatch.setattr(fal_client.client, name, f"{mock.url}/fal/{path}")
    monkeypatch.setattr(fal_client.client, "CDN_URL", f"{mock.url}/fal/media")


def fetched(url: str) -> bytes:
    answer = httpx.get(url, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.content


def asked(mock: ThreadedServer) -> list[str]:
    """Methods and paths of what was asked with our key, without ids. Files are fetched without one."""
    exchanges = [seen for seen in mock.engine.worlds.world(KEY).journal if seen.operation != "media"]
    return [f"{exchange.method} {exchange.target.split('/files/b/')[0].split('?')[0]}" for exchange in exchanges]


@pytest.mark.parametrize("name", ["kite.txt", None])
def test_bytes_are_uploaded_with_a_token_and_served_back(
    mock: ThreadedServer, fal: fal_client.SyncClient, caplog: pytest.LogCaptureFixture, name: str | None
) -> None:
    with caplog.at_level(logging.WARNING):
        url = fal.upload(b"Hello, world!", "text/plain", file_name=name)
    assert fetched(url) == b"Hello, world!"
    assert asked(mock) == ["POST /fal/rest/storage/auth/token", "POST /fal/media/files/upload"]
    # It has a second way, and warns when it takes that.
    assert caplog.records == []


def test_the_second_way_works_as_well(mock: ThreadedServer, fal: fal_client.SyncClient) -> None:
    assert fetched(fal.upload(b"Hello!", "text/plain", repository="fal")) == b"Hello!"
    assert asked(mock) == ["POST /fal/rest/storage/upload/initiate", "PUT /fal/media"]


def test_files_and_pictures_are_uploaded_and_used_as_inputs(fal: fal_client.SyncClient, tmp_path: Path) -> None:
    file = tmp_path / "kite.png"
    file.write_bytes(b"a picture")
    urls = [fal.upload_file(file), fal.upload_image(Picture(), format="png")]
    assert [fetched(url) for url in urls] == [b"a picture", b"a picture as png"]
    assert urls[0].endswith("_kite.png")
    result = fal.subscribe(MODEL, {"prompt": "@Image1 and @Image2 fly", "image_urls": urls})
    assert fetched(result["video"]["url"])[4:8] == b"ftyp"


def test_an_upload_that_the_model_does_not_take_is_told_of_as_fal_would(fal: fal_client.SyncClient) -> None:
    clip = fal.upload(render(Clip(1280, 720, 2.0, ("walk",))), "video/mp4", file_name="walk.png")
    small = fal.upload(render(Clip(256, 256, 1.0, ("kite",), "png")), "image/png")
    bow = {"frontal_image_url": small, "reference_image_urls": ["https://pictures.example/side.png"]}
    refused: list[tuple[dict[str, Any], list[str | int], str]] = [
        ({"image_urls": [clip]}, ["body", "image_urls", 0], "unsupported_image_format"),
        ({"elements": [bow]}, ["body", "frontal_image_url"], "image_too_small"),
    ]
    for arguments, where, kind in refused:
        handle = fal.submit(MODEL, {"prompt": "a kite", **arguments})
        with pytest.raises(fal_client.FalClientHTTPError) as caught:
            handle.get()
        (item,) = caught.value.response.json()["detail"]
        assert (caught.value.status_code, item["loc"], item["type"]) == (422, where, kind)


def test_a_file_of_over_100_mib_goes_in_parts(mock: ThreadedServer, fal: fal_client.SyncClient, tmp_path: Path) -> None:
    file = tmp_path / "long.bin"
    block = bytes(range(256)) * 4096
    file.write_bytes(block * 101)
    url = fal.upload_file(file)
    part = httpx.get(url, headers={"range": f"bytes={100 * 2**20}-"}, trust_env=False)
    assert part.headers["content-range"] == f"bytes {100 * 2**20}-{101 * 2**20 - 1}/{101 * 2**20}"
    assert part.content == block
    assert asked(mock)[-1] == "POST /fal/media"


def test_files_are_sent_to_where_the_client_came_though_they_are_shown_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A container that polls under one name cannot send a file to the name under which a browser outside plays it."""
    elsewhere = "http://played-elsewhere.invalid:9999"
    with ThreadedServer(Settings(seed=1, media_url=elsewhere)) as mock:
        point_at(mock, monkeypatch)
        fal = fal_client.SyncClient(key=KEY)
        urls = [fal.upload(b"Hello!", "text/plain"), fal.upload(b"Hello!", "text/plain", repository="fal")]
        monkeypatch.setattr(fal_client.client, "MULTIPART_THRESHOLD", 1)
        assert fetched(fal.upload(b"in parts", "text/plain")) == b"in parts"
        fal._client.close()
        for url in urls:
            assert url.startswith(elsewhere)
            assert fetched(url.replace(elsewhere, mock.url)) == b"Hello!"


def test_an_upload_expires_when_it_was_asked_to(held: ThreadedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(held, monkeypatch)

    async def pass_time(seconds: float) -> None:
        await held.engine.worlds.world(KEY).clock.advance(seconds)

    fal = fal_client.SyncClient(key=KEY)
    for repository in ("fal_v3", "fal"):
        settings = fal_client.StorageSettings(expires_in="immediate")
        url = fal.upload(b"x", "text/plain", repository=repository, lifecycle=settings)
        assert httpx.get(url, trust_env=False).status_code == 200
        held.run(pass_time(60))
        assert httpx.get(url, trust_env=False).status_code == 404
    fal._client.close()


def test_the_async_client_uploads_too(mock: ThreadedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    point_at(mock, monkeypatch)
    file = tmp_path / "kite.txt"
    file.write_bytes(b"from a file")

    async def work() -> list[str]:
        fal = fal_client.AsyncClient(key=KEY)
        urls = [
            await fal.upload(b"bytes", "text/plain"),
            await fal.upload(b"second way", "text/plain", repository="fal"),
            await fal.upload_file(file),
        ]
        await (await fal._client).aclose()
        return urls

    assert [fetched(url) for url in asyncio.run(work())] == [b"bytes", b"second way", b"from a file"]


def test_a_refused_key_uploads_nothing(mock: ThreadedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(mock, monkeypatch)
    fal = fal_client.SyncClient(key="vidmock-invalid")
    with pytest.raises(httpx.HTTPStatusError, match="401 Unauthorized"):
        fal.upload(b"x", "text/plain")
    fal._client.close()


def test_events_are_each_state_with_its_logs(stepped: ThreadedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(stepped, monkeypatch)
    fal = fal_client.SyncClient(key=KEY)
    handle = fal.submit(MODEL, {"prompt": "a kite"})
    queued, running, done = handle.iter_events(with_logs=True, interval=0.001)
    assert isinstance(queued, fal_client.Queued)
    assert isinstance(running, fal_client.InProgress)
    assert isinstance(done, fal_client.Completed)
    assert running.logs is not None
    assert done.logs is not None
    assert (len(running.logs), len(done.logs)) == (1, 2)
    fal._client.close()


@pytest.mark.parametrize("call", ["subscribe", "run"])
def test_a_start_timeout_raises_504_and_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    settings = Settings(seed=1, clock=Mode("scaled", 50.0), latency=Latency(queue=(60.0, 60.0), run=(1.0, 1.0)))
    with ThreadedServer(settings) as mock:
        point_at(mock, monkeypatch)
        fal = fal_client.SyncClient(key=KEY)
        with pytest.raises(fal_client.FalClientHTTPError) as caught:
            getattr(fal, call)(MODEL, {"prompt": "a kite"}, start_timeout=2)
        fal._client.close()
        answers = [exchange.status for exchange in mock.engine.worlds.world(KEY).journal]
    assert (caught.value.status_code, caught.value.error_type) == (504, "request_timeout")
    assert caught.value.response_headers["x-fal-request-timeout-type"] == "user"
    assert answers.count(504) == 1


def test_a_model_that_streams_is_read_to_its_end(fal: fal_client.SyncClient) -> None:
    told = list(fal.stream("fal-ai/any-llm", {"prompt": "a joke"}))
    assert len(told) > 2
    assert told[0]["partial"]
    assert not told[-1]["partial"]
