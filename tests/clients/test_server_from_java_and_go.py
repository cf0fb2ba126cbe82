"""The helpers for Java and Go start a server, use it, and leave no process behind."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.process_end import ends

TOP = Path(__file__).parents[2]
HELPERS = TOP / "clients"
CACHE = TOP / "tests" / ".cache" / "go"
"""Go compiles its library once for all runs."""
HURRIED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
"""What has a JVM that lives for a second start sooner."""
SECONDS = 300
"""The time limit of a compiler or program, which needs a few unless it hangs."""


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file with the process ids of all that the helpers start, which are gone in the end."""
    ids = tmp_path / "ids"
    program = tmp_path / "vidmock"
    command = f"exec {shlex.quote(sys.executable)} -m vidmock"
    program.write_text(f'#!/bin/sh\necho $$ >> {shlex.quote(str(ids))}\n{command} "$@"\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("VIDMOCK_COMMAND", str(program))
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("VIDMOCK_QUIET", "1")
    yield ids
    assert [number for number in ids.read_text("utf-8").split() if not ends(int(number))] == []


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The helper, its example and the checks, compiled for the oldest Java that they are for."""
    folder = tmp_path_factory.mktemp("classes")
    sources = [
        *(HELPERS / "java").rglob("*.java"),
        *(TOP / "tests" / "java" / f"{name}.java" for name in ("Checks", "Killed")),
    ]
    hurried = [f"-J{option}" for option in HURRIED]
    _run(["javac", *hurried, "--release", "11", "-Xlint:all", "-Werror", "-d", str(folder), *map(str, sources)], TOP)
    return folder


def test_a_job_in_java_ends_when_the_clock_is_advanced(classes: Path, started: Path) -> None:
    assert _run(["java", *HURRIED, "-cp", str(classes), "Example"], TOP).split() == ["IN_QUEUE", "COMPLETED", "ftyp"]
    assert len(started.read_text("utf-8").split()) == 1


def test_in_java_a_server_ends_with_its_jvm_and_what_goes_wrong_is_told(classes: Path, started: Path) -> None:
    assert _run(["java", *HURRIED, "-cp", str(classes), "Checks"], TOP) == "all is well\n"
    assert started.exists()


def test_in_java_a_server_ends_with_a_jvm_that_is_killed(classes: Path, started: Path) -> None:
    with subprocess.Popen(["java", *HURRIED, "-cp", str(classes), "Killed"], stdout=subprocess.PIPE) as program:
        assert program.stdout
        assert program.stdout.readline().startswith(b"http://127.0.0.1:")
        program.kill()
    assert len(started.read_text("utf-8").split()) == 1


def test_in_go_a_server_ends_with_its_test_and_what_goes_wrong_is_told(
    started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOCACHE": str(CACHE)}.items():
        monkeypatch.setenv(name, value)
    said = _run(["go", "test", "-json", "-count=1", "-vet=off", "./..."], HELPERS / "go")
    events = [json.loads(line) for line in said.splitlines()]
    tests = {event["Test"]: event["Action"] for event in events if "Test" in event}
    assert tests == dict.fromkeys(
        (
            "TestAVideoIsMade",
            "TestAServerIsUsedAgainAndEndsByItself",
            "TestAServerEndsWithAProgramThatIsKilled",
            "TestWhatCannotBeStartedIsToldWithWhatToType",
            "TestAServerThatDoesNotStartSaysItsOwnWords",
            "TestAContainerIsSentItsToken",
        ),
        "pass",
    )
    assert started.exists()


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
