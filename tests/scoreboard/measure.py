"""Tries a client in a process of its own: ``python -m tests.scoreboard.measure NAME [CASE…]`` prints JSON."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.scoreboard.clients import ADAPTERS, CLIENTS, BoardClient

from vidmock.contract import examination, script_run
from vidmock.contract.case import Case
from vidmock.contract.case_files import shipped_cases
from vidmock.contract.program import Programs
from vidmock.contract.program_clients import ProgramClients
from vidmock.contract.rehearsal import rehearse
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import BAD, CaseReport
from vidmock.kit.client import MakeClient
from vidmock.kit.loading import load_client

PATIENCE = 180.0
"""Real seconds of a run: the machine may be busy, and some clients look thousands of times."""
ENDLESS_PATIENCE = 60.0
"""The same of a program, which mostly waits, and of a client that would never come back."""
_ROOT = Path(__file__).resolve().parents[2]
_OF_THIS_MACHINE = ((re.compile(r"127\.0\.0\.1:\d+"), "HOST"), (re.compile(r"(file://)?/[\w/.-]*/board-\w+/"), ""))


def measured(client: BoardClient, cases: Sequence[str] = ()) -> dict[str, Any]:
    """What came of *client*, which is tried with these *cases*, or all, in a process of its own."""
    command = [sys.executable, "-m", "tests.scoreboard.measure", client.name, *cases]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{client.name}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(client: BoardClient, known: Sequence[Case]) -> dict[str, Any]:
    """The verdicts of *known* cases, and of those that failed what was seen, in the shortest of their runs that did."""
    patience = ENDLESS_PATIENCE if client.home or client.endless else PATIENCE
    lanes = patch.object(examination, "IN_FLIGHT", client.copies)
    with patch.object(script_run, "WATCHDOG", patience), lanes, clients_of(client) as make:
        features = features_of(client.provider, make)
        tried = [case for case in known if case.id not in client.others]
        reports = examination.examine(client.name, client.provider, make, features, tried).reports
    told = {report.case.id: _case(report) for report in reports}
    left = {case.id: _asked(case) | {"verdict": "not applicable", "why": why} for case, why in _others(client, known)}
    return {
        "version": client.version,
        "provider": client.provider,
        "date": datetime.now(UTC).date().isoformat(),
        "cases": {case.id: (told | left)[case.id] for case in known},
    }


@contextmanager
def clients_of(client: BoardClient) -> Iterator[MakeClient]:
    """What makes clients that are *client*; programs are in a folder of their own, with its packages."""
    if client.home is None:
        yield load_client(client.spec)
        return
    with tempfile.TemporaryDirectory(prefix="board-") as made:
        folder = Path(made)
        shutil.copy(ADAPTERS / client.adapter, folder)
        # Modules are looked up from the folder that a program is in.
        (folder / "node_modules").symlink_to(client.home / "node_modules")
        command = shlex.join((*client.runner, str(folder / client.adapter)))
        copies = Programs(command, lambda line: None)
        with closing(ProgramClients(copies, client.provider, client.lacks, client.has)) as programs:
            # All copies have started before time is measured: some packages take a quarter of a minute to load.
            with ThreadPoolExecutor(client.copies) as pool:
                list(pool.map(lambda _: rehearse(programs), range(client.copies)))
            yield programs


def _others(client: BoardClient, known: Sequence[Case]) -> Iterator[tuple[Case, str]]:
    return ((case, client.others[case.id]) for case in known if case.id in client.others)


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
            "seen": _anywhere("; ".join(f"{each.seen}: {each}" for each in shown.findings) or shown.why),
            "story": _anywhere(shown.story).splitlines(),
        }
    return said


def _anywhere(said: str) -> str:
    """*said*, without what is this machine's."""
    for pattern, instead in _OF_THIS_MACHINE:
        said = pattern.sub(instead, said)
    return said


if __name__ == "__main__":
    _, name, *ids = sys.argv
    (wanted,) = (client for client in CLIENTS if client.name == name)
    cases = [case for case in shipped_cases() if case.id in ids or not ids]
    print(json.dumps(measure(wanted, cases)))  # noqa: T201 - it is what this program is for
