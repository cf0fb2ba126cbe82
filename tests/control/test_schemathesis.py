"""Schemathesis sends the control API what its description allows, and what it does not, and finds nothing undescribed.

By hand, more of it: ``VIDMOCK_SCHEMATHESIS=300 scripts/test tests/control/test_schemathesis.py``.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vidmock.server.server import ThreadedServer

PROGRAM = Path(__file__).parents[1] / ".venvs" / "schemathesis-4.32" / "bin" / "schemathesis"
EXAMPLES = os.environ.get("VIDMOCK_SCHEMATHESIS", "5")
"""Of each operation."""
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance"),
)


def test_no_answer_is_one_that_the_description_does_not_have(
    mock: ThreadedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = [str(PROGRAM), "run", f"{mock.url}/_vidmock/openapi.json", "--url", f"{mock.url}/_vidmock"]
    # The live journal has no end.
    command += ["--exclude-path", "/journal/live", "--header", "x-vidmock: 1", "--checks", ",".join(CHECKS)]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1", "--no-color"]
    # A busy machine is no finding.
    command += ["--request-timeout", "300", "--suppress-health-check", "all"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    generated = re.search(r"(\d+) generated, \d+ passed", told.stdout)
    assert generated, told.stdout
    assert int(generated[1]) > 500
    assert capfd.readouterr().err == "", "the server reported a defect"
