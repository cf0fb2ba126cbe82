"""The same seed and calls give the same bytes in memory, in a file, and in one that another server goes on from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import WIRES, House
from tests.control.test_snapshot import HOOK, STEPS, Step, Story
from tests.state.test_keeper import kept_in, timeless

if TYPE_CHECKING:
    import httpx

CONTROL = "/_vidmock"
MORE_STEPS = st.tuples(st.sampled_from(["fork", "save", "restore", "reset", "upload"]), st.integers(0, 11))
EVERY_KIND: tuple[Step, ...] = (
    *(("submit", number) for number in range(12)),
    *(("fault", number) for number in range(5)),
    ("receiver", 1),
    ("upload", 0),
    ("save", 0),
    *(("submit", number) for number in range(4, 8)),
    ("advance", 2),
    *(("look", number) for number in range(12)),
    ("fork", 0),
    ("cancel", 0),
    ("advance", 4),
    *(("look", number) for number in range(12)),
    ("receiver", 0),
    ("restore", 0),
    ("advance", 5),
    *(("look", number) for number in range(12)),
    ("reset", 0),
    *(("submit", number) for number in range(4, 8)),
    ("advance", 4),
)
"""Each provider's jobs with webhooks, faults, an upload, a fork, and a world that is restored and begun anew."""


class LongStory(Story):
    """A story in which worlds are forked, saved, restored and begun anew, and files are uploaded."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.kept: Any = None
        self.refused = 0
        """Changes of worlds that were not granted."""

    def copy(self, house: House) -> LongStory:
        other = LongStory(house)
        other.jobs, other._submitted = list(self.jobs), self._submitted
        house.receiver.statuses = list(self.house.receiver.statuses)
        other.kept = self.kept
        return other

    def fork(self, number: int) -> None:
        self._change(self.house.post(f"{CONTROL}/worlds/fork?key=a-key", {"to": f"key-{number}"}))
        # What becomes of the copy is seen as well.
        wire = WIRES[number % 4]
        self._see(self.house.post(wire.submit_path, wire.bad_body, f"key-{number}"))
        self.house.advance(30, f"key-{number}")

    def save(self, number: int) -> None:
        answer = self.house.get(f"{CONTROL}/worlds/snapshot?key=a-key")
        self.kept = answer.json()

    def restore(self, number: int) -> None:
        if self.kept is not None:
            self._change(self.house.ask("PUT", f"{CONTROL}/worlds/snapshot", None, json=self.kept))

    def reset(self, number: int) -> None:
        self._change(self.house.post(f"{CONTROL}/worlds/reset?key=a-key"))

    def _change(self, answer: httpx.Response) -> None:
        self.refused += not answer.is_success
        self._see(answer)

    def upload(self, number: int) -> None:
        begun = self.house.post(
            "/fal/rest/storage/upload/initiate?storage_type=fal-cdn-v3",
            {"content_type": "image/png", "file_name": f"{number}.png"},
            headers={"Authorization": "Key a-key", "x-request-id": "a-request"},
        )
        self._see(begun)
        url = begun.json()["upload_url"]
        sent = self.house.ask("PUT", url, None, content=b"picture", headers={"content-type": "image/png"})
        self.seen.append((sent.status_code, sent.content))


def assert_equal_everywhere(path: Path, before: list[Step], after: list[Step]) -> LongStory:
    """In memory, in a file, and in a file that another server goes on from; returns the story in memory."""
    memory = timeless(House())
    plain = LongStory(memory)
    for step in (*before, *after):
        plain.tell(step)
    with kept_in(path / "whole") as kept:
        whole = LongStory(kept.house)
        for step in (*before, *after):
            whole.tell(step)
    with kept_in(path / "halves") as kept:
        first = LongStory(kept.house)
        for step in before:
            first.tell(step)
    with kept_in(path / "halves") as kept:
        second = first.copy(kept.house)
        for step in after:
            second.tell(step)
    assert whole.seen == plain.seen
    assert first.seen + second.seen == plain.seen
    memory.close()
    return plain


def test_all_that_can_happen_gives_the_same_bytes(tmp_path: Path) -> None:
    middle = EVERY_KIND.index(("fork", 0)) - 1
    story = assert_equal_everywhere(tmp_path, [*EVERY_KIND[:middle]], [*EVERY_KIND[middle:]])
    assert story.refused == 0
    assert {wire.name for wire, _ in story.jobs} == {wire.name for wire in WIRES}
    assert any(HOOK in str(seen) for seen in story.seen)


@settings(max_examples=4)
@given(st.lists(STEPS | MORE_STEPS, min_size=1, max_size=12), st.lists(STEPS | MORE_STEPS, min_size=1, max_size=12))
def test_whatever_is_drawn_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, before: list[Step], after: list[Step]
) -> None:
    assert_equal_everywhere(tmp_path_factory.mktemp("state"), before, after)
