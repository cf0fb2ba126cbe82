"""What went for nothing, at the end of a run: each job and file by name, and no more than a screen of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from vidmock.cli.losses import MOST_LISTED, losses

if TYPE_CHECKING:
    from tests.conftest import House

FAL = "/fal/queue/fal-ai/kling-video"


def submit(house: House, prompt: str) -> str:
    return str(house.post(f"{FAL}/o1/reference-to-video", {"prompt": prompt}).json()["request_id"])


def test_nothing_is_said_where_nothing_was_lost(house: House) -> None:
    job = submit(house, "a kite")
    assert losses(house.app.engine.worlds) == ([], {})
    house.advance(10)
    house.get(house.get(f"{FAL}/requests/{job}").json()["video"]["url"])
    assert losses(house.app.engine.worlds) == ([], {})


def test_wasted_jobs_and_missed_files_are_listed(house: House) -> None:
    first, again, other = submit(house, "a kite"), submit(house, "a kite"), submit(house, "a dune")
    house.advance(10)
    house.get(house.get(f"{FAL}/requests/{first}").json()["video"]["url"])
    files = {job.id: f"{job.outputs[0].id}.mp4" for job in house.world().jobs.values()}
    assert losses(house.app.engine.worlds) == (
        [
            f"  $0.56 wasted: job {again}, duplicate of {first}",
            f"  $0.56 wasted: job {other}, uncollected",
            f"  $0.56 never downloaded: {files[again]} of job {again}",
            f"  $0.56 never downloaded: {files[other]} of job {other}",
        ],
        {"wasted": Decimal("1.12"), "never downloaded": Decimal("1.12")},
    )


def test_a_long_list_is_cut_off(house: House) -> None:
    for number in range(MOST_LISTED):
        submit(house, f"kite {number}")
    house.advance(10)
    lines, sums = losses(house.app.engine.worlds)
    assert lines[MOST_LISTED:] == [f"  and {MOST_LISTED} more"]
    assert sums == {"wasted": Decimal("5.60"), "never downloaded": Decimal("5.60")}
