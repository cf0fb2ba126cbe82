"""What is said of an exchange in the journal is the same after a snapshot."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import House

from vidmock.engine.snapshot import snapshot

R2V = "/runpod/v2/kling-video-o1-r2v/run"
RIGHT = {"prompt": "a", "images": ["https://a.test/b.png"]}


@pytest.mark.parametrize(
    ("path", "body", "number"),
    [
        (R2V, {"input": RIGHT, "sed": 1}, 1),
        (R2V, {"input": RIGHT | {"sede": 1}, "seed": 1}, 2),
        (R2V, {"input": RIGHT}, 0),
        ("/fal/queue/fal-ai/kling-video/o1/reference-to-video", {"prompt": "a", "durration": "5"}, 1),
    ],
)
def test_warnings_outlive_a_snapshot(house: House, path: str, body: dict[str, Any], number: int) -> None:
    def warnings() -> list[str]:
        journal = house.world().journal
        return [str(lint) for exchange in journal for judged in exchange.judged for lint in judged.lints]

    house.post(path, body)
    before = warnings()
    assert len(before) == number
    snapshot.load_world(house.app.engine, snapshot.save_world(house.app.engine, house.world()), "a-key")
    assert warnings() == before
