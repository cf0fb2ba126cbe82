"""The suite as a user runs it: in a pytest process of its own, with options."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def suite(contracts: Path, tmp_path: Path, pytestconfig: pytest.Config) -> Run:
    """Runs the suite in an empty folder, under pytest's own defaults."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path)]
        command += ["-p", "no:cacheprovider", str(contracts), *arguments]
        paths = os.pathsep.join([str(tmp_path), str(pytestconfig.rootpath / "mockserver")])
        environment = os.environ | {"PYTHONPATH": paths}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_users_client_is_run_and_named(suite: Run, tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(
        "from vidmock.kit.client import Refused\n"
        "class Adapter:\n"
        "    def __init__(self, **_): pass\n"
        "    def generate(self, model, input, *, deadline): raise Refused('the prompt, or what not')\n"
    )
    done = suite("--vidmock-client", "adapter:Adapter", "--vidmock-provider", "fal", "-k", "refused or webhook")
    assert "vidmock contracts: fal: adapter:Adapter" in done.stdout
    assert "1 passed, 3 skipped" in done.stdout, done.stdout + done.stderr


def test_a_client_that_sleeps_by_itself_is_run_on_a_clock_that_flows(suite: Run, tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(
        "from vidmock.kit.client import Refused\n"
        "class Adapter:\n"
        "    def __init__(self, *, now, **_): self.now = now\n"
        "    def generate(self, model, input, *, deadline):\n"
        "        began = self.now()\n"
        "        while self.now() == began: pass\n"
        "        raise Refused('the prompt, or what not')\n"
    )
    named = "--vidmock-client", "adapter:Adapter", "--vidmock-provider", "fal", "-k", "refused"
    done = suite(*named, "--vidmock-clock", "scaled:200")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_all_reference_clients_are_run_by_default_with_ten_examples_a_check(suite: Run) -> None:
    done = suite("--collect-only")
    for provider in ("eachlabs", "fal", "runpod", "runware"):
        assert f"test_a_job_is_finished_once_and_not_before_it_ends[{provider}]" in done.stdout
        assert f"{provider}.py:Client, 10 examples a check" in done.stdout


def test_a_provider_deselects_the_checks_of_others_and_a_profile_tries_harder(suite: Run) -> None:
    done = suite("--collect-only", "--vidmock-provider", "fal", "--hypothesis-profile=thorough")
    assert "fal.py:Client, 100 examples a check" in done.stdout
    assert "[fal]" in done.stdout
    assert "test_a_repeated_submission_keeps_its_task_uuid" not in done.stdout
    assert "4 deselected" in done.stdout


def test_a_failure_tells_which_check_it_is_and_where_it_was_seen(suite: Run, tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(
        "from vidmock.kit.client import OutcomeUnknown\n"
        "class Adapter:\n"
        "    def __init__(self, **_): pass\n"
        "    def generate(self, model, input, *, deadline): raise OutcomeUnknown('no idea')\n"
    )
    done = suite("--vidmock-client", "adapter:Adapter", "--vidmock-provider", "fal", "-k", "gateway_pages")
    assert "1 failed" in done.stdout
    assert "POLL-01" in done.stdout
    assert "the client polls on, and returns the job's result" in done.stdout
    assert "fal-client 1.0.3 gives a job up after one 502" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--vidmock-client", "adapter:Adapter"], "--vidmock-client also needs --vidmock-provider"),
        (["--vidmock-client", "nowhere:Adapter", "--vidmock-provider", "fal"], "cannot import 'nowhere'"),
        (["--vidmock-clock", "banana"], "--vidmock-clock: no such clock: 'banana'. Use 'real'"),
    ],
    ids=["no-provider", "no-client", "no-clock"],
)
def test_a_wrong_command_line_says_what_is_wrong(arguments: list[str], says: str, suite: Run) -> None:
    done = suite(*arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert says in done.stderr
    assert "Traceback" not in done.stderr
