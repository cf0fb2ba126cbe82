"""The steps for CI services are run as they stand: GitHub's action, GitLab's template, the container's health check."""

from __future__ import annotations

import json
import os
import re
import site
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it ships without types

from vidmock import MockServer
from vidmock.schema.routes import provider_hosts

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
SUBMIT = """
import os, urllib.request
host = "https://queue.fal.run/fal-ai/kling-video/o1/reference-to-video"
request = urllib.request.Request(host, b'{"prompt": "a kite"}', {"Authorization": "Key " + os.environ["FAL_KEY"]})
for _ in range(2):
    print(urllib.request.urlopen(request).status)
"""


class Runner:
    """Runs steps of an action in *folder*, with the files that GitHub's runner gives them."""

    def __init__(self, folder: Path, inputs: Mapping[str, str]) -> None:
        self.files = {name: folder / name.lower() for name in ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY")}
        for file in self.files.values():
            file.touch()
        self._inputs = {name: each.get("default", "") for name, each in ACTION["inputs"].items()} | dict(inputs)
        # What pip would fetch is here already.
        here = [str(ROOT / "mockserver"), *site.getsitepackages(), *sys.path]
        self.environ = {
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(folder),
            "GITHUB_ACTION_PATH": str(ROOT),
            "PIP_NO_DEPS": "1",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PYTHONPATH": os.pathsep.join(here),
            "VIDMOCK_STATE": str(folder / "state"),
            **{f"GITHUB_{name}": str(file) for name, file in self.files.items()},
        }

    def run(self, **more: str) -> None:
        inputs = self._inputs | more
        for step in ACTION["runs"]["steps"]:
            if step["if"] != f"inputs.step == '{inputs['step']}'":
                continue
            given = {name: self._filled(text, inputs) for name, text in step.get("env", {}).items()}
            self.shell(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]], given)
            self.environ |= self.exported()

    def shell(self, argv: list[str], more: Mapping[str, str] = {}) -> str:
        done = subprocess.run(
            argv, env=self.environ | dict(more), capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def exported(self) -> dict[str, str]:
        """The variables of the file, as the runner reads it."""
        text = self.files["ENV"].read_text("utf-8")
        blocks = re.findall(r"^(\w+)<<(\w+)\n(.*?)\n\2$", text, re.DOTALL | re.MULTILINE)
        lines = re.findall(r"^(\w+)=(.*)$", re.sub(r"(?sm)^\w+<<(\w+)\n.*?\n\1$", "", text), re.MULTILINE)
        return {name: value for name, _, value in blocks} | dict(lines)

    @staticmethod
    def _filled(text: str, inputs: Mapping[str, str]) -> str:
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def runner(tmp_path: Path, port: int) -> Iterator[Runner]:
    runner = Runner(tmp_path, {"port": str(port), "seed": "7", "api-key": "first-key, second-key"})
    yield runner
    if "VIDMOCK_PROCESS" in runner.environ:
        subprocess.run(["kill", runner.environ["VIDMOCK_PROCESS"]], check=False, capture_output=True)


def test_the_action_leads_later_steps_to_a_mock_and_reports_what_they_cost(runner: Runner, port: int) -> None:
    runner.run(step="start")
    assert runner.files["OUTPUT"].read_text() == f"url=http://127.0.0.1:{port}\n"
    assert "NODE_OPTIONS" not in runner.exported()
    assert runner.shell([sys.executable, "-c", SUBMIT]) == "200\n200\n"
    runner.run(step="report")
    summary = runner.files["STEP_SUMMARY"].read_text("utf-8")
    assert "| fal fal-ai/kling-video/o1/reference-to-video | 2 | $1.12 | $0.56 | $0.00 |" in summary
    assert "duplicate" in summary


def test_the_actions_inputs_are_those_of_options_that_there_are() -> None:
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "start")
    assert {f"inputs.{name}" for name in ACTION["inputs"]} - {"inputs.step"} == {
        text.strip("${} ") for text in step["env"].values()
    }
    # No input is pasted into a script, where it could say more than a value.
    assert not any("${{" in step["run"] for step in ACTION["runs"]["steps"])


def test_the_containers_health_check_passes_where_a_server_answers_and_else_fails(port: int) -> None:
    line = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "").partition("HEALTHCHECK")[2].split("\n")[0]
    argv = json.loads(line.partition("CMD ")[2])
    assert argv.pop(0) == "python"

    def check(number: int) -> int:
        environ = {**os.environ, "VIDMOCK_PORT": str(number)}
        return subprocess.run([sys.executable, *argv], env=environ, capture_output=True, timeout=60).returncode

    with MockServer() as mock:
        assert check(int(mock.url.rpartition(":")[2])) == 0
    assert check(port) == 1


def test_the_compose_file_gives_the_mock_every_emulated_name() -> None:
    compose = yaml.safe_load((ROOT / "examples" / "compose" / "compose.yaml").read_text("utf-8"))
    service = compose["services"]["vidmock"]
    assert sorted(service["networks"]["inside"]["aliases"]) == sorted(provider_hosts())
    assert compose["networks"]["inside"] == {"internal": True}
    assert service["read_only"] is True
