"""What a command under ``vidmock run`` finds in its environment, and what its user is told, know the options."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vidmock.interception.environment import KEY_VARIABLES

Said = tuple[int, str, str]
RUN = (sys.executable, "-m", "vidmock", "run")
PRINT_KEYS = f"import os; print(*(os.environ[name] for name in {KEY_VARIABLES}))"
ASK = """
import os, httpx
answer = httpx.post(
    "https://queue.fal.run/fal-ai/kling-video/o1/reference-to-video",
    headers={"authorization": f"Key {os.environ['FAL_KEY']}"},
    json={"prompt": "a kite"},
)
print(answer.status_code)
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", *KEY_VARIABLES):
        monkeypatch.delenv(name, raising=False)


def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    words = [*RUN, *options, "--", sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def test_a_key_that_the_server_was_given_is_the_one_that_clients_find() -> None:
    assert run(ASK, "--api-key", "theirs", "--api-key", "another").stdout == "200\n"


def test_of_several_accepted_keys_the_users_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "another")
    monkeypatch.setenv("EACH_API_KEY", "a real one")
    keys = run(PRINT_KEYS, "--api-key", "theirs", "--api-key", "another").stdout.split()
    assert keys == ["another", "theirs", "theirs", "theirs", "theirs"]


@pytest.mark.parametrize("name", KEY_VARIABLES)
def test_a_made_up_key_of_the_users_stays_and_a_real_one_does_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in KEY_VARIABLES:
        monkeypatch.setenv(each, "a-real-key")
    monkeypatch.setenv(name, "vidmock-no-balance")
    keys = dict(zip(KEY_VARIABLES, run(PRINT_KEYS).stdout.split(), strict=True))
    assert keys.pop(name) == "vidmock-no-balance"
    assert all(key.startswith("vidmock") and key != "vidmock-no-balance" for key in keys.values())


def test_a_reserved_key_means_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "vidmock-no-balance")
    assert run(ASK).stdout == "403\n"


def _on_a_terminal(code: str, **variables: str) -> str:
    ours, theirs = pty.openpty()
    words = [*RUN, "--", sys.executable, "-W", "ignore", "-c", code]
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=theirs, env=os.environ | variables, timeout=60)
    os.close(theirs)
    told = b""
    try:
        while part := os.read(ours, 65536):
            told += part
    except OSError:
        # Linux says so at the end of what a terminal has been told.
        pass
    os.close(ours)
    return told.decode().replace("\r\n", "\n")


def test_a_run_without_one_request_says_so_in_red() -> None:
    told = _on_a_terminal("", NO_COLOR="", TERM="xterm")
    assert told.startswith("\x1b[31mvidmock: not one request came here; docs/ways-in.md says which clients are led")
    assert told.endswith("\nvidmock: 0 jobs, which would have cost $0.00\x1b[0m\n")
    assert "\x1b" not in _on_a_terminal("", NO_COLOR="1")


def test_a_run_with_requests_is_not_red() -> None:
    told = _on_a_terminal(ASK)
    assert "vidmock: 1 job, which would have cost $0.56" in told
    assert "\x1b" not in told


def test_a_request_whose_answer_nobody_waited_for_is_one() -> None:
    submit_and_leave = f"""
import threading, time
def submit():{ASK.replace(chr(10), chr(10) + "    ")}
threading.Thread(target=submit, daemon=True).start()
import os, httpx
while not httpx.get(os.environ["VIDMOCK_URL"] + "/_vidmock/jobs").json()["jobs"]:
    time.sleep(0.05)
"""
    done = run(submit_and_leave, "--scenario", "late-submit-answer")
    assert done.stderr == "vidmock: 1 job, which would have cost $0.56\n"


def test_without_a_terminal_it_is_said_in_plain_words() -> None:
    first, *_, last = run("").stderr.splitlines()
    assert first.startswith("vidmock: not one request came here; ")
    assert last == "vidmock: 0 jobs, which would have cost $0.00"
    assert run("", "--quiet").stderr == ""


def test_what_the_user_has_set_and_cannot_stay_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp:3128")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx64m -Djavax.net.ssl.trustStore=/theirs")
    done = run("import os; print(os.environ['JAVA_TOOL_OPTIONS']); print(os.environ['PHP_INI_SCAN_DIR'])")
    said = done.stderr.splitlines()[0]
    assert said == "vidmock: the command gets the mock's HTTPS_PROXY, JAVA_TOOL_OPTIONS instead of yours"
    java, php = done.stdout.splitlines()
    assert java.startswith('-Xmx64m -Djavax.net.ssl.trustStore=/theirs "-Djavax.net.ssl.trustStore=')
    assert php.startswith(os.pathsep)


def test_a_refused_host_is_named_by_what_the_client_raises() -> None:
    code = """if True:
        import httpx, requests
        for ask in (httpx.get, requests.get):
            try:
                ask("https://example.com/")
            except Exception as refusal:
                print(refusal)
    """
    told = run(code).stdout.splitlines()
    assert len(told) == 2
    assert all("403 example.com is not emulated: nothing leaves this machine. --allow-host" in line for line in told)


def test_env_takes_the_servers_keys_and_hosts(say: Callable[..., Said]) -> None:
    code, out, _ = say("env", "--shell=json", "--api-key=theirs", "--allow-host=Minio", "--allow-host=example.com")
    found = json.loads(out)
    assert code == 0
    assert {found[name] for name in KEY_VARIABLES} == {"theirs"}
    assert found["VIDMOCK_ALLOW_HOSTS"] == "example.com,minio"
    assert found["NO_PROXY"] == "localhost,127.0.0.1,::1,Minio"


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", 'export PHP_INI_SCAN_DIR="${{PHP_INI_SCAN_DIR:-}}"{}'),
        ("fish", 'set -gx PHP_INI_SCAN_DIR "$PHP_INI_SCAN_DIR"{}'),
        ("powershell", "$env:PHP_INI_SCAN_DIR += '{}'"),
        ("dotenv", 'PHP_INI_SCAN_DIR="{}"'),
    ],
)
def test_each_shell_puts_ours_behind_what_there_is(shell: str, line: str, say: Callable[..., Said]) -> None:
    ours = json.loads(say("env", "php", "--shell=json")[1])["PHP_INI_SCAN_DIR"]
    assert line.format(ours) in say("env", "php", "--shell", shell)[1].splitlines()


def test_a_scenario_is_played_to_the_command() -> None:
    done = run(ASK, "--scenario", "gateway-page-after-submit")
    assert (done.returncode, done.stdout.strip()) == (0, "502"), done.stderr
