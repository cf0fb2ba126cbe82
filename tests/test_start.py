"""What is not loaded: a short command, a first answer and a test wait for every module that nobody asked for.

It is told from the modules that are there afterwards, and not from the time that it takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SERVING = ("asyncio", "ssl", "starlette", "anyio", "uvicorn", "uvloop", "httptools", "vidmock.server.server")
NEVER = (
    *("cryptography.x509", "httpx", "hypothesis", "jsonschema", "websockets", "ctypes", "prometheus_client"),
    "vidmock.media.render",
)
"""What no start needs: certificates are found by what is noted of them, and clips are made when they are fetched."""
DIALECTS = tuple(f"vidmock.providers.{name}.dialect" for name in ("runpod", "runware", "fal", "eachlabs"))
FIRST = """
from vidmock import MockServer
import http.client
with MockServer() as mock:
    connection = http.client.HTTPConnection(mock.url.removeprefix("http://"))
    connection.request("POST", "/runpod/v2/kling-video-o1-r2v/run", '{"input": {}}', {"authorization": "Bearer k"})
    assert connection.getresponse().status == 200
    connection.close()
"""
RUN = """
import vidmock.cli, vidmock.cli.command
# However long it takes to end here, it is waited for.
vidmock.cli.command.LOOKS = [0.001] * 60_000
assert vidmock.cli.main(["run", "--", "true"]) == 0
"""
VERSION = """
import vidmock.cli
try:
    vidmock.cli.main(["--version"])
except SystemExit:
    pass
"""
STARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "vidmock --version": (
        VERSION,
        (*SERVING, *NEVER, "dataclasses", "difflib", "traceback", "vidmock.engine", "vidmock.schema"),
    ),
    "vidmock run -- true": (
        RUN,
        (
            *SERVING,
            *NEVER,
            "logging",
            "vidmock.providers.exchange.call",
            "vidmock.schema.compiled",
            "vidmock.schema.model_files",
        ),
    ),
    "import vidmock": ("import vidmock", (*SERVING, *NEVER, "json", "vidmock.engine", "vidmock.problems")),
    "MockServer()": ("import vidmock\nwith vidmock.MockServer(): pass", (*NEVER, *DIALECTS)),
    "a first answer": (
        FIRST,
        (*NEVER, *DIALECTS[1:]),
    ),
}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which an authority was made before, as in every start but the first."""
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path))
    subprocess.run([sys.executable, "-m", "vidmock", "ca"], check=True, timeout=60, capture_output=True)


@pytest.mark.parametrize("start", STARTS)
def test_a_start_loads_nothing_that_it_does_not_need(start: str) -> None:
    program, unneeded = STARTS[start]
    program = f"{program}\nimport sys; print(*[name for name in {unneeded!r} if name in sys.modules])"
    # What measures coverage in every process loads modules of its own.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, env=plain)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == []
