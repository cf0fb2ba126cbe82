"""Every entry of wrong_requests/*.json is a wrong request, and what puts it right by what is said of it alone.

``says`` are the messages, ``suggestion`` the edit that is suggested. Where none is, ``then`` are the requests that a
person makes of the messages, one after the other, until one is valid. ``steps`` is how many that are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vidmock
from vidmock import strict_json
from vidmock.schema.json_patch import apply_patch

FOLDER = Path(__file__).parent / "wrong_requests"
WRONG = [(file.stem, entry) for file in sorted(FOLDER.glob("*.json")) for entry in strict_json.loads(file.read_bytes())]


def said_of(provider: str, model: str, sent: Any) -> list[str]:
    warned = [f"warning: {found}" for found in vidmock.lints(provider, model, sent)]
    return [*map(str, vidmock.validate(provider, model, sent)), *warned]


@pytest.mark.parametrize(("provider", "entry"), WRONG, ids=[f"{provider}-{entry['name']}" for provider, entry in WRONG])
def test_a_wrong_request_is_put_right_by_what_is_said_of_it(provider: str, entry: dict[str, Any]) -> None:
    model, sent = entry["model"], entry["sent"]
    assert said_of(provider, model, sent) == entry["says"]
    found = vidmock.suggest(provider, model, sent)
    assert (found.sentence if found else None) == entry.get("suggestion")
    made = [apply_patch(sent, found.patch)] if found else entry["then"]
    assert len(made) == entry["steps"]
    assert all(vidmock.validate(provider, model, each) or vidmock.lints(provider, model, each) for each in made[:-1])
    assert said_of(provider, model, made[-1]) == []


def test_most_wrong_requests_take_one_step() -> None:
    steps = [entry["steps"] for _, entry in WRONG]
    assert len(steps) >= 50
    assert max(steps) <= 2
    assert sum(each > 1 for each in steps) <= 1
