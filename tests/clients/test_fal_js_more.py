"""@fal-ai/client, unmodified: streaming, uploads, start timeouts, and all of it through the proxy protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer

STARTED = "Generating with fal-ai/kling-video/o1/reference-to-video"
FULL_HD = "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"


@pytest.mark.parametrize("scenario", ["streaming", "token", "proxy-streaming"])
def test_streaming_reports_states_and_gathers_logs(
    stepped: ThreadedServer, node: Callable[..., Any], clip: Callable[[str], str], scenario: str
) -> None:
    found = node("fal_more.mjs", stepped.url, scenario)
    # The client hands out one growing list: by the end each update shows all of it.
    assert [status for status, _ in found["updates"]] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert found["updates"][-1][1] == [STARTED, "Done"]
    assert clip(found["url"]) == FULL_HD


def test_the_status_stream_ends_with_completed(mock: ThreadedServer, node: Callable[..., Any]) -> None:
    found = node("fal_more.mjs", mock.url, "stream")
    assert found["last"] == "COMPLETED"
    assert found["seen"][-1] == "COMPLETED"


def test_a_file_is_uploaded_and_served_back(mock: ThreadedServer, node: Callable[..., Any]) -> None:
    found = node("fal_more.mjs", mock.url, "storage")
    assert found["text"] == "a picture"
    assert found["url"].endswith("_kite.png")
    kept, short = (mock.engine.worlds.upload_at(found[name]) for name in ("url", "short"))
    assert kept is not None
    assert short is not None
    assert kept.expires is None
    assert short.expires is not None


def test_a_blob_in_the_input_is_uploaded_on_the_way(
    mock: ThreadedServer, node: Callable[..., Any], clip: Callable[[str], str]
) -> None:
    assert clip(node("fal_more.mjs", mock.url, "blob")["url"]) == FULL_HD
    (job,) = mock.engine.worlds.world("fal-js-key").jobs.values()
    assert httpx.get(job.input["image_urls"][0], trust_env=False).content == b"a picture"


def test_a_file_of_over_90_mib_goes_in_parts(mock: ThreadedServer, node: Callable[..., Any]) -> None:
    assert node("fal_more.mjs", mock.url, "parts") == {"size": 91 * 2**20, "same": True}


def test_subscribe_works_through_the_proxy(
    stepped: ThreadedServer, node: Callable[..., Any], clip: Callable[[str], str]
) -> None:
    found = node("fal_more.mjs", stepped.url, "proxy")
    assert list(dict.fromkeys(status for status, _ in found["updates"])) == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert clip(found["url"]) == FULL_HD


def test_an_upload_works_through_the_proxy(mock: ThreadedServer, node: Callable[..., Any]) -> None:
    assert node("fal_more.mjs", mock.url, "proxy-storage")["text"] == "a picture"


def test_a_request_is_cancelled_through_the_proxy(held: ThreadedServer, node: Callable[..., Any]) -> None:
    assert node("fal_more.mjs", held.url, "proxy-cancel")["error_type"] == "client_cancelled"


def test_a_start_timeout_is_the_users_and_not_tried_again(node: Callable[..., Any]) -> None:
    settings = Settings(seed=1, clock=Mode("scaled", 50.0), latency=Latency(queue=(60.0, 60.0), run=(1.0, 1.0)))
    with ThreadedServer(settings) as mock:
        found = node("fal_more.mjs", mock.url, "timeout")
        answers = [exchange.status for exchange in mock.engine.worlds.world("fal-js-key").journal]
    assert (found["status"], found["user"], found["body"]["error_type"]) == (504, True, "request_timeout")
    assert answers.count(504) == 1
