"""The suite as a user runs it: in a pytest process of its own, with options."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vidmock.contract.case import Case
from vidmock.contract.case_files import find_cases, shipped_cases

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


def is_for(case: Case, provider: str) -> bool:
    return any(provider in script.providers for script in case.scripts)


def test_a_users_client_is_run_and_named(suite: Run, tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(
        "from vidmock.kit.client import Refused\n"
        "class Adapter:\n"
        "    def __init__(self, **_): pass\n"
        "    def generate(self, model, input, *, deadline): raise Refused('the prompt, or what not')\n"
    )
    done = suite("--vidmock-client", "adapter:Adapter", "--vidmock-provider", "fal", "-k", "refused or HOOK")
    assert "vidmock contracts: fal: adapter:Adapter" in done.stdout
    hooks = [case for case in find_cases("HOOK", shipped_cases()) if is_for(case, "fal")]
    assert f"1 passed, {len(hooks)} skipped" in done.stdout, done.stdout + done.stderr


def test_all_reference_clients_are_run_by_default_with_ten_examples_a_check(suite: Run) -> None:
    done = suite("--collect-only")
    for provider in ("eachlabs", "fal", "runpod", "runware"):
        assert f"test_a_job_is_finished_once_and_not_before_it_ends[{provider}]" in done.stdout
        assert f"{provider}.py:Client, 10 examples a check" in done.stdout


def test_a_provider_deselects_the_checks_of_others_and_a_profile_tries_harder(suite: Run) -> None:
    done = suite("--collect-only", "--vidmock-provider", "fal", "--hypothesis-profile=thorough")
    assert "fal.py:Client, 100 examples a check" in done.stdout
    assert "[fal]" in done.stdout
    assert "SPEND-06" not in done.stdout
    others = [case for case in shipped_cases() if not is_for(case, "fal")]
    assert f"{len(others)} deselected" in done.stdout


def test_a_failure_tells_what_must_hold(suite: Run, tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(
        "from vidmock.kit.client import OutcomeUnknown\n"
        "class Adapter:\n"
        "    def __init__(self, **_): pass\n"
        "    def generate(self, model, input, *, deadline): raise OutcomeUnknown('no idea')\n"
    )
    done = suite("--vidmock-client", "adapter:Adapter", "--vidmock-provider", "fal", "-k", "POLL-01")
    assert "1 failed" in done.stdout
    assert "told: the caller is told OutcomeUnknown: no idea, where Result is right" in done.stdout
    assert "must: The job survives them, and its video is delivered." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--vidmock-client", "adapter:Adapter"], "--vidmock-client also needs --vidmock-provider"),
        (["--vidmock-client", "nowhere:Adapter", "--vidmock-provider", "fal"], "cannot import 'nowhere'"),
    ],
    ids=["no-provider", "no-client"],
)
def test_a_wrong_command_line_says_what_is_wrong(arguments: list[str], says: str, suite: Run) -> None:
    done = suite(*arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert says in done.stderr
    assert "Traceback" not in done.stderr
