"""``vidmock serve --workers N``: several processes on one port are one server, whichever of them is asked or dies."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import cycle, repeat
from pathlib import Path
from typing import Any

import fal_client
import fal_client.client
import httpx
import pytest
import runpod  # type: ignore[import-untyped]  # the package ships no types
import runware
from tests.conftest import FAL, WIRES
from tests.state.redis_server import RedisServer
from tests.state.replica_process import Replica

from vidmock.cli import main
from vidmock.cli.workers import MOST_WORKERS

SECONDS = 120
"""Real ones, after which a process hangs, and is killed."""
SUBMIT = f"{FAL}/o1/reference-to-video"
URL = re.compile(rb"http://127\.0\.0\.1:\d+")
KEYS = [f"key-{number}" for number in range(6)]


class Workers:
    """A server of several processes; *options* are those of ``vidmock serve``."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        temporary = folder / "tmp"
        temporary.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vidmock", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "VIDMOCK_STATE": str(folder / "certificates"), "TMPDIR": str(temporary)},
        )
        self._watchdog = threading.Timer(SECONDS, self._kill)
        self._watchdog.start()
        self.said: list[str] = []
        assert self.process.stdout
        first = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert found, first + self.process.stdout.read()
        self.url = found[0]
        self._reading = threading.Thread(target=lambda: self.said.extend(self.process.stdout or ()))
        self._reading.start()

    @property
    def pids(self) -> list[int]:
        """The processes that were started by the one that was started here."""
        pid = self.process.pid
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def _kill(self) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        self.process.kill()

    def end(self, by: signal.Signals = signal.SIGINT) -> str:
        """End it, and return what it has said."""
        self.process.send_signal(by)
        self.process.wait()
        self._watchdog.cancel()
        # Nobody holds the pipe any more: no process is left.
        self._reading.join()
        assert self.process.stdout
        self.process.stdout.close()
        return "".join(self.said)

    def ask(self, method: str, path: str, key: str = "any", **more: Any) -> httpx.Response:
        """By a connection of its own, which any of the processes may take."""
        headers = {"Authorization": f"{'Key' if 'fal' in path else 'Bearer'} {key}", "x-vidmock": "1"}
        return httpx.request(method, f"{self.url}{path}", headers=headers, timeout=SECONDS, **more)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    workers = Workers(tmp_path_factory.mktemp("workers"), "--workers", "3", "--clock", "scaled:20")
    yield workers
    said = workers.end()
    assert "Traceback" not in said, said


