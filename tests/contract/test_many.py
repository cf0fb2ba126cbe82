"""One is not several."""

from __future__ import annotations

import pytest

from vidmock.contract.many import many


@pytest.mark.parametrize(("count", "said"), [(0, "0 jobs were"), (1, "1 job was"), (2, "2 jobs were")])
def test_one_is_said_otherwise_than_none_or_more(count: int, said: str) -> None:
    assert many(count, "job was", "jobs were") == said
