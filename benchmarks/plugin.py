"""Time of the tests on docs/python.md, each with its fixtures: ``python benchmarks/plugin.py``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "python.md"
PROGRAM = re.compile(r"^```python\n(.*?def test_.*?)^```$", re.DOTALL | re.MULTILINE)
DURATION = re.compile(r"^([\d.]+)s (?:setup|call|teardown) +test_second\.py::(\w+)$", re.MULTILINE)


def main() -> None:
    program = PROGRAM.findall(PAGE.read_text("utf-8"))[0]
    with tempfile.TemporaryDirectory() as folder:
        # The first test of a process imports, which is not what is measured.
        for name in ("test_first.py", "test_second.py"):
            (Path(folder) / name).write_text(program, "utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "--durations=0",
            "--durations-min=0",
            "-vv",
        ]
        environment = os.environ | {"VIDMOCK_STATE": str(Path(folder) / "state")}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    taken: dict[str, float] = defaultdict(float)
    for seconds, name in DURATION.findall(done.stdout):
        taken[name] += float(seconds)
    for name, seconds in taken.items():
        print(f"{name:<48}{1000 * seconds:>6.0f} ms")


if __name__ == "__main__":
    main()
