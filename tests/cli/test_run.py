"""``vidmock run``, ``env`` and ``ca``: an unmodified program finds the mock and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vidmock.cli import main
from vidmock.ways_in.environment import CLIENTS, environment

VIDMOCK = (sys.executable, "-m", "vidmock")
FAST = ("--clock", "scaled:50")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def run(*command: str, options: tuple[str, ...] = FAST) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*VIDMOCK, "run", *options, "--", *command], capture_output=True, text=True, timeout=60)


def python(code: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-W", "ignore", "-c", code)


SUBMIT = """
import httpx
answer = httpx.post(
    "https://api.runpod.ai/v2/kling-video-o1-r2v/runsync",
    headers={"authorization": "Bearer k"},
    json={"input": {"prompt": "a kite", "images": ["https://example.com/kite.png"]}},
)
print(answer.json()["output"]["video_url"])
print(len(httpx.get(answer.json()["output"]["video_url"]).content))
"""


def test_a_hard_coded_host_is_served_and_the_run_ends_with_its_cost() -> None:
    done = python(SUBMIT)
    url, size = done.stdout.split()
    assert url.startswith("https://video.runpod.ai/")
    assert int(size) > 5000
    assert done.stderr.strip() == "vidmock: 1 job, which would have cost $0.56"


def test_other_hosts_are_refused_and_named_at_the_end() -> None:
    done = python("import httpx\ntry: httpx.get('https://example.com/')\nexcept httpx.ProxyError as e: print(e)")
    assert "403" in done.stdout
    assert done.stderr.strip().endswith("; refused to contact example.com")


def test_node_is_led_here_without_a_proxy() -> None:
    done = run(
        "node",
        "--input-type=module",
        "-e",
        """
        const key = {authorization: "Bearer k"};
        const health = await fetch("https://api.runpod.ai/v2/kling-video-o1-r2v/health", {headers: key});
        console.log(health.status);
        try { await fetch("https://example.com/"); } catch (error) { console.log(error.cause.message); }
        """,
    )
    assert done.stdout.splitlines()[0] == "200", done.stderr
    assert "example.com is not emulated: nothing leaves this machine" in done.stdout
    assert "refused to contact example.com" in done.stderr


@pytest.mark.parametrize("code", [0, 1, 42])
def test_the_exit_code_is_passed_on(code: int) -> None:
    assert run("sh", "-c", f"exit {code}").returncode == code


def test_death_by_a_signal_is_reported_as_shells_do() -> None:
    assert run("sh", "-c", "kill -9 $$").returncode == 128 + signal.SIGKILL


def test_a_signal_reaches_the_command() -> None:
    code = """if True:
        import signal, sys
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("up", flush=True)
        signal.pause()
    """
    process = subprocess.Popen(
        [*VIDMOCK, "run", "--quiet", "--", sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process.stdout:
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 7


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("no-such-command-here",), 127, "no-such-command-here: command not found"),
        ((os.devnull,), 126, "cannot be executed"),
        ((), 2, "there is no command to run"),
    ],
    ids=["missing", "not executable", "nothing"],
)
def test_a_command_that_cannot_run_is_one_line(command: tuple[str, ...], code: int, words: str) -> None:
    done = run(*command, options=("--quiet",))
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert words in done.stderr


@pytest.mark.parametrize("shell", ["bash", "fish", "powershell", "dotenv", "json"])
def test_env_prints_for_every_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--shell", shell, "--url", "http://127.0.0.1:9999/"]) == 0
    printed = capsys.readouterr().out
    assert "http://127.0.0.1:9999/runpod/v2" in printed
    if shell == "json":
        assert json.loads(printed)["FAL_KEY"]


def test_the_printed_lines_are_the_shells_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--url", "http://127.0.0.1:9999"]) == 0
    script = capsys.readouterr().out + '\nprintf \'%s %s\' "$RUNPOD_ENDPOINT_BASE_URL" "$FAL_RUN_HOST"'
    printed = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed == "http://127.0.0.1:9999/runpod/v2 127.0.0.1:9999/fal/run"


@pytest.mark.parametrize("client", CLIENTS)
def test_env_for_one_client_prints_only_what_it_needs(client: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", client, "--shell", "json"]) == 0
    assert tuple(json.loads(capsys.readouterr().out)) == CLIENTS[client]


def test_env_for_an_unknown_client_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "fal-cleint"]) == 2
    assert "Did you mean 'fal-client'?" in capsys.readouterr().err


def test_no_key_in_the_environment_could_be_real(tmp_path: Path) -> None:
    variables = environment("http://127.0.0.1:1", tmp_path, ["fal.run"])
    keys = [value for name, value in variables.items() if name.endswith("_KEY")]
    assert len(keys) == 5
    assert all("vidmock" in key for key in keys)


def test_ca_names_the_certificate(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ca"]) == 0
    assert Path(capsys.readouterr().out.strip()) == state / "ca.pem"
