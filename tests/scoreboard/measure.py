"""Tries a client with every case, in a process of its own: ``python -m tests.scoreboard.measure NAME`` prints JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.scoreboard.clients import CLIENTS, BoardClient

from vidmock.contract import script_run
from vidmock.contract.case import Case
from vidmock.contract.case_files import shipped_cases
from vidmock.contract.examination import examine
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import BAD, CaseReport
from vidmock.kit.loading import load_client

PATIENCE = 180.0
"""Real seconds of a run: the machine may be busy, and some clients look thousands of times."""
_ROOT = Path(__file__).resolve().parents[2]
_HOST = re.compile(r"127\.0\.0\.1:\d+")


def measured(client: BoardClient) -> dict[str, Any]:
    """What came of *client*, which is tried in a process of its own."""
    command = [sys.executable, "-m", "tests.scoreboard.measure", client.name]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{client.name}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(client: BoardClient) -> dict[str, Any]:
    """The verdicts of every case, and of those that failed what was seen, in the shortest of their runs that did."""
    make = load_client(client.spec)
    features = features_of(client.provider, make)
    with patch.object(script_run, "WATCHDOG", PATIENCE):
        told = examine(client.name, client.provider, make, features, shipped_cases())
    return {
        "version": client.version,
        "provider": client.provider,
        "date": datetime.now(UTC).date().isoformat(),
        "cases": {report.case.id: _case(report) for report in told.reports},
    }


def _asked(case: Case) -> dict[str, Any]:
    """What the pages say of *case*: what it was when it was tried."""
    return {
        "severity": case.severity,
        "asks": case.asks,
        "must": case.must,
        "documented": dict(case.documented),
    }


def _case(report: CaseReport) -> dict[str, Any]:
    said: dict[str, Any] = {"verdict": report.verdict, **_asked(report.case)}
    if report.why:
        said["why"] = report.why
    bad = [script for script in report.scripts if script.verdict in BAD]
    if bad:
        # The shortest tells it best.
        shown = min(bad, key=lambda script: (not script.story, script.story.count("\n")))
        said |= {
            "lost": str(report.lost),
            "run": shown.script.name,
            "seen": _HOST.sub("HOST", "; ".join(f"{each.seen}: {each}" for each in shown.findings) or shown.why),
            "story": _HOST.sub("HOST", shown.story).splitlines(),
        }
    return said


if __name__ == "__main__":
    (wanted,) = (client for client in CLIENTS if client.name == sys.argv[1])
    print(json.dumps(measure(wanted)))  # noqa: T201 - it is what this program is for
