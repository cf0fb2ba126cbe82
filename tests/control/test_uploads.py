"""A reset, a restore and a fork reach what clients have uploaded, and the permissions to upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.snapshot import snapshot
from vidmock.engine.world import upload_tickets
from vidmock.engine.world.upload_tickets import UploadTicket, UploadTickets
from vidmock.testing.world_defaults import WorldDefaults

if TYPE_CHECKING:
    from tests.conftest import House, Wire
    from tests.control.conftest import Control

PNG = {"content-type": "image/png"}


class Given:
    """A permission to upload at a provider: where to put a file, with which headers, and where it then is."""

    def __init__(self, house: House, provider: str) -> None:
        self.house = house
        if provider == "fal":
            path, body = "/fal/rest/storage/upload/initiate", {"content_type": "image/png", "file_name": "a.png"}
            said = house.post(path, body, headers={"Authorization": "Key a-key"}).json()
            self.target, self.url, self.headers = said["upload_url"], said["file_url"], PNG
        else:
            said = house.post("/eachlabs/v1/upload/presign", {"content_type": "image/png"}).json()
            self.target, self.url = said["presigned_url"], said["public_url"]
            self.headers = PNG | said["required_headers"]

    def put(self, data: bytes = b"a picture") -> bool:
        """Whether it was taken."""
        return self.house.ask("PUT", self.target, None, content=data, headers=dict(self.headers)).is_success

    @property
    def file(self) -> bytes | None:
        answer = self.house.get(self.url, None)
        return answer.content if answer.is_success else None


@pytest.fixture(params=["fal", "eachlabs"])
def given(request: pytest.FixtureRequest, control: Control) -> Given:
    return Given(control.house, request.param)


def test_after_a_reset_an_old_permission_is_refused_and_old_files_are_gone(control: Control, given: Given) -> None:
    assert given.put()
    assert given.file == b"a picture"
    control.do("POST", "/worlds/reset?key=a-key")
    assert given.file is None
    assert not given.put(b"late")
    assert given.file is None


def test_a_restored_world_takes_what_it_had_given_leave_for_and_nothing_later(control: Control, given: Given) -> None:
    saved = control.get("/worlds/snapshot?key=a-key")
    later = Given(control.house, "fal" if "ticket=" in given.target else "eachlabs")
    control.do("POST", "/worlds/reset?key=a-key")
    control.do("PUT", "/worlds/snapshot?key=a-key", saved)
    assert given.put()
    assert given.file == b"a picture"
    assert not later.put()


def test_a_fork_has_files_of_its_own(control: Control, given: Given) -> None:
    assert given.put()
    control.do("POST", "/worlds/fork?key=a-key", {"to": "other"})
    control.do("POST", "/worlds/reset?key=a-key")
    assert given.file == b"a picture"
    control.do("POST", "/worlds/reset?key=other")
    assert given.file is None


def test_a_world_holds_the_newest_tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_tickets, "MOST_TICKETS", 2)
    tickets = UploadTickets()
    for name in ("a", "b", "a", "c"):
        tickets.issue(UploadTicket(name, name, "image/png", 1.0))
    tickets.withdraw("b")
    assert [ticket.id for ticket in tickets] == ["a", "c"]


def test_a_world_whose_job_has_no_video_is_restored(control: Control) -> None:
    job = control.house.post("/fal/queue/fal-ai/any-llm", {"prompt": "why?"}).json()["request_id"]
    control.house.advance(20)
    control.do("PUT", "/worlds/snapshot", control.get("/worlds/snapshot"))
    assert control.house.get(f"/fal/queue/fal-ai/any-llm/requests/{job}").status_code == 200


def test_a_restored_world_keeps_the_counts_of_the_faults_that_all_worlds_have(house: House, wire: Wire) -> None:
    rule = checked_rule(FaultRule("poll", Effect("internal"), times=1, id="everywhere"))
    WorldDefaults(house.app.engine).rules[rule.id] = rule
    job = wire.submit(house)
    house.advance(10)
    assert wire.look(house, job).status_code >= 400
    assert "everywhere" in house.world("new").faults

    async def restore() -> None:
        snapshot.load_world(house.app.engine, snapshot.save_world(house.app.engine, house.world()))

    house.run(restore())
    assert wire.look(house, job).status_code == 200


def test_a_planned_webhook_comes_once_from_each_world_that_it_is_planned_in(control: Control, wire: Wire) -> None:
    house = control.house
    wire.submit(house, webhook="http://receiver.test/")
    control.do("PUT", "/worlds/snapshot", control.get("/worlds/snapshot"))
    house.advance(10)
    assert len(house.receiver.messages) == 1
    house.receiver.messages.clear()
    house.receiver.statuses = [500, 200]
    wire.submit(house, webhook="http://receiver.test/")
    house.advance(3)
    assert len(house.receiver.messages) == 1
    control.do("POST", "/worlds/fork?key=a-key", {"to": "other"})
    for key in ("a-key", "other"):
        house.advance(100, key)
    assert len(house.receiver.messages) == 3


def test_an_id_may_be_used_again_only_by_a_task_that_is_accepted(control: Control, wires: tuple[Wire, ...]) -> None:
    runware = next(wire for wire in wires if wire.name == "runware")
    house = control.house
    job = runware.submit(house)
    house.advance(10)
    house.world().switch({"runware.duplicate": "running"})
    task: dict[str, Any] = runware.body[0] | {"taskUUID": job}
    assert house.post(runware.submit_path, [task | {"duration": 99}]).status_code == 400
    assert runware.video(runware.look(house, job).json())
    assert house.post(runware.submit_path, [task | {"positivePrompt": "another"}]).status_code == 200
    assert house.world().jobs[job].prompt == "another"