def test_clients_of_the_providers_go_through(three: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{three.url}/fal/queue/")
    monkeypatch.setattr(fal_client.client, "RUN_URL_FORMAT", f"{three.url}/fal/run/")
    client = fal_client.SyncClient(key="any")
    video = client.subscribe("fal-ai/kling-video/o1/reference-to-video", arguments={"prompt": "a kite"})["video"]
    # The client cannot be closed, and a socket left to the garbage collector is a warning, so an error here.
    client._client.close()
    assert len(httpx.get(video["url"]).content) == video["file_size"]
    monkeypatch.setattr(runpod, "endpoint_url_base", f"{three.url}/runpod/v2")
    endpoint = runpod.Endpoint("kling-video-o1-r2v", api_key="any")
    assert "video_url" in endpoint.run_sync({"input": {"prompt": "a kite", "images": ["https://example.com/a.png"]}})

    async def by_socket() -> Any:
        async with runware.Runware(api_key="any", ws_base_url=f"ws{three.url[4:]}/runware/v1") as there:
            return await there.run(
                {
                    "taskType": "videoInference",
                    "model": "klingai:kling@o1-standard",
                    "positivePrompt": "a kite",
                    "duration": 5,
                    "width": 1280,
                    "height": 720,
                }
            )

    (made,) = asyncio.run(by_socket())
    assert httpx.get(made["videoURL"]).headers["content-type"] == "video/mp4"


def submit(workers: Workers, key: str) -> str:
    answer = workers.ask("POST", SUBMIT, key, json={"prompt": "a kite"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["request_id"])


def test_a_worker_that_is_killed_loses_nothing_and_another_takes_its_place(three: Workers) -> None:
    jobs = {key: [submit(three, key), submit(three, key)] for key in KEYS}
    before = three.pids
    assert len(before) == 3
    os.kill(before[0], signal.SIGKILL)
    # What was on its way to it breaks off, as with any server that ends.
    while before[0] in three.pids:
        pass
    for key, own in jobs.items():
        own.append(submit(three, key))
        listed = three.ask("GET", f"/_vidmock/jobs?key={key}").json()["jobs"]
        assert [job["id"] for job in listed] == own
        assert three.ask("GET", f"/_vidmock/ledger?key={key}").json()["total"]["jobs"] == 3
    while len(after := three.pids) < 3:
        pass
    assert {*after} & {*before} == {*before[1:]}
    assert [line for line in three.said if "was killed by SIGKILL: another one takes its place" in line]


def test_lines_of_all_workers_are_whole_and_the_last_ones_are_of_all(tmp_path: Path) -> None:
    workers = Workers(tmp_path, "--workers", "2", "--log-format", "json", "--clock", "scaled:1000")
    for key in KEYS:
        submit(workers, key)
    assert len(workers.pids) == 2
    lines = workers.end(signal.SIGTERM).splitlines()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert len({entry["world"] for entry in logged}) == len(KEYS)
    assert [line for line in lines if f"vidmock: {len(KEYS)} jobs, which would have cost $3.36" in line], lines
    # What they shared was for this run alone.
    assert [*(tmp_path / "tmp").iterdir()] == []


def test_a_state_file_goes_from_one_process_to_several_and_back(tmp_path: Path) -> None:
    file = str(tmp_path / "kept")
    one = Workers(tmp_path, "--state", file)
    first = submit(one, "any")
    one.end()
    several = Workers(tmp_path, "--workers", "2", "--state", file)
    used = subprocess.run(
        [sys.executable, "-m", "vidmock", "serve", "--port", "0", "--state", file], capture_output=True, text=True
    )
    assert (used.returncode, "is in use by another vidmock" in used.stderr) == (2, True)
    second = submit(several, "any")
    several.process.kill()
    several.process.wait()
    # Those whose supervisor has gone end, and a new one waits for that.
    again = Workers(tmp_path, "--workers", "2", "--state", file)
    third = submit(again, "any")
    again.end()
    several.end()
    one = Workers(tmp_path, "--state", file)
    assert {job["id"] for job in one.ask("GET", "/_vidmock/jobs?key=any").json()["jobs"]} == {first, second, third}
    one.end()


def test_workers_share_a_redis_with_others(redis_server: RedisServer, tmp_path: Path) -> None:
    workers = Workers(tmp_path, "--workers", "2", "--state", redis_server.url)
    replica = Replica(redis_server.url, tmp_path / "certificates").begin()
    try:
        job = submit(workers, "any")
        found = httpx.get(f"{replica.url}{FAL}/requests/{job}/status", headers={"Authorization": "Key any"})
        assert found.status_code == 202
    finally:
        workers.end()
        replica.end()


def told(urls: Iterator[str]) -> list[Any]:
    """What clients of all providers are told, each call by a connection of its own to the next of *urls*."""
    seen: list[Any] = []

    def ask(method: str, path: str, key: str, json: Any = None) -> httpx.Response:
        url = next(urls)
        headers = {"Authorization": f"{'Key' if 'fal' in path else 'Bearer'} {key}", "x-vidmock": "1"}
        more = {} if json is None else {"json": json}
        answer = httpx.request(
            method, f"{url}{path}", headers=headers | {"x-request-id": "an-id"}, timeout=SECONDS, **more
        )
        # Ports have as many digits as they like.
        named = [pair for pair in answer.headers.raw if pair[0].lower() not in (b"date", b"content-length")]
        seen.append((answer.status_code, named, URL.sub(b"URL", answer.content)))
        return answer

    for key in KEYS[:2]:
        for wire in WIRES:
            one_task = isinstance(wire.body, list)
            body = [wire.body[0] | {"taskUUID": f"00000000-0000-4000-8000-{len(seen):012}"}] if one_task else wire.body
            job = wire.job_id(ask("POST", wire.submit_path, key, body).json())
            method, path, asked = wire.poll(job)
            ask(method, path, key, asked)
            ask("POST", f"/_vidmock/clock/advance?key={key}", key, {"by": "10m"})
            video = wire.video(ask(method, path, key, asked).json())
            seen.append(httpx.get(video).content)
        ask("GET", f"/_vidmock/ledger?key={key}", key)
    return seen


def test_the_same_seed_and_calls_give_the_same_bytes_on_one_process_on_workers_and_on_replicas(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    options = ("--seed", "7", "--clock", "manual")
    one = Workers(tmp_path, *options)
    alone = told(repeat(one.url))
    one.end()
    several = Workers(tmp_path, *options, "--workers", "3")
    assert told(repeat(several.url)) == alone
    several.end()
    replicas = [Replica(redis_server.url, tmp_path / "certificates", more=options).begin() for _ in range(3)]
    try:
        assert told(cycle(replica.url for replica in replicas)) == alone
    finally:
        for replica in replicas:
            replica.end()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--workers", "0"], f"--workers must be 1 to {MOST_WORKERS}, not 0. Try: --workers 2"),
        (["--workers", "999"], f"--workers must be 1 to {MOST_WORKERS}, not 999"),
        (["--workers", "2", "--replica-url", "http://a.test"], "--replica-url is for one process"),
        (["--workers", "2", "--until-stdin-closes"], "--until-stdin-closes is for one process"),
        (
            ["--workers", "2", "--state", "redis://127.0.0.1:1/0"],
            "the state in the Redis at 127.0.0.1:1 cannot be kept",
        ),
        (["--workers", "2", "--state", "/nowhere/kept"], "the state in /nowhere/kept cannot be kept"),
    ],
)
def test_what_does_not_go_with_several_is_told(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_system_that_cannot_fork_is_told_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(os, "fork")
    assert main(["serve", "--workers", "2"]) == 2
    assert "--workers needs Linux or macOS" in capsys.readouterr().err
