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


def test_a_jobs_warnings_are_the_same_in_a_fork(house: House) -> None:
    """Also of a job that came by a snapshot and was run once more, and of one whose neighbour was refused."""
    house.post("/_vidmock/clock", {"mode": "manual"})
    runpod = house.post(R2V, {"input": RIGHT | {"sede": 1}}).json()["id"]
    good = {
        "taskType": "videoInference",
        "model": "klingai:kling@o1",
        "positivePrompt": "a kite",
        "width": 1920,
        "height": 1080,
    }
    tasks = [{**good, "taskUUID": f"d1b5a5f6-6f7b-4c2e-9a51-2f0c6f1f7a1{number}"} for number in (1, 2)]
    house.post("/runware/v1", [tasks[0] | {"width": 1}, tasks[1]])
    snapshot.load_world(house.app.engine, snapshot.save_world(house.app.engine, house.world()), "a-key")
    house.post("/_vidmock/clock/advance", {"seconds": 600})
    house.post(f"/runpod/v2/kling-video-o1-r2v/retry/{runpod}", {})

    def warnings(key: str) -> dict[str, int | None]:
        world = house.app.engine.worlds.world(key)
        found = {job.id: world.journal.lints(job.id) for job in world.jobs.values()}
        return {job_id: None if lints is None else len(lints) for job_id, lints in found.items()}

    assert warnings("a-key") == {runpod: 1, tasks[1]["taskUUID"]: 0}
    snapshot.load_world(house.app.engine, snapshot.save_world(house.app.engine, house.world()), "b-key")
    assert warnings("b-key") == warnings("a-key")
