"""Files for CI services satisfy the schemas published for them, and GitLab's template runs as GitLab runs it."""

from __future__ import annotations

import os
import signal
import site
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it ships without types

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "ci" / "gitlab.yml"
PROGRAM = Path(sys.executable).parent / "check-jsonschema"
SUBMIT = """
import os, urllib.request
host = "https://queue.fal.run/fal-ai/kling-video/o1/reference-to-video"
request = urllib.request.Request(host, b'{"prompt": "a kite"}', {"Authorization": "Key " + os.environ["FAL_KEY"]})
print(urllib.request.urlopen(request).status)
"""


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("gitlab-ci", "ci/gitlab.yml"),
        ("github-actions", "action.yml"),
        ("github-workflows", ".github/workflows/ci.yml"),
        ("compose-spec", "examples/compose/compose.yaml"),
    ],
)
def test_a_file_for_a_service_satisfies_the_schema_that_is_published_for_it(schema: str, file: str) -> None:
    done = subprocess.run(
        [PROGRAM, "--builtin-schema", f"vendor.{schema}", ROOT / file], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_template_leads_a_jobs_commands_to_a_mock_and_ends_with_what_they_cost(tmp_path: Path) -> None:
    job: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text("utf-8"))[".vidmock"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environ = {
        "PATH": os.environ["PATH"],
        **job["variables"],
        "VIDMOCK_PORT": port,
        "VIDMOCK_STATE": str(tmp_path / "state"),
        # What pip would fetch is here already.
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "mockserver"), *site.getsitepackages(), *sys.path]),
    }
    process, program = tmp_path / "process", tmp_path / "submit.py"
    program.write_text(SUBMIT, "utf-8")
    # A runner makes one script of what comes before and of the job's own lines.
    lines = [*job["before_script"], f'"{sys.executable}" "{program}"']
    lines.insert(lines.index("/tmp/vidmock/bin/vidmock serve >/tmp/vidmock.log 2>&1 &") + 1, f"echo $! >{process}")
    lines = [line.replace("/tmp/vidmock", f"{tmp_path}/vidmock") for line in lines]

    def run(commands: list[str]) -> str:
        script = "\n".join(["set -eo pipefail", *commands])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", script],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=180,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        assert run(lines).endswith("200\n")
        after = run([line.replace("/tmp/vidmock", f"{tmp_path}/vidmock") for line in job["after_script"]])
        assert '"0.56"' in after
    finally:
        if process.exists():
            os.kill(int(process.read_text("utf-8")), signal.SIGTERM)
