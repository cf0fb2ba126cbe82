"""Whatever is drawn of a provider's behaviour over time, the client under test survives it."""

from __future__ import annotations

from typing import Any

import pytest

from vidmock.contract.report import case_lines
from vidmock.contract.script_run import features_of
from vidmock.contract.search import HistorySearch
from vidmock.contract.verdict import BAD
from vidmock.kit.profiles import profile


def test_a_client_survives_what_is_drawn(harness: Any) -> None:
    """Failures in a row, delays, deadlines and calls one after another cost the client no money and no video."""
    provider, make = harness.wire.name, harness.make
    report = HistorySearch(provider, make, features_of(provider, make)).run(profile().max_examples)
    if report.verdict in BAD:
        pytest.fail("\n".join(case_lines(report, 1, 1, expected=False, stories=True)), pytrace=False)
