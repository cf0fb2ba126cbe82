"""A commit by which a request costs more is refused, unless it says why."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.cost_growth import WRITTEN, grown_since

CALLS, MEMORY = WRITTEN


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose only commit has a cost of 100 calls."""
    _git(tmp_path, "init", "--quiet")
    commit(tmp_path, "First", {"fal": {"poll": 100}})
    return tmp_path


def commit(root: Path, message: str, figures: object, path: str = CALLS) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(json.dumps(figures))
    _git(root, "add", ".")
    _git(root, "-c", "user.name=a", "-c", "user.email=a@b.test", "commit", "--quiet", "--message", message)


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, cwd=root)


def test_a_first_commit_has_nothing_to_be_compared_with(checkout: Path) -> None:
    assert grown_since(checkout) == []


@pytest.mark.parametrize("now", [50, 100, 110])
def test_a_tenth_more_is_accepted(checkout: Path, now: int) -> None:
    commit(checkout, "Next", {"fal": {"poll": now}, "a new one": {"poll": 1000}})
    assert grown_since(checkout) == []


def test_more_than_a_tenth_more_is_refused(checkout: Path) -> None:
    commit(checkout, "Next", {"fal": {"poll": 111}})
    assert grown_since(checkout) == ["tests/server/calls.json: fal poll: 111, and was 100"]


def test_more_is_accepted_where_the_message_says_why(checkout: Path) -> None:
    commit(checkout, "Next\n\nCosts-more: polls are signed now", {"fal": {"poll": 200}})
    assert grown_since(checkout) == []


def test_figures_of_two_versions_of_python_are_not_compared(checkout: Path) -> None:
    commit(checkout, "Second", {"python": "3.11", "requests": {"fal": {"poll": {"kept": 10}}}}, MEMORY)
    commit(checkout, "Third", {"python": "3.12", "requests": {"fal": {"poll": {"kept": 20}}}}, MEMORY)
    assert grown_since(checkout) == []
    commit(checkout, "Fourth", {"python": "3.12", "requests": {"fal": {"poll": {"kept": 30}}}}, MEMORY)
    assert grown_since(checkout) == ["tests/server/memory.json: requests fal poll kept: 30, and was 20"]
