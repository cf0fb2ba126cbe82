"""The adapters of other languages, with a case each, where the language is there."""

from __future__ import annotations

import shlex
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from vidmock import resources
from vidmock.contract import real_time
from vidmock.contract.case import Feature
from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.program import Programs
from vidmock.contract.program_clients import ProgramClients
from vidmock.contract.report import case_lines
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import judge_case

MODULES = Path(__file__).parents[1] / "node" / "node_modules"
GSON = Path("/usr/share/java/gson.jar")
COMMANDS = {
    "fal.mjs": ("fal", ["node", "fal.mjs"]),
    "runpod.ts": ("runpod", [str(MODULES / ".bin" / "bun"), "runpod.ts"]),
    "runpod.go": ("runpod", ["go", "run", "runpod.go"]),
    "Runpod.java": ("runpod", ["java", "-cp", str(GSON), "Runpod.java"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_an_adapter_has_a_video_made(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider, argv = COMMANDS[name]
    if not shutil.which(argv[0]) or (name == "Runpod.java" and not GSON.is_file()):
        # scripts/install brings them all, if it may.
        pytest.skip(f"{argv[0]}, or what it needs, is not here")
    monkeypatch.setattr(real_time, "SHORTER", 2000.0)
    # Go would leave what it has compiled in the home of whoever runs this.
    monkeypatch.setenv("GOCACHE", str(tmp_path / "compiled"))
    # Modules are looked up from the folder that a program is in.
    (tmp_path / "node_modules").symlink_to(MODULES)
    shutil.copy(resources.folder("contracts") / "adapters" / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    (case,) = find_cases("VAL-03", shipped_cases())
    lacks: frozenset[Feature] = frozenset({"downloads"})
    with closing(ProgramClients(Programs(shlex.join(argv), lambda line: None), provider, lacks)) as made:
        report = judge_case(case, provider, made, features_of(provider, made))
    assert report.verdict == "passed", "\n".join(case_lines(report, 1, 1, expected=False, stories=True))
