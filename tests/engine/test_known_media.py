"""What the engine knows of input files, and jobs that fail for it once they have begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.service.submission import Submission, known_media
from vidmock.engine.world.uploads import Upload
from vidmock.media.clip import Clip
from vidmock.media.render import render
from vidmock.schema.catalog import find_model
from vidmock.schema.known_media import UNKNOWN, MediaInfo, media_from_mapping

if TYPE_CHECKING:
    from tests.conftest import House

URL = "https://clips.example/walk.mp4"
WALK = render(Clip(1280, 720, 2.0, ("walk",)))
KNOWN = MediaInfo(2.0, 1280, 720, len(WALK), "mp4")
NEXT: dict[str, Any] = {"prompt": "the next shot", "video_url": URL}
NEXT_SHOT = "eachlabs", "kling-o1-video-to-video-reference"


def look(house: House, place: str) -> MediaInfo:
    return known_media(house.app.engine.worlds, house.world(), house.world().clock.now())(place)


def keep(house: House, **more: Any) -> None:
    upload = Upload("an-id", "a-key", "walk.mp4", "image/png", WALK)
    house.world().files.put(replace(upload, **more))


def submit(house: House, input: dict[str, Any], where: tuple[str, str] = NEXT_SHOT, **more: Any) -> Job:
    return house.app.engine.submit(Submission(house.world(), find_model(*where), input, "http://mock.test", **more))


@pytest.mark.parametrize("place", [URL, "4b240d50-1ef6-40ef-b186-290cc09b3413", "", "x" * 100_000], ids=len)
def test_of_a_file_elsewhere_nothing_is_known(house: House, place: str) -> None:
    assert look(house, place) == UNKNOWN


@pytest.mark.parametrize("place", ["an-id", "https://any.host/an-id", "http://x/files/an-id_walk.mp4?a=b", "an-id.png"])
def test_an_upload_tells_what_it_is_whatever_it_is_called(house: House, place: str) -> None:
    keep(house)
    assert look(house, place) == KNOWN


def test_what_the_settings_say_goes_before_what_a_file_tells(houses: Callable[..., House]) -> None:
    house = houses(media=media_from_mapping({"an-id": {"seconds": 12}}))
    keep(house)
    assert look(house, "an-id") == MediaInfo(12)
    assert look(house, "http://x/an-id") == KNOWN


def test_a_stand_in_tells_nothing_but_what_is_known_of_what_it_stands_for(houses: Callable[..., House]) -> None:
    house = houses(media=media_from_mapping({URL: {"seconds": 12}}))
    keep(house, source=URL)
    assert look(house, "an-id") == MediaInfo(12)
    keep(house, source="https://clips.example/other.mp4")
    assert look(house, "an-id") == UNKNOWN


def test_a_result_is_known_once_it_is_there(house: House) -> None:
    made = submit(house, {"prompt": "a kite", "duration": "10"}, ("fal", "fal-ai/kling-video/o1/reference-to-video"))
    (output,) = made.outputs
    assert look(house, f"https://any.host/{output.id}_output.mp4") == UNKNOWN
    house.advance(3)
    assert look(house, f"https://any.host/{output.id}_output.mp4") == MediaInfo(10.0, 1920, 1080, None, "mp4")


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_a_file_that_breaks_a_limit_fails_its_job_when_it_runs_and_is_paid_back(
    houses: Callable[..., House], lenient: bool
) -> None:
    house = houses(media=media_from_mapping({URL: {"seconds": 12, "width": 640, "height": 360}}))
    job = submit(house, NEXT, lenient=lenient)
    assert [(step.at - job.created, step.state) for step in job.timeline] == [
        (0.0, State.QUEUED),
        (1.0, State.RUNNING),
        (1.5, State.FAILED),
    ]
    assert job.failure is not None
    assert [violation.rule for violation in job.failure.violations] == ["media-too-small", "media-too-long"]
    assert "video_url: this clip lasts 12 s; it must last 3 to 10 s" in job.failure.reason
    ledger = house.world().ledger
    assert ledger.spent == Decimal("0.84")
    house.advance(3)
    assert (ledger.charged, ledger.spent) == (Decimal("0.84"), Decimal(0))


def test_a_file_of_an_input_that_is_wrong_in_itself_is_not_even_looked_at(houses: Callable[..., House]) -> None:
    house = houses(media=media_from_mapping({URL: {"seconds": 12}}))
    job = submit(house, {**NEXT, "duration": "7"}, lenient=True)
    assert job.failure is not None
    assert [violation.rule for violation in job.failure.violations] == ["enum"]


def test_a_good_file_changes_nothing(houses: Callable[..., House]) -> None:
    jobs = []
    for facts in ({}, {URL: {"seconds": 10, "width": 1280, "height": 720, "bytes": 1, "format": "mp4"}}):
        house = houses(media=media_from_mapping(facts))
        jobs.append(submit(house, {**NEXT, "aspect_ratio": "16:9"}))
    assert jobs[0] == jobs[1]


def test_an_edit_of_an_upload_is_as_long_as_the_upload_and_billed_for_it(house: House) -> None:
    keep(house, data=render(Clip(1280, 720, 8.5, ("walk",))))
    job = submit(
        house,
        {
            "taskType": "videoInference",
            "taskUUID": "4b240d50-1ef6-40ef-b186-290cc09b3413",
            "model": "klingai:kling@o1",
            "positivePrompt": "rain",
            "inputs": {"video": "https://any.host/an-id.mp4"},
        },
        ("runware", "klingai:kling@o1"),
    )
    assert job.cost == Decimal("1.512")
    assert [(output.seconds, output.width, output.height) for output in job.outputs] == [(8.5, 1280, 720)]


def test_a_job_that_is_run_again_is_judged_again(houses: Callable[..., House]) -> None:
    known: dict[str, Any] = {URL: {"seconds": 12}}
    house = houses(media=lambda url: media_from_mapping(known)(url))  # noqa: PLW0108 - read anew each time
    job = submit(house, NEXT)
    house.advance(3)
    known.clear()
    again = house.app.engine.retry(house.world(), house.world().jobs[job.id])
    assert (again.failure, again.attempt) == (None, 2)
