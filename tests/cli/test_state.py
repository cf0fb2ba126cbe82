"""``vidmock serve --state``: a server that is killed and started again goes on, and its clients with it."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import fal_client
import fal_client.client
import httpx
import pytest

from vidmock.testing.local_server import LocalHTTPServer

SECONDS = 120
"""Real ones, after which a process hangs, and is killed."""
CLIP = b"ftyp"


class Restarted:
    """A server whose state is in *path*, which can be killed and started again at the same port."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path, self._folder = path, folder
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "vidmock", "serve", "--port", str(self.port), "--state", str(self._path)]
        self._process = subprocess.Popen(
            [*command, "--clock", "scaled:20"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "VIDMOCK_STATE": str(self._folder)},
        )
        watchdog = threading.Timer(SECONDS, self._process.kill)
        watchdog.start()
        try:
            assert self._process.stdout
            first = self._process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", first)
            assert found, first + self._process.stdout.read()
            self.port = int(found[1])
        finally:
            watchdog.cancel()

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Restarted]:
    server = Restarted(tmp_path / "kept", tmp_path / "certificates")
    yield server
    server.kill()


class Inbox(BaseHTTPRequestHandler):
    """Takes webhooks."""

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        INBOX.put(json.loads(self.rfile.read(size)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


INBOX: queue.Queue[Any] = queue.Queue()


def test_a_client_gets_its_video_and_its_webhook_after_a_restart(
    server: Restarted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{server.url}/fal/queue/")
    monkeypatch.setattr(fal_client.client, "RUN_URL_FORMAT", f"{server.url}/fal/run/")
    with LocalHTTPServer(Inbox) as inbox:
        client = fal_client.SyncClient(key="any")
        job = client.submit(
            "fal-ai/kling-video/o1/reference-to-video", arguments={"prompt": "a kite"}, webhook_url=inbox.origin
        )
        server.kill()
        server.start()
        video = job.get()["video"]
        # The client cannot be closed, and a socket left to the garbage collector is a warning, so an error here.
        client._client.close()
        told = INBOX.get(timeout=SECONDS)
    assert (told["request_id"], told["payload"]["video"]["url"]) == (job.request_id, video["url"])
    assert CLIP in httpx.get(video["url"]).content[:16]
    server.kill()
    server.start()
    assert CLIP in httpx.get(video["url"]).content[:16]
    assert httpx.get(f"{server.url}/_vidmock/ledger").json()["total"]["jobs"] == 1


def test_a_second_server_is_told_who_has_the_state(server: Restarted, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vidmock", "serve", "--port", "0", "--state", str(tmp_path / "kept")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    said = f"vidmock: {tmp_path / 'kept'} is in use by another vidmock. Stop that one, or name another file\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_a_disk_that_is_full_costs_no_job_that_was_accepted(tmp_path: Path) -> None:
    """The limit is the kernel's own for files of a process, which fails as a full disk does."""
    limited = "import resource, runpy, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000)); "
    limited += "runpy.run_module('vidmock', run_name='__main__')"
    command = [sys.executable, "-c", limited, "serve", "--port", "0", "--state", str(tmp_path / "kept")]
    environment = {**os.environ, "VIDMOCK_STATE": str(tmp_path / "certificates")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    watchdog = threading.Timer(SECONDS, process.kill)
    watchdog.start()
    try:
        assert process.stdout
        url = process.stdout.readline().split()[3]
        statuses, accepted = set(), []
        for _ in range(200):
            answer = httpx.post(
                f"{url}/fal/queue/fal-ai/kling-video/o1/reference-to-video",
                json={"prompt": "a kite over dunes " * 200},
                headers={"authorization": "Key any"},
            )
            statuses.add(answer.status_code)
            if answer.status_code == 200:
                accepted.append(answer.json()["request_id"])
        assert statuses == {200, 503}
    finally:
        process.kill()
        _, said = process.communicate()
        watchdog.cancel()
    assert "cannot be kept: " in said
    assert "Traceback" not in said
    again = Restarted(tmp_path / "kept", tmp_path / "certificates")
    try:
        jobs = httpx.get(f"{again.url}/_vidmock/jobs?limit=1000").json()["jobs"]
    finally:
        again.kill()
    assert set(accepted) <= {job["id"] for job in jobs}
