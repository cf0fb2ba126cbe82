"""What a request costs stays what it is: counted in calls of the product's own functions, which no neighbour changes.

The counts are in ``calls.json``. One that has grown by more than a tenth is a cost that nobody decided on; one that has
shrunk so far is written down, so that it stays.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import vidmock

if TYPE_CHECKING:
    from types import FrameType

    from tests.conftest import House, Wire

PRODUCT = str(Path(vidmock.__file__).parent)
COUNTS: dict[str, dict[str, int]] = json.loads((Path(__file__).parent / "calls.json").read_bytes())


def calls_in(work: Callable[[], object]) -> int:
    """How many functions of the product are called within *work*, the second time that it is done."""
    work()
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        code = frame.f_code
        # What Python makes of comprehensions differs between its versions.
        count += event == "call" and code.co_filename.startswith(PRODUCT) and code.co_name[0] != "<"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("what", ["submit", "poll", "result", "download"])
def test_a_request_takes_as_many_calls_as_were_written_down(house: House, wire: Wire, what: str) -> None:
    job = wire.submit(house)
    work: dict[str, Callable[[], object]] = {
        "submit": lambda: wire.submit(house),
        "poll": lambda: wire.look(house, job),
        "result": lambda: wire.look(house, job),
    }
    if what in ("result", "download"):
        house.advance(900)
        told = wire.look(house, job)
        if wire.name == "fal":
            path = re.sub(r"/status$", "", str(told.request.url.path))
            work["result"] = lambda: house.get(path)
            told = house.get(path)
        (url, *_) = re.findall(r"http://[^\"]+\.mp4", told.text)
        work["download"] = lambda: house.get(url, None)
    found, written = calls_in(work[what]), COUNTS[wire.name][what]
    assert found == pytest.approx(written, rel=0.1), f"{found} calls where calls.json has {written}"
