"""``vidmock check`` is ended while it tries a program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("way", ["--command", "--run"])
def test_what_a_program_has_started_ends_with_the_command(way: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = tmp_path / "program.sh"
    program.write_text(f"exec 9> {pipe}\necho started >&9\nsleep 1000\n")
    check = subprocess.Popen(
        [sys.executable, "-m", "vidmock", "check", way, f"sh {program}", "--provider", "runpod", "--case", "SEC-05"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with pipe.open() as written:
            assert written.readline() == "started\n"
            check.send_signal(signal.SIGTERM)
            # The end of the file: nobody has it open any more, neither the shell nor what it has started.
            assert written.read() == ""
        assert check.wait() == 128 + signal.SIGTERM
    finally:
        check.kill()
        check.wait()
