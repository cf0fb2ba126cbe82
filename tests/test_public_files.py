"""The files at the top that other programs read: they run the same scripts, with the same versions."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # it ships without types

TOP = Path(__file__).parents[1]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
CHECK = (TOP / "scripts" / "check").read_text("utf-8").splitlines()


def content(file: str) -> Any:
    return yaml.safe_load((TOP / file).read_text("utf-8"))


def test_the_public_ci_runs_what_every_change_must_pass_on_every_python() -> None:
    (job,) = content(".github/workflows/ci.yml")["jobs"].values()
    supported = re.findall(r"Python :: (3\.\d+)$", "\n".join(PROJECT["project"]["classifiers"]), re.MULTILINE)
    assert job["strategy"]["matrix"]["python"] == supported
    assert "${{ matrix.python }}" in job["container"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]


def test_what_every_change_must_pass_is_the_checks_and_the_tests() -> None:
    run, coverage = ((TOP / file).read_text("utf-8").splitlines() for file in (".ci/run", "scripts/coverage"))
    assert os.access(TOP / ".ci" / "run", os.X_OK)
    assert "scripts/check" in run
    assert run[-1].startswith("exec scripts/coverage ")
    assert re.match(r"exec scripts/test .*--cov ", coverage[-1])
    assert PROJECT["tool"]["coverage"]["report"]["fail_under"] > 90


def test_a_commit_is_checked_with_the_tools_of_the_checks() -> None:
    (repository,) = content(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    commands = [hook["entry"].removesuffix(" --force-exclude") for hook in repository["hooks"]]
    checks = [line for line in CHECK if line.startswith(".venv/")]
    assert commands == [line.removesuffix(" .").removesuffix(" --check") for line in checks]


def test_a_lint_rule_is_declined_with_its_reason() -> None:
    text = (
        (TOP / "pyproject.toml").read_text("utf-8").partition("[tool.ruff.lint]")[2].partition("[tool.ruff.lint.py")[0]
    )
    lines = [line for line in text.splitlines() if line.startswith('  "')]
    declined = re.findall(r'"([A-Z]+[0-9]*)"', "\n".join(lines))
    lint = PROJECT["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    assert declined == [*lint["ignore"], *(code for codes in lint["per-file-ignores"].values() for code in codes)]
    assert [line for line in lines if not re.search(r",  ?# \S+ \S+", line)] == []
