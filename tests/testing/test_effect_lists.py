"""Effects are listed for readers, editors and type checkers as they are registered."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.effect_lists import TOP, WRITERS


@pytest.mark.parametrize("file", WRITERS, ids=lambda file: str(file.relative_to(TOP)))
def test_a_list_of_effects_is_as_they_are_registered(file: Path) -> None:
    text = file.read_text("utf-8")
    assert WRITERS[file](text) == text, "python -m tests.effect_lists writes it anew"
