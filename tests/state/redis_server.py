"""A Redis from the distribution, in a folder, which a test starts, ends and starts again."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Self

import redis

PROGRAM = "redis-server"


class RedisServer:
    """A Redis whose data are in *folder*: at ``url`` while it is entered. It writes each change to its file at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # No port, and so none that somebody else takes first.
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        keeping = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen(
            [PROGRAM, "--port", "0", "--unixsocket", self.socket, "--dir", self._folder, *keeping],
            stdout=subprocess.DEVNULL,
        )
        self.client.ping()

    @property
    def client(self) -> redis.Redis:
        """A client, which waits until the server is there."""
        again = redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 400)
        errors: list[type[Exception]] = [redis.ConnectionError, redis.BusyLoadingError]
        return redis.Redis.from_url(self.url, decode_responses=True, retry=again, retry_on_error=errors)

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self.kill()
