"""What the command line says of itself: as it happens, once, in sentences, and never in a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vidmock.cli import ca, main
from vidmock.cli.console import MOST_SAID, Console
from vidmock.cli.serve import banner
from vidmock.engine.world.settings import Settings

VIDMOCK = (sys.executable, "-m", "vidmock")
Say = Callable[..., tuple[int, str, str]]


def test_a_line_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    for line in ("fal has no model 'x' here", "refused to contact a.example", "fal has no model 'x' here"):
        console.say(line)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "vidmock: fal has no model 'x' here\nvidmock: refused to contact a.example\n")


def test_nobody_fills_the_terminal_or_sends_it_codes(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.say("refused to contact \x1b[2J")
    console.say("x" * 10_000)
    for number in range(3 * MOST_SAID):
        console.say(f"refused to contact {number}.example")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == r"vidmock: 'refused to contact \x1b[2J'"
    assert len(lines[1]) < 500
    assert len(lines) == MOST_SAID + 1
    assert lines[-1].startswith("vidmock: there is more, which is not printed here: see /_vidmock/journal")


def test_a_quiet_one_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Console(quiet=True).say("refused to contact a.example")
    assert capsys.readouterr() == ("", "")


def test_the_banner_knows_the_settings() -> None:
    plain = banner("http://127.0.0.1:1", Settings(), Path("/state/ca.pem"))
    assert "any API key will do" in plain
    assert 'runpod.api_key = "any"' in plain
    assert "This server contacts nobody." in plain
    assert "clients that trust /state/ca.pem" in plain
    settings = Settings(
        keys=frozenset({"k 1"}), allow_hosts=frozenset({"hooks.example"}), external_urls=("m=https://mock.test/x",)
    )
    told = banner("http://127.0.0.1:1", settings, Path("/state/ca.pem"))
    assert "any API key" not in told
    assert "only this key: k 1;" in told
    assert "export FAL_KEY='k 1'" in told
    assert "RUNPOD_ENDPOINT_BASE_URL=https://mock.test/x/runpod/v2" in told
    assert "127.0.0.1:1" not in told
    assert "and hooks.example." in told
    assert "only these keys: a, b;" in banner("http://h", Settings(keys=frozenset({"b", "a"})), Path("ca.pem"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("words", [("models",), ("--version",), ("env", "--shell", "json")], ids=" ".join)
def test_output_that_cannot_be_written_is_a_sentence(words: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*VIDMOCK, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env={"VIDMOCK_STATE": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )
    assert (done.returncode, done.stderr) == (2, "vidmock: no space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_report_that_cannot_be_written_leaves_the_exit_code_of_the_command(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*VIDMOCK, "run", "--", "sh", "-c", "exit 7"],
            stderr=full,
            timeout=60,
            env={"VIDMOCK_STATE": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )
    assert done.returncode == 7


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the output")
@pytest.mark.parametrize("words", ["models >&-", "version >&-", "models 2>&- >/dev/null"])
def test_a_closed_output_is_no_mistake(words: str) -> None:
    closed = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m vidmock {words}"], capture_output=True, text=True, timeout=60
    )
    assert (closed.returncode, closed.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--host", ""), "vidmock: --host must not be empty. Is a variable of the shell not set?\n"),
        (("--tls-host", ""), "vidmock: --tls-host must not be empty. Is a variable of the shell not set?\n"),
        (("--allow-host", "a", "--allow-host", ""), "vidmock: --allow-host must not be empty."),
        (("--api-key", ""), "vidmock: --api-key must not be empty."),
        (("--tls-host", "a b"), "vidmock: --tls-host must be a host, such as app.test or 10.0.0.5, not 'a b'\n"),
        (("--allow-host", "https://a"), "vidmock: --allow-host must be a host, such as app.test"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_a_name_that_names_nothing_is_refused(
    say: Callable[..., tuple[int, str, str]], words: tuple[str, ...], said: str
) -> None:
    code, _, told = say("serve", "--port", "0", *words)
    assert (code, told[: len(said)]) == (2, said)


def test_a_reader_that_has_gone_is_no_mistake() -> None:
    read = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m vidmock faults --json | head -c 1"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (read.stdout, read.stderr) == ("[", "")


def test_ctrl_c_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(ca, "run", interrupted)
    assert main(["ca"]) == 130
    assert capsys.readouterr() == ("", "vidmock: interrupted\n")


def test_ctrl_c_while_modules_are_loaded_is_a_sentence() -> None:
    code = """
import sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "vidmock.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Finder())
from vidmock.__main__ import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "vidmock: interrupted\n")
