"""The help of each command: its options by purpose, and examples that work as they are printed."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.control.test_snapshot import saved
from tests.state.test_keeper import kept_in

from vidmock import cli

if TYPE_CHECKING:
    from tests.cli.conftest import Said

TOP = Path(__file__).parents[2]
APP = """
import json, os, time, urllib.request

def call(url, body=None):
    headers = {"authorization": "Key " + os.environ["FAL_KEY"], "content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
        return json.load(answer)

try:
    job = call("https://queue.fal.run/fal-ai/kling-video/o1/reference-to-video", b'{"prompt": "a kite"}')
    while call(job["status_url"])["status"] != "COMPLETED":
        time.sleep(0.2)
    print(call(job["response_url"])["video"]["url"])
except urllib.error.HTTPError as refusal:
    print(refusal.read())
"""


_AT = "https://queue.fal.run/fal-ai/kling-video/requests/09d811db-faf1-48f5-9739-4efcdc44b68e"
ANSWER = {
    "status": "IN_QUEUE",
    "request_id": _AT.rpartition("/")[2],
    "response_url": _AT,
    "status_url": f"{_AT}/status",
    "cancel_url": f"{_AT}/cancel",
    "metrics": {},
    "queue_position": 0,
    "logs": None,
}


MAY_FAIL = {"check", "doctor"}
"""What these say is a verdict on a client, or on the machine, which is not what is tried here."""


def examples() -> Iterator[str]:
    yield from cli.EXAMPLES
    for command in cli.COMMANDS:
        yield from import_module(f"vidmock.cli.{command}").EXAMPLES


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the examples name."""
    made = tmp_path_factory.mktemp("examples")
    (made / "requests").mkdir()
    for name in ("request.json", "requests/one.json"):
        (made / name).write_text('{"prompt": "a kite over dunes"}')
    (made / "answer.json").write_text(json.dumps(ANSWER))
    (made / "media.json").write_text('{"https://files.test/clip.mp4": {"seconds": 12}}')
    shutil.copy(TOP / "contracts" / "clients" / "fal.py", made / "client.py")
    pages = TOP / "tests" / "importer" / "unseen" / "runpod"
    (made / "pages").mkdir()
    shutil.copy(pages / "wan-2-5.mdx", made / "page.md")
    shutil.copy(pages / "p-video.mdx", made / "pages" / "another.md")
    (made / "app.py").write_text(APP)
    with kept_in(made / ".vidmock") as kept:
        kept.house.world()
        (made / "worlds.jsonl").write_text(json.dumps(saved(kept.house)))
    assert cli.main(["import", str(made / "page.md"), "-o", str(made / "models")]) == 0
    return made


@pytest.fixture
def folder(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Such a folder, to write into."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    return tmp_path


@pytest.mark.parametrize("line", [line for line in dict.fromkeys(examples()) if not line.startswith("vidmock serve")])
def test_an_example_works_as_it_is_printed(line: str, folder: Path) -> None:
    shell = "fish" if line.endswith("| source") else "bash"
    done = subprocess.run([shell, "-c", line], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode in ((0, 1) if line.split()[1] in MAY_FAIL else (0,)), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("line", [line for line in dict.fromkeys(examples()) if line.startswith("vidmock serve")])
def test_an_example_of_a_server_serves(line: str, folder: Path) -> None:
    words = [*line.split(), "--port", "0"] if "--port" not in line else line.split()
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        server.send_signal(signal.SIGINT)
        _, error = server.communicate(timeout=60)
    assert first.startswith("vidmock is at http://127.0.0.1:"), error
    assert server.returncode == 0


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_a_help_ends_with_the_examples_of_its_command(command: str, say: Callable[..., Said]) -> None:
    code, out, _ = say(command, "--help")
    lines = import_module(f"vidmock.cli.{command}").EXAMPLES
    assert code == 0
    assert out.endswith("examples:\n" + "".join(f"  {line}\n" for line in lines))
    assert all(command in line for line in lines)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_no_group_of_options_is_too_long_to_be_read(command: str) -> None:
    parser = argparse.ArgumentParser()
    import_module(f"vidmock.cli.{command}").add_options(parser)
    for group in parser._action_groups:
        assert len([action for action in group._group_actions if action.option_strings]) <= 8, group.title


def test_the_first_help_lists_every_command_by_purpose(say: Callable[..., Said]) -> None:
    _, out, _ = say("--help")
    for title, commands in cli.COMMAND_GROUPS.items():
        part = out.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in part.splitlines()] == [*commands]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("serve", "--prot", "1"), "--port"),
        (("price", "--jsno", "fal", "m", "f"), "--json"),
        (("schemas", "list", "--modles=x"), "--models"),
        (("srve",), "serve"),
        (("completion", "fsh"), "fish"),
    ],
)
def test_what_is_misspelt_is_answered_with_the_nearest(
    say: Callable[..., Said], words: tuple[str, ...], meant: str
) -> None:
    code, out, err = say(*words)
    assert (code, out) == (2, "")
    assert f"Did you mean '{meant}'?" in err
    assert words[0] not in cli.COMMANDS or err.startswith(f"usage: vidmock {words[0]} ")
