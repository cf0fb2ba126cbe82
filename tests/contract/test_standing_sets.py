"""Requirement sets, which later versions do not add to."""

from __future__ import annotations

from collections import Counter

import pytest

from vidmock.contract.case_files import shipped_cases
from vidmock.contract.standing_sets import required_cases, requirement_files
from vidmock.located_file import read_located


@pytest.mark.parametrize("name", requirement_files())
def test_a_set_names_cases_that_there_are_once_each(name: str) -> None:
    listed = read_located(requirement_files()[name])[0]
    assert {*listed} <= {case.id for case in shipped_cases()}
    assert max(Counter(listed).values()) == 1
    assert required_cases(name) == {*listed}
