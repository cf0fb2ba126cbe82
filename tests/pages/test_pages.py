"""The programs on providers' pages run as they are printed, hosts and all, under ``vidmock run``.

The pages here are ours, in the providers' forms. To try the providers' own: ``VIDMOCK_PROVIDER_PAGES=folder``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOP = HERE.parents[1]
FENCED = re.compile(r"^( *)```(bash|python|javascript)[^\n]*\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
ON_ONE_LINE = re.compile(r"```bash (.*?) ```")
# What the pages leave to their reader: where the key comes from, and which id was given.
BEFOREHAND = {
    "python": 'import os\nRUNPOD_API_KEY = os.environ["RUNPOD_API_KEY"]\n',
    "javascript": "const { RUNPOD_API_KEY } = process.env;\n",
    "bash": "",
}
RUNNERS = {"python": ([sys.executable], ".py"), "javascript": (["node"], ".mjs"), "bash": (["bash", "-eu"], ".sh")}


@dataclass(frozen=True)
class Program:
    page: str
    number: int
    language: str
    code: str


def programs(folder: Path) -> Iterator[Program]:
    for page in sorted([*folder.glob("*.md"), *folder.glob("*.txt")]):
        text = page.read_text("utf-8")
        fenced = [(match[2], textwrap.dedent(match[3])) for match in FENCED.finditer(text)]
        # A page that was put on one line has lost the line ends after its backslashes.
        lines = [("bash", match[1].replace("\\ ", "\\\n") + "\n") for match in ON_ONE_LINE.finditer(text)]
        for number, (language, code) in enumerate(fenced + lines, 1):
            yield Program(page.stem, number, language, code)


FOLDERS = [HERE, *(Path(folder) for folder in filter(None, [os.environ.get("VIDMOCK_PROVIDER_PAGES")]))]
PROGRAMS = [program for folder in FOLDERS for program in programs(folder)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: f"{program.page}-{program.number}-{program.language}")
def test_the_program_runs_as_printed(program: Program, tmp_path: Path) -> None:
    command, suffix = RUNNERS[program.language]
    file = tmp_path / f"program{suffix}"
    file.write_text(BEFOREHAND[program.language] + program.code, "utf-8")
    (tmp_path / "node_modules").symlink_to(TOP / "tests" / "node" / "node_modules")
    done = subprocess.run(
        [sys.executable, "-m", "vidmock", "run", "--clock", "scaled:20", "--", *command, str(file)],
        cwd=tmp_path,
        env=os.environ | {"VIDMOCK_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "refused to contact" not in done.stderr
    if "PREDICTION_ID" in program.code:
        # The page leaves the id open, so there is no such prediction.
        assert "Prediction not found" in done.stdout
    else:
        assert re.search(r"https://[\w.:/-]+\.mp4|predictionID", done.stdout), done.stdout
        assert "vidmock: 1 job, which would have cost $" in done.stderr


def test_every_form_of_page_was_read() -> None:
    ours = [(program.page, program.language) for program in PROGRAMS]
    assert {("runpod", "bash"), ("runpod", "python"), ("fal", "javascript"), ("eachlabs", "bash")} <= set(ours)
