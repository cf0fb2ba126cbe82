"""``vidmock serve`` as a person meets it: the banner, the answer, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from vidmock.cli import main

Serve = Callable[..., subprocess.Popen[str]]
SECONDS = 60
"""Real ones, after which a process hangs, and is killed."""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    started: list[subprocess.Popen[str]] = []
    watchdogs: list[threading.Timer] = []

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "vidmock", "serve", *words]
        environment = {**os.environ, "PYTHONUNBUFFERED": "", "VIDMOCK_STATE": str(tmp_path / "state")}
        stdin = subprocess.PIPE if "--until-stdin-closes" in words else None
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        started.append(process)
        # A server that says nothing must fail the test, not hold it up for ever.
        watchdogs.append(threading.Timer(SECONDS, process.kill))
        watchdogs[-1].start()
        return process

    yield start
    for watchdog in watchdogs:
        watchdog.cancel()
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _banner(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The URL, and the banner: a headline, what to type, and a closing line, with blank lines between them."""
    assert process.stdout
    lines: list[str] = []
    while lines[-2:-1] != ["\n"] or lines.count("\n") < 2:
        lines.append(process.stdout.readline())
        if lines[-1] == "":
            break
    text = "".join(lines)
    assert text.startswith("vidmock is at http://127.0.0.1:"), text
    return text.split()[3], text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_it_prints_where_it_is_serves_and_says_goodbye(serve: Serve, number: signal.Signals) -> None:
    process = serve("--port", "0", "--clock", "scaled:100")
    url, banner = _banner(process)
    for line in (
        f"RUNPOD_ENDPOINT_BASE_URL={url}/runpod/v2",
        f"{url}/runware/v1",
        f'"{url}/fal/queue/"',
        f'"{url}/fal/run/"',
        f"{url}/eachlabs/v1",
    ):
        assert line in banner
    assert "Ctrl-C" in banner

    with httpx.Client(base_url=url, headers={"authorization": "Bearer any"}) as client:
        body = {"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}
        assert client.post("/runpod/v2/kling-video-o1-r2v/runsync", json=body).json()["status"] == "COMPLETED"
        # Its connection stays open, and is not waited for.
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    submit, ended, _, *listed, last = out.strip().splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d runpod   submit    kling-video-o1-r2v, \$0.56: job sync-[\w-]+", submit)
    assert re.fullmatch(r"\d\d:\d\d:\d\d runpod   succeeded job sync-[\w-]+, 1 file", ended)
    assert last == "vidmock: 1 job, which would have cost $0.56, never downloaded $0.56"
    assert re.fullmatch(r"\$0\.56 never downloaded: [\w-]+\.mp4 of job sync-[\w-]+", listed[0].strip())
    assert err == ""


def test_it_ends_when_standard_input_does_if_it_is_told_so(serve: Serve) -> None:
    process = serve("--port", "0", "--until-stdin-closes")
    url, _ = _banner(process)
    assert process.stdin
    process.stdin.write("what comes is nothing to it\n")
    process.stdin.flush()
    assert httpx.get(f"{url}/_vidmock/health").status_code == 200
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    assert out.strip().splitlines()[-1].startswith("vidmock: 0 jobs")


def test_without_a_standard_input_that_was_to_last_it_ends_at_once(serve: Serve) -> None:
    process = serve("--port", "0", "--until-stdin-closes")
    assert process.stdin
    process.stdin.close()
    process.stdin = None
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_webhooks_that_went_nowhere_are_named_at_the_end(serve: Serve) -> None:
    process = serve("--port", "0", "--clock", "scaled:1000")
    url, _ = _banner(process)
    with httpx.Client(base_url=url, headers={"authorization": "Bearer any"}) as client:
        body = {"input": {"prompt": "a", "images": ["https://pictures.example/cat.png"]}}
        hook = {"webhook": "https://hooks.example.com/done"}
        client.post("/runpod/v2/kling-video-o1-r2v/runsync", json=body | hook)
        # The process would be killed before this went on for ever.
        while "hooks.example.com is public" not in client.get("/_vidmock/deliveries").text:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=SECONDS)
    assert out.strip().endswith("; refused to contact hooks.example.com")


