"""Runs the contract kit against clients that each have one bug of the catalogue, and says which cases find it.

``python -m tests.kit.mutants`` tries all of them, which takes long; see ``--help`` for less. Each client is tried by
``vidmock check`` in a process of its own, because some of these bugs hang. A case that fails the good client kills
nothing: it is named first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.kit.mutants.catalogue import TOP, BadBug, Bug, clients, load_bugs
from tests.kit.mutants.fates import Fate, kind_of, table_lines

LONGEST = 900.0
"""Seconds for one client, at most; it fails whatever it had not finished by then."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The ids of the cases that were tried with one client, of those that it failed, and of those not exercised."""

    tried: tuple[str, ...]
    failed: frozenset[str]
    idle: frozenset[str] = frozenset()


class CheckFailed(RuntimeError):
    """``vidmock check`` gave no report; ``str()`` has its last words."""


def check(file: Path, provider: str, options: Sequence[str]) -> Checked:
    """Have ``vidmock check`` try the client in *file*.

    Raises:
        CheckFailed: there is no report of it.
    """
    path = os.pathsep.join([str(TOP), str(TOP / "mockserver"), *filter(None, [os.environ.get("PYTHONPATH")])])
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        asked = [f"{file}:Client", "--provider", provider, "--json", str(report), *options]
        try:
            done = subprocess.run(
                [sys.executable, "-m", "vidmock", "check", *asked],
                cwd=TOP,
                env=os.environ | {"PYTHONPATH": path},
                capture_output=True,
                text=True,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired:
            return Checked((), frozenset({"HUNG"}))
        if not report.is_file():
            raise CheckFailed(f"{file.name} with {provider}: {done.stdout[-300:]}{done.stderr[-2000:]}")
        cases = json.loads(report.read_text("utf-8"))["cases"]
    return Checked(
        tuple(case["id"] for case in cases if case["verdict"] != "not applicable"),
        frozenset(case["id"] for case in cases if case["verdict"] in ("failed", "hung")),
        frozenset(case["id"] for case in cases if case["verdict"] == "not exercised"),
    )


def find_fate(bug: Bug, good: Checked, folder: Path, options: Sequence[str], *, quick: bool) -> Fate:
    """Try the client with *bug*; *good* is what became of it without.

    If *quick*, with the cases of the kinds that should kill it, and with the others only if those do not.
    """
    file = folder / f"{bug.id.replace('-', '_')}.py"
    file.write_text(bug.apply(), "utf-8")
    foretold = [word for kind in sorted(bug.kills & set(map(kind_of, good.tried))) for word in ("--case", kind)]
    found = check(file, bug.provider, foretold if quick and foretold else options)
    if quick and foretold and not found.failed - good.failed:
        found = check(file, bug.provider, options)
    fate = Fate(bug, found.failed - good.failed, found.idle - good.idle)
    sys.stderr.write(f"{bug.id}: {' '.join(sorted(fate.killers)) or 'SURVIVES'}\n")
    return fate


def find_fates(
    bugs: Sequence[Bug], options: Sequence[str], jobs: int, *, quick: bool
) -> tuple[Mapping[Path, Checked], list[Fate]]:
    """Try the good clients, and then each bug: *jobs* of them at once."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        whole = clients(bugs)
        checked = pool.map(lambda client: check(TOP / client[0], client[1], options), whole)
        good = dict(zip((client for client, _ in whole), checked, strict=True))
        find = partial(find_fate, folder=Path(folder), options=options, quick=quick)
        return good, list(pool.map(lambda bug: find(bug, good[bug.client]), bugs))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kit.mutants", description=__doc__)
    parser.add_argument("--only", metavar="TEXT", default="", help="bugs in whose id TEXT is")
    parser.add_argument("--provider", help="bugs of clients of this provider")
    parser.add_argument("--case", action="append", default=[], metavar="ID", help="as for vidmock check")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many clients to try at once")
    parser.add_argument(
        "--quick", action="store_true", help="first only cases that should kill it: who else does is open"
    )
    arguments = parser.parse_args()
    named = [bug for bug in load_bugs() if arguments.only in bug.id and arguments.provider in (None, bug.provider)]
    bugs = tuple(bug for bug in named if not bug.harmless)
    options = [word for case in arguments.case for word in ("--case", case)]
    try:
        good, fates = find_fates(bugs, options, arguments.jobs, quick=arguments.quick)
    except (BadBug, CheckFailed) as error:
        parser.exit(2, f"{error}\n")
    for client, found in good.items():
        if found.failed:
            sys.stdout.write(f"the good client {client} fails {', '.join(sorted(found.failed))}\n")
    for bug in named:
        if bug.harmless:
            sys.stdout.write(f"not tried: {bug.id}, which {bug.does}: {bug.harmless}\n")
    for line in table_lines(fates, sorted({case for found in good.values() for case in found.tried})):
        sys.stdout.write(f"{line}\n")
    return 0 if all(fate.killers for fate in fates) else 1


if __name__ == "__main__":
    sys.exit(main())
