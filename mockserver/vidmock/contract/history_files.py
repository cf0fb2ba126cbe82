"""Saves a history that a client did not survive: as a file of cases, and as a test for pytest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_TEST: Final = '''"""What a search has found: {asks}"""

from pathlib import Path

from vidmock.contract.case_files import read_cases
from vidmock.contract.report import case_lines
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import judge_case
from vidmock.kit.loading import load_client


def test_the_client_survives_what_was_found() -> None:
    (case,) = read_cases(Path(__file__).with_name({file!r}))
    make = load_client({client!r})
    report = judge_case(case, {provider!r}, make, features_of({provider!r}, make))
    assert report.verdict == "passed", "\\n".join(case_lines(report, 1, 1, expected=False, stories=True))
'''


def save_history(told: Mapping[str, Any], client: str, provider: str, folder: Path) -> tuple[Path, ...]:
    """Write the case *told*, which ``vidmock check --cases FILE`` tries, and a test of *client*; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    name = str(told["id"]).lower()
    case, test = folder / f"{name}.case.json", folder / f"test_{name.replace('-', '_')}.py"
    case.write_text(json.dumps([told], indent=2) + "\n", "utf-8")
    place, colon, attribute = client.rpartition(":")
    absolute = f"{Path(place).resolve()}:{attribute}" if place.endswith(".py") else f"{place}{colon}{attribute}"
    test.write_text(_TEST.format(asks=told["asks"], file=case.name, client=absolute, provider=provider), "utf-8")
    return case, test
