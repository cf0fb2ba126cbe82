"""Runware's Python clients under ``vidmock run``, with the providers' own addresses in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SDK = """
import asyncio, sys
import runware

async def main():
    # A short name, and checks before sending: both need the hosts that tell of models.
    async with runware.Runware(transport=sys.argv[1], validate=True, poll_timeout=60000) as client:
        task = {"model": "klingai-video-o1-pro", "positivePrompt": "a kite", "width": 1920, "height": 1080}
        (item,) = await client.run(task)
        print(item["videoURL"])
        try:
            await client.run(task | {"height": 1})
        except runware.RunwareError as error:
            print(error.code, error.status_code, error.documentation)
        print(*[model["air"] for model in await client.content.list_models()])

asyncio.run(main())
"""
AIOHTTP = """
import asyncio
import aiohttp

async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get("https://schemas.runware.ai/registry.json") as answer:
            print(answer.status)
        try:
            await session.get("https://example.com/")
        except aiohttp.ClientError as error:
            print(error.status)

asyncio.run(main())
"""
STANDARD_LIBRARY = """
import http.client
connection = http.client.HTTPSConnection("schemas.runware.ai")
connection.request("GET", "/registry.json")
print(connection.getresponse().status)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where user modules may lie; everything that ``vidmock run`` keeps goes beside them."""
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    folder = tmp_path / "modules"
    folder.mkdir()
    return folder


def under_run(program: str, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vidmock", "run", "--clock", "scaled:50", "--", sys.executable, "-c", program]
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("transport", ["websocket", "rest"])
def test_the_client_runs_with_its_own_addresses_short_names_and_checks(transport: str) -> None:
    done = under_run(SDK, transport)
    url, error, models = done.stdout.splitlines()
    assert url.startswith("https://vm.runware.ai/video/")
    # No status: it was refused before it was sent.
    assert error == "validation None https://runware.ai/docs/models/klingai-video-o1-pro"
    assert models == "klingai:kling@o1 klingai:kling@o1-standard runware:100@1 runware:101@1"
    assert done.stderr.endswith("vidmock: 1 job, which would have cost $0.56, never downloaded $0.56\n")


@pytest.mark.usefixtures("run")
def test_clients_on_aiohttp_are_led_here_and_nowhere_else() -> None:
    done = under_run(AIOHTTP)
    assert done.stdout.split() == ["200", "403"]
    assert "refused to contact example.com" in done.stderr


@pytest.mark.usefixtures("run")
def test_the_standard_librarys_client_is_led_here() -> None:
    assert under_run(STANDARD_LIBRARY).stdout.strip() == "200"


def test_a_users_own_modules_and_start_up_module_are_found(run: Path) -> None:
    (run / "sitecustomize.py").write_text("import builtins\nbuiltins.greeting = 'still here'\n")
    (run / "own.py").write_text("name = 'own'\n")
    done = under_run("import own; print(own.name, greeting)", path=run)
    assert done.stdout.strip() == "own still here"
