"""What a provider would answer is what the mock answers by sockets, byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import vidmock
from vidmock import resources, strict_json
from vidmock.schema.catalog import Model, models
from vidmock.schema.known_media import media_from_mapping

TOP = resources.folder("fixtures")
FOLDERS = {f"{model.provider}/{model.file.stem}": model for model in models()}
INVALID = sorted(file for folder in FOLDERS for file in (TOP / folder / "invalid").glob("*.json"))
HOSTS = {
    "runpod": "api.runpod.ai",
    "runware": "api.runware.ai",
    "fal": "queue.fal.run",
    "eachlabs": "api.eachlabs.ai",
}
KEY = "any-key"
KEYS = {
    "runpod": {"Authorization": f"Bearer {KEY}"},
    "runware": {"Authorization": f"Bearer {KEY}"},
    "fal": {"Authorization": f"Key {KEY}"},
    "eachlabs": {"X-API-Key": KEY},
}
LATENCY = vidmock.Latency(queue=(1.0, 1.0), run=(2.0, 2.0))


def name(file: Path) -> str:
    return file.relative_to(TOP).with_suffix("").as_posix()


@pytest.fixture(scope="module")
def mock() -> Iterator[vidmock.MockServer]:
    settings = vidmock.Settings(clock=vidmock.Mode("manual"), latency=LATENCY, magic_inputs=False)
    with vidmock.MockServer(settings) as server:
        yield server


@pytest.fixture(scope="module")
def client(mock: vidmock.MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mock.url, trust_env=False) as opened:
        yield opened


def headers(provider: str) -> dict[str, str]:
    return {"Host": HOSTS[provider], "X-Forwarded-Proto": "https", **KEYS[provider]}


def submission(model: Model, sent: Any) -> tuple[str, Any]:
    """Path and body of a submission of *sent* at the provider's own host."""
    return {
        "runpod": (f"/v2/{model.id}/run", {"input": sent}),
        "runware": ("/v1", sent if isinstance(sent, list) else [sent]),
        "fal": (f"/{model.id}", sent),
        "eachlabs": ("/v1/prediction/", {"model": model.id, "input": sent}),
    }[model.provider]


def polled(client: httpx.Client, model: Model, job: str) -> httpx.Response:
    host = headers(model.provider)
    if model.provider == "runware":
        return client.post("/v1", json=[{"taskType": "getResponse", "taskUUID": job}], headers=host)
    path = {
        "runpod": f"/v2/{model.id}/status/{job}",
        "fal": f"/{'/'.join(model.id.split('/')[:2])}/requests/{job}",
        "eachlabs": f"/v1/prediction/{job}",
    }[model.provider]
    return client.get(path, headers=host)


@pytest.mark.parametrize("file", INVALID, ids=name)
def test_it_is_what_the_mock_answers_by_sockets(file: Path, mock: vidmock.MockServer, client: httpx.Client) -> None:
    model = FOLDERS[file.parents[1].relative_to(TOP).as_posix()]
    case = strict_json.loads(file.read_bytes())
    known = media_from_mapping(case.get("media", {}))
    asked = (model.provider, model.id, json.dumps(case["input"]), known)
    found = vidmock.provider_answer(*asked)
    # The end of a job that is waited for is in the answer; nobody would advance its clock meanwhile.
    waits = found.status == 200 and not found.later
    clock = vidmock.Mode("scaled", 1000) if waits else mock.settings.clock
    world = mock.world(KEY, replace(mock.settings, media=known, clock=clock))
    path, body = submission(model, case["input"])
    answer = client.post(path, json=body, headers=headers(model.provider))
    assert (found.status, found.body) == (answer.status_code, answer.content)
    assert {*found.headers.items()} <= {*answer.headers.items()}
    jobs = [job.id for job in world.jobs]
    assert len(jobs) == bool(found.later or waits)
    if found.later:
        world.clock.advance(60)
        later = polled(client, model, jobs[0])
        assert (found.later.status, found.later.body) == (later.status_code, later.content)
    told = b"rror" in found.last.body or b"detail" in found.last.body
    assert told == bool(vidmock.validate(*asked))


@pytest.mark.parametrize(
    ("provider", "model", "sent", "codes"),
    [
        ("runpod", "kling-video-o1-r2v", {"prompt": "x"}, ()),
        ("runware", "klingai:kling@o1", {"taskType": "videoInference"}, ("invalidModel",)),
        ("fal", "fal-ai/kling-video/o1/reference-to-video", {"duration": 5}, ("missing", "literal_error")),
        ("eachlabs", "kling-o1-video-to-video-reference", {"prompt": "x"}, ()),
    ],
)
def test_it_has_the_providers_own_codes(provider: str, model: str, sent: Any, codes: tuple[str, ...]) -> None:
    assert vidmock.provider_answer(provider, model, sent).codes[:2] == codes


def test_a_code_is_not_the_type_that_is_asked_for() -> None:
    task = {
        "taskType": "videoInference",
        "taskUUID": "4b240d50-1ef6-40ef-b186-290cc09b3413",
        "model": "klingai:kling@o1",
    }
    sent = {**task, "positivePrompt": "kite", "width": 1920, "height": 1080, "duration": 7}
    assert vidmock.provider_answer("runware", "klingai:kling@o1", sent).codes == ("unsupportedDuration",)


def test_the_answer_to_a_valid_request_is_that_of_the_finished_job() -> None:
    sent = {"input": {"prompt": "x", "images": ["https://a.b/c.png"]}}
    found = vidmock.provider_answer("runpod", "kling-video-o1-r2v", sent)
    assert found.json["status"] == "IN_QUEUE"
    assert found.last.json["output"]["cost"] == 0.56


def test_an_answer_that_has_the_result_is_the_last_one() -> None:
    task = {"taskType": "imageInference", "taskUUID": "4b240d50-1ef6-40ef-b186-290cc09b3413", "model": "runware:101@1"}
    sent = {**task, "positivePrompt": "kite", "width": 512, "height": 512, "seed": 7}
    found = vidmock.provider_answer("runware", "runware:101@1", sent)
    (item,) = found.last.json["data"]
    assert (found.status, found.later, item["seed"]) == (200, None, 7)
    later = vidmock.provider_answer("runware", "runware:101@1", {**sent, "deliveryMethod": "async"})
    assert later.last.json["data"][0]["seed"] == 7
    assert later.last is not later


@pytest.mark.parametrize("form", [list, tuple, lambda task: task[0]])
def test_an_envelope_may_be_there_or_not(form: Any) -> None:
    task = {"taskType": "videoInference", "taskUUID": "x", "model": "klingai:kling@o1", "positivePrompt": "kite"}
    sent = form([task])
    found = vidmock.provider_answer("runware", "klingai:kling@o1", sent)
    assert found.status == 400


def test_switches_decide_as_they_do_on_a_server() -> None:
    wrong = ("runpod", "kling-video-o1-r2v", {"prompt": "x"})
    assert vidmock.provider_answer(*wrong).status == 200
    at_once = vidmock.provider_answer(*wrong, behaviours={"runpod.invalid_input": "at-once"})
    assert (at_once.status, at_once.later) == (400, None)
    with pytest.raises(vidmock.BadRequest, match=r"runpod\.invalid_input"):
        vidmock.provider_answer(*wrong, behaviours={"runpod.invalid_inputs": "at-once"})


def test_it_can_be_asked_for_inside_of_a_running_loop() -> None:
    async def asking() -> vidmock.ProviderAnswer:
        return vidmock.provider_answer("runpod", "kling-video-o1-r2v", '{"prompt": "x"}')

    assert asyncio.run(asking()).status == 200


def test_an_unknown_model_is_told_as_everywhere() -> None:
    with pytest.raises(vidmock.UnknownModel):
        vidmock.provider_answer("fal", "fal-ai/nothing", {})
