"""Runs Schemathesis, which has an environment of its own, against a server.

``VIDMOCK_SCHEMATHESIS=300`` has it try more than a few examples of each operation.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

PROGRAM = Path(__file__).parent / ".venvs" / "schemathesis-4.32" / "bin" / "schemathesis"
EXAMPLES = os.environ.get("VIDMOCK_SCHEMATHESIS", "5")


def requests_tried(document: str, url: str, checks: tuple[str, ...], folder: Path, *options: str) -> int:
    """How many requests it made to the API at *url*, which *document* describes: a URL, or a file.

    Raises AssertionError: one of *checks* failed; the message is its report.
    """
    command = [str(PROGRAM), "run", document, "--url", url, "--checks", ",".join(checks), *options]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1", "--no-color"]
    # A busy machine is no finding.
    command += ["--request-timeout", "300", "--suppress-health-check", "all"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    generated = re.search(r"(\d+) generated, \d+ passed", told.stdout)
    assert generated, told.stdout
    return int(generated[1])
