"""fal-client's own cloud tests, unmodified, against the mock instead of the cloud."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import fal_client
import pytest

CACHE = Path(__file__).parents[1] / ".cache" / "fal-client"
SECONDS = 120


@pytest.fixture
def source() -> Path:
    """The folder of the client's sdist, of the version that is installed."""
    stamp = CACHE / "version"
    assert stamp.is_file(), "run scripts/install first: it fetches fal-client's own tests"
    assert stamp.read_text().strip() == fal_client.__version__
    return CACHE / "source"


@pytest.mark.parametrize("file", ["test_sync_client.py", "test_async_client.py"])
def test_the_clients_own_cloud_tests_pass(source: Path, tmp_path: Path, file: str) -> None:
    command = [sys.executable, "-m", "vidmock", "run", "--clock", "scaled:50", "--"]
    command += [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", f"tests/{file}"]
    # The others try its retries on a client that is no client: they ask nobody.
    command += ["-k", "fal_client"]
    environment = os.environ | {
        "PYTHONPATH": str(CACHE / "needs"),
        "VIDMOCK_STATE": str(tmp_path / "state"),
    }
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    (summary,) = re.findall(r"^=+ (\d+ passed.*) in ", done.stdout, re.MULTILINE)
    # They skip themselves without credentials, and then prove nothing.
    assert re.fullmatch(r"\d+ passed, \d+ deselected(, \d+ warnings?)?", summary), done.stdout
    assert "refused to contact" not in done.stderr
    assert re.search(r"vidmock: \d+ jobs", done.stderr)
