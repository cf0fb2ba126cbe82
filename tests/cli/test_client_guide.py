"""At each step of docs/client-guide.md, the client does what the page says. The last passes every case, in its CI."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml  # type: ignore[import-untyped]  # it ships without types

PAGE = (Path(__file__).parents[2] / "docs" / "client-guide.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [(match[1], match[2]) for match in BLOCK.finditer(PAGE)]
Say = Callable[..., tuple[int, str, str]]


def merged(program: str, step: str) -> str:
    """*program* with what *step* has: a function is a method, in the place of one of that name or as one more."""
    whole = ast.parse(program)
    (client,) = (node for node in whole.body if isinstance(node, ast.ClassDef) and node.name == "Client")
    for node in ast.parse(step).body:
        if isinstance(node, ast.ClassDef):
            whole.body.insert(whole.body.index(client), node)
            continue
        assert isinstance(node, ast.FunctionDef)
        client.body = [each for each in client.body if getattr(each, "name", "") != node.name]
        client.body.append(node)
    return ast.unparse(whole)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_step_does_what_the_page_says_and_the_last_passes_in_ci(say: Say, place: Path) -> None:
    program, steps = "", 0
    for language, text in BLOCKS:
        if language == "python":
            program, steps = merged(program, text) if program else text, steps + 1
        if text.startswith("$ vidmock check "):
            # A module that was loaded once stays as it was.
            file = place / f"step_{steps}" / "client.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(program)
            command, *lines = text.splitlines()
            _, said, _ = say(*command.removeprefix("$ vidmock ").replace("client.py", str(file)).split())
            assert [line for line in lines if line not in said] == []
    (place / "client.py").write_text(program)
    run_in_ci(place)


def run_in_ci(place: Path) -> None:
    """Run the shell of the page's step of CI as it stands, where vidmock is installed and no index is."""
    (step, *others) = yaml.safe_load(next(text for language, text in BLOCKS if language == "yaml"))
    (place / "known-failures.txt").touch()
    (place / "step.sh").write_text(step["run"])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "step.sh"],
        cwd=place,
        env=os.environ | {"PATH": path, "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [other["with"]["path"] for other in others] == ["check.xml"]
    report = ET.parse(place / "check.xml").getroot()
    assert report.get("failures") == "0"
    assert int(report.get("tests", "0")) > 50


def test_the_step_has_six_lines() -> None:
    (text,) = (text for language, text in BLOCKS if language == "yaml")
    assert len(text.splitlines()) == 6