def test_what_goes_nowhere_is_said_as_it_happens(serve: Serve) -> None:
    process = serve("--port", "0", "--clock", "scaled:1000")
    url, _ = _banner(process)
    assert process.stderr
    with httpx.Client(base_url=url, headers={"authorization": "Bearer any"}) as client:
        client.post("/runpod/v2/kling-video-o1-r2w/run", json={"input": {}})
        assert process.stderr.readline().startswith("vidmock: runpod has no model 'kling-video-o1-r2w' here. Did you")
        assert process.stderr.readline().startswith("vidmock: --any-model serves any model there is")
        task = {"taskType": "videoInference", "taskUUID": "00000000-0000-4000-8000-000000000000", "model": "a:b@c"}
        client.post("/runware/v1", json=[task | {"positivePrompt": "a kite", "duration": 5}])
        assert process.stderr.readline().startswith("vidmock: runware has no model 'a:b@c' here.")
        for name, hint in (
            ("klingai-video-o1-pro", "On the wire it is called 'klingai:kling@o1'."),
            ("kling-video-o1-r2v", "runpod has it."),
        ):
            client.post("/runware/v1", json=[task | {"model": name, "positivePrompt": "a kite", "duration": 5}])
            assert process.stderr.readline().startswith(f"vidmock: runware has no model {name!r} here. {hint} Known: ")
        client.get("/fal/rest/nothing/there", headers={"authorization": "Key any"})
        assert process.stderr.readline() == "vidmock: fal: nothing is served at /nothing/there\n"
        body = {"input": {"prompt": "a", "images": ["https://pictures.example/cat.png"]}}
        client.post(
            "/runpod/v2/kling-video-o1-r2v/runsync",
            json=body | {"webhook": "https://me:secret@hooks.example.com/a?key=b"},
        )
        said = {process.stderr.readline() for _ in range(2)}
    refused = "vidmock: refused to contact hooks.example.com: nothing leaves this machine. "
    assert f"{refused}--allow-host hooks.example.com lets it through\n" in said
    (webhook,) = (line for line in said if "no webhook" in line)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=SECONDS)
    missing = next(line for line in out.splitlines() if "asked for and not here" in line)
    assert missing.startswith(
        "vidmock: asked for and not here: runpod kling-video-o1-r2w (Did you mean 'kling-video-o1-r2v'?), "
        "runware a:b@c, runware kling-video-o1-r2v (runpod has it), runware klingai-video-o1-pro "
        "(On the wire it is called 'klingai:kling@o1'). --any-model serves any model there is"
    )
    assert webhook.startswith("vidmock: no webhook to hooks.example.com/a: hooks.example.com is public")


def test_a_program_that_reads_the_log_gets_json_alone(serve: Serve) -> None:
    process = serve("--port", "0", "--log-format", "json")
    assert process.stdout
    assert process.stderr
    url = process.stderr.readline().split()[3]
    httpx.get(f"{url}/fal/rest/nothing/there", headers={"authorization": "Key any"})
    said = json.loads(process.stdout.readline())
    assert (said["event"], said["status"], said["path"]) == ("request", 404, "/fal/rest/nothing/there")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert out == ""
    assert "which would have cost $0.00" in err


def test_quiet_prints_nothing(serve: Serve) -> None:
    port = _free_port()
    process = serve("--port", str(port), "--quiet")
    _until_it_answers(port, process)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=SECONDS) == ("", "")
    assert process.returncode == 0


def test_a_taken_port_is_one_line_and_exit_code_2(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = serve("--port", str(port))
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (2, "")
    assert err.startswith(f"vidmock: cannot listen on 127.0.0.1:{port}: address already in use")
    assert err.count("\n") == 1


def test_only_the_keys_that_were_named_are_accepted(serve: Serve) -> None:
    process = serve("--port", "0", "--api-key", "one", "--api-key", "two")
    url, _ = _banner(process)
    answers = [
        httpx.get(f"{url}/runpod/v2/kling-video-o1-r2v/health", headers={"authorization": key}).status_code
        for key in ("one", "two", "three")
    ]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert answers == [200, 200, 401]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--clock", "nonsense"], "no such clock: 'nonsense'"),
        (["--clock", "scaled:0"], "needs a factor above 0"),
        (["--port", "70000"], "--port must be between 0 and 65535"),
        (["--media", "missing.json"], "missing.json"),
        (["--media", "broken.json"], "line 1"),
        (["--media", "list.json"], "list.json"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
        (["--external-url", "foo"], "Try: --external-url https://127.0.0.1:8787"),
        (["--external-url", "mock.example.test"], "Try: --external-url https://mock.example.test"),
        (["--external-url", "ftp://mock.example.test:1/x"], "Try: --external-url https://mock.example.test:1"),
        (["--external-url", ""], "Try: --external-url"),
        (["--external-url", "a/b=http://mock.test"], "Try: --external-url mock:8787=https://mock.test"),
        (["--external-url", "http://a.test", "--external-url", "b.test"], "header, not 'b.test'. Try"),
        (
            ["--external-url", "http://a.test", "--external-url", "A.test=https://b.test/x"],
            "two for clients that came by a.test: 'http://a.test' and 'A.test=https://b.test/x'",
        ),
        (["--media-url", "localhost:8787"], "Try: --media-url http://localhost:8787"),
        (["--keep-jobs", "-1"], "--keep-jobs"),
        (["--keep-requests", "-1"], "--keep-requests"),
        (["--keep-keys", "0"], "--keep-keys must be at least 1"),
        (["--memory", "1"], "--memory must be at least 16"),
    ],
    ids=[
        "clock",
        "factor",
        "port",
        "no media",
        "bad media",
        "media list",
        "host",
        "word",
        "no scheme",
        "ftp",
        "no url",
        "no host before the url",
        "one of two urls",
        "two urls for a host",
        "media url without scheme",
        "jobs",
        "requests",
        "keys",
        "memory",
    ],
)
def test_an_option_that_makes_no_sense_is_one_line_and_exit_code_2(
    words: list[str],
    says: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.json").write_text("{")
    Path("list.json").write_text("[]")
    assert main(["serve", "--port", "0", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("vidmock: ")
    assert says in err
    assert err.count("\n") == 1


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _until_it_answers(port: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.TransportError:
            time.sleep(0.001)
        else:
            return
    pytest.fail("the server never answered")
