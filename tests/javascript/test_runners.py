"""The helper for JavaScript, with the real runners, against a server that it starts and against one that is there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.linked_modules import INSTALLED, link_modules

from vidmock import MockServer

TOP = Path(__file__).parents[2]
SECONDS = 60
"""The time limit of a server that is told to end."""
RUNNERS = {
    "vitest": ["vitest", "run", "--reporter=json", "--outputFile=report.json"],
    "jest": ["jest", "--json", "--outputFile=report.json"],
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's project, which has the helper installed."""
    link_modules(tmp_path)
    for file in (TOP / "tests" / "javascript" / "runners").iterdir():
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module", "private": true}')
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("VIDMOCK_COMMAND", str(Path(sys.executable).with_name("vidmock")))
    monkeypatch.setenv("NODE_OPTIONS", "--experimental-vm-modules")
    monkeypatch.delenv("VIDMOCK_URL", raising=False)
    return tmp_path


def _run(project: Path, runner: str) -> dict[str, int]:
    program, *words = RUNNERS[runner]
    done = subprocess.run(
        [str(INSTALLED / ".bin" / program), *words], cwd=project, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((project / "report.json").read_bytes())
    return {"passed": report["numPassedTests"], "failed": report["numFailedTests"]}


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_run_has_one_server_and_each_file_a_world(runner: str, project: Path) -> None:
    assert _run(project, runner) == {"passed": 7, "failed": 0}


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_run_uses_the_server_that_is_there(runner: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with MockServer() as mock:
        monkeypatch.setenv("VIDMOCK_URL", mock.url)
        assert _run(project, runner) == {"passed": 7, "failed": 0}
        assert any(key.startswith("test-") for key in mock.worlds)


def test_a_server_ends_with_a_program_that_is_killed(project: Path) -> None:
    text = 'import { startServer } from "vidmock-node"; console.log((await startServer()).url);'
    command = ["node", "--input-type=module", "-e", text]
    with subprocess.Popen(command, cwd=project, env=os.environ | {"NODE_OPTIONS": ""}, stdout=subprocess.PIPE) as node:
        assert node.stdout
        address = urlsplit(node.stdout.readline().decode().strip())
        with socket.create_connection((address.hostname, address.port), SECONDS) as connection:
            node.kill()
            # Whoever is connected is left by nobody but a server that ends.
            assert connection.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.hostname, address.port), SECONDS)


def test_the_types_are_those_of_the_functions(project: Path) -> None:
    done = subprocess.run(
        [str(INSTALLED / ".bin" / "tsc"), "--project", "tsconfig.json"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("command", "said"), [("no-such-program", "set VIDMOCK_COMMAND"), ("false", "vidmock serve has ended")]
)
def test_a_program_that_is_none_is_told_of(command: str, said: str, project: Path) -> None:
    program = 'import { startServer } from "vidmock-node"; await startServer();'
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program],
        cwd=project,
        env=os.environ | {"VIDMOCK_COMMAND": command, "NODE_OPTIONS": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert said in done.stderr
