"""Each call of a job's life at each provider, compared with ``baseline.py``: ``python benchmarks/server.py [ROUNDS]``.

The figures change by a third between machines and minutes. The ratios do not: the measurements alternate. Jobs that
were submitted end soon, which is in the figures. Polls are looks at a job that waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from load import RUNPOD, Connection, Rate, drive

from vidmock.server.sample_calls import SAMPLE_TASK_ID, SAMPLE_WEBHOOK, SAMPLES, Sample, SampleCall

ROUNDS, SECONDS, WIDTH = 5, 1.0, 16
HERE = Path(__file__).parent
FEWER = ("--keep-jobs", "1000", "--behaviour", "runpod.limits=off", "--behaviour", "eachlabs.limits=off")

Unit = Callable[[Connection], Awaitable[object]]


@contextlib.contextmanager
def started(*command: str, stderr: IO[str] | int = subprocess.STDOUT) -> Iterator[tuple[str, int]]:
    """Runs *command*, a server that prints its URL; gives the URL and the process id."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=HERE)
    try:
        assert process.stdout
        for line in process.stdout:
            if match := re.search(r"http://[\d.]+:\d+", line):
                yield match[0], process.pid
                break
        else:
            raise RuntimeError(f"{command} did not start")
    finally:
        process.terminate()
        process.wait()


async def constant(connection: Connection) -> None:
    await connection.ask("POST", "/", RUNPOD)


class Program:
    """The requests of a small program at one provider."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._jobs: dict[Connection, str] = {}
        self._files: dict[Connection, str] = {}

    async def submit(self, connection: Connection) -> str:
        """The id of a new job, without a webhook."""
        body = json.dumps(_without_webhook(self._sample.submit.body)).replace(SAMPLE_TASK_ID, str(uuid.uuid4()))
        call = SampleCall("POST", self._sample.submit.path.partition("?")[0], json.loads(body))
        answer = await self._ask(connection, call)
        found: Any = answer["data"][0] if "data" in answer else answer
        return str(next(found[name] for name in ("id", "taskUUID", "request_id", "predictionID") if name in found))

    async def poll(self, connection: Connection) -> None:
        """A look at a job that waits."""
        if connection not in self._jobs:
            self._jobs[connection] = await self.submit(connection)
        path = self._sample.poll.path + ("/status" if self._sample.name == "fal" else "")
        await self._ask(connection, SampleCall(self._sample.poll.method, path, self._sample.poll.body), connection)

    async def lifecycle(self, connection: Connection) -> None:
        """Submit, poll until the job is done, download. Each poll takes the job to its next state."""
        self._jobs[connection] = await self.submit(connection)
        for _ in range(3):
            await self.poll(connection)
        found = await self._ask(connection, self._sample.poll, connection)
        for key in self._sample.file_at:
            found = found[key]
        self._files[connection] = urlsplit(str(found)).path
        await connection.ask("GET", self._files[connection])

    async def download(self, connection: Connection) -> None:
        if connection not in self._files:
            await self.lifecycle(connection)
        await connection.ask("GET", self._files[connection])

    async def _ask(self, connection: Connection, call: SampleCall, of: Connection | None = None) -> Any:
        job = self._jobs[of] if of else ""
        name, form = self._sample.key_header
        scheme, _, key = form.partition(" ")
        body = json.dumps(call.body).replace("{job}", job).encode() if call.body else b""
        headers = ["content-type: application/json"] + ([] if key else [f"{name}: {connection.key}"])
        path = call.path.replace("{job}", job)
        return json.loads(await connection.ask(call.method, path, body, headers, scheme if key else "Bearer"))


def _without_webhook(body: Any) -> Any:
    if isinstance(body, list):
        return [_without_webhook(item) for item in body]
    return {name: value for name, value in body.items() if value != SAMPLE_WEBHOOK and "secret" not in name}


async def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    python = sys.executable
    mock = (python, "-m", "vidmock", "serve", "--port", "0", *FEWER, "--clock")
    baseline = (python, "-m", "uvicorn", "baseline:app", "--port", "0", "--no-access-log", "--lifespan", "off")
    rates: dict[str, list[Rate]] = {}
    before = os.getloadavg()[0]
    with (
        started(*baseline) as bare,
        started(*mock, "manual") as waiting,
        started(*mock, "scaled:1000") as quick,
        started(*mock, "step") as moving,
    ):
        units: dict[str, tuple[tuple[str, int], Unit]] = {"baseline": (bare, constant)}
        for name, sample in SAMPLES.items():
            still, program = Program(sample), Program(sample)
            units[f"{name}: submit"] = (quick, program.submit)
            units[f"{name}: poll"] = (waiting, still.poll)
            units[f"{name}: lifecycle"] = (moving, program.lifecycle)
            units[f"{name}: download"] = (moving, program.download)
        for _ in range(rounds):
            for name, (server, unit) in units.items():
                rates.setdefault(name, []).append(await drive(*server, unit, SECONDS, WIDTH))
    base = statistics.median(rate.cpu for rate in rates["baseline"])
    print(f"load average before {before:.1f}, at the end {os.getloadavg()[0]:.1f}")
    print(f"{'':<22}{'per second':>12}{'server CPU µs':>16}{'× baseline CPU':>16}")
    for name, measured in rates.items():
        rate, cpu = statistics.median(r.rate for r in measured), statistics.median(r.cpu for r in measured)
        print(f"{name:<22}{rate:>12,.0f}{cpu:>16.1f}{cpu / base:>16.2f}")


if __name__ == "__main__":
    asyncio.run(main())
