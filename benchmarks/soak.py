"""A million requests with faults and dead receivers, and what the server takes for them: ``python benchmarks/soak.py``.

``python benchmarks/soak.py 200000`` sends fewer. The exit code is 1 where memory grows after the first half, or where
the server has printed anything to stderr but that nobody listens at a receiver, or that its memory is full.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter, deque
from random import Random
from typing import Any

from load import Connection, cpu_seconds
from memory import resident

from server import started

WIDTH, REPORTS, GROWTH = 24, 10, 1.1
"""Clients; lines that are printed; how many times as much memory there may be at the end as after the half."""
KEYS = 400
"""Keys of each client, in turn: whoever has used one leaves jobs there."""
EXPECTED = ("vidmock: no webhook to", "vidmock: memory is full")
ENDPOINTS = {
    "runpod": "/runpod/v2/kling-video-o1-r2v/run",
    "fal": "/fal/queue/fal-ai/kling-video/o1/reference-to-video",
}
FAULTS = (
    *("unavailable", "rate_limit", "internal at=poll", "lost at=before", "lost at=after", "reset at=poll"),
    *("truncated at=poll", "edge_page at=poll", "fail", "moderated", "stuck", "media_gone=404", "webhook_lost"),
    *("webhook_repeated=3", "hang at=poll", "late=1 at=poll"),
)


class Receiver:
    """Takes webhooks and answers 200; *dead* is an address at which nobody listens."""

    def __init__(self) -> None:
        self.heard = 0

    async def open(self) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        closed = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.dead = f"http://127.0.0.1:{closed.sockets[0].getsockname()[1]}/"
        closed.close()
        await closed.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
            await reader.readexactly(length)
            self.heard += 1
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Client:
    """Submits, polls and downloads, whatever is answered."""

    def __init__(self, number: int, url: str, receiver: Receiver, seen: Counter[str]) -> None:
        self._number, self._url, self._receiver, self._seen = number, url, receiver, seen
        self._random, self._turn = Random(number), 0
        self._jobs: deque[tuple[str, str]] = deque(maxlen=20)
        self._connection: Connection | None = None

    async def step(self) -> None:
        if self._random.random() < 0.25 or not self._jobs:
            await self._submit()
        else:
            await self._poll()

    async def _submit(self) -> None:
        random = self._random
        name = random.choice([*ENDPOINTS])
        prompt = f"a kite {random.random()}"
        if random.random() < 0.3:
            prompt += f" [[vidmock: {random.choice(FAULTS)}]]"
        fields: dict[str, Any] = {"prompt": prompt, "duration": 5}
        hook = random.choice((self._receiver.url, self._receiver.dead)) if random.random() < 0.2 else ""
        path = ENDPOINTS[name]
        if name == "runpod":
            body = {"input": fields | {"images": ["https://example.com/cat.png"]}} | ({"webhook": hook} if hook else {})
        else:
            body, path = fields | {"duration": "5"}, f"{path}?fal_webhook={hook}" if hook else path
        told = await self._ask("POST", path, json.dumps(body).encode())
        if name == "runpod" and "id" in told:
            self._jobs.append((name, f"/runpod/v2/kling-video-o1-r2v/status/{told['id']}"))
        elif "response_url" in told:
            self._jobs.append((name, "/" + str(told["response_url"]).split("/", 3)[3]))

    async def _poll(self) -> None:
        name, path = self._jobs.popleft()
        told = await self._ask("GET", path)
        files = told.get("output") or {} if name == "runpod" else told.get("video") or {}
        url = files.get("video_url" if name == "runpod" else "url") if isinstance(files, dict) else None
        if url:
            await self._ask("GET", "/" + str(url).split("/", 3)[3])
        elif told.get("status") not in ("FAILED", "CANCELLED") and self._random.random() < 0.9:
            self._jobs.append((name, path))

    async def _ask(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        """The JSON object of the answer; empty for anything else."""
        self._turn += 1
        if self._connection is None or self._turn % 100 == 0:
            key = f"soak-{self._number}-{self._turn // 100 % KEYS}"
            if self._connection:
                self._connection.close()
                self._jobs.clear()
            self._connection = await Connection.to(self._url, key)
        try:
            async with asyncio.timeout(5):
                answer = await self._connection.ask(method, path, body)
            self._seen["answered"] += 1
            told = json.loads(answer)
        except RuntimeError:
            self._seen["refused"] += 1
            return {}
        except (OSError, asyncio.IncompleteReadError, TimeoutError, IndexError):
            self._seen["broken"] += 1
            self._connection.close()
            self._connection = None
            return {}
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


async def main() -> int:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    receiver, seen, sizes = Receiver(), Counter[str](), []
    await receiver.open()
    with tempfile.TemporaryFile("w+") as errors:
        command = (sys.executable, "-m", "vidmock", "serve", "--port", "0", "--clock", "scaled:100", "--memory", "128")
        with started(*command, stderr=errors) as (url, pid):
            print(f"{'requests':>10}{'s':>7}{'MB':>8}{'CPU µs':>8}   answers", flush=True)
            began, cpu, said = time.perf_counter(), cpu_seconds(pid), 0
            clients = [Client(number, url, receiver, seen) for number in range(WIDTH)]

            async def work(client: Client) -> None:
                while seen.total() < total:
                    await client.step()

            async def report() -> None:
                nonlocal cpu, said
                while True:
                    await asyncio.sleep(0.2)
                    done = seen.total()
                    if done - said >= total // REPORTS:
                        spent = 1e6 * (cpu_seconds(pid) - cpu) / max(1, done - said)
                        cpu, said = cpu_seconds(pid), done
                        sizes.append(resident(pid))
                        counted = ", ".join(f"{number:,} {what}" for what, number in seen.items())
                        took = time.perf_counter() - began
                        print(f"{done:>10,}{took:>7.0f}{sizes[-1]:>8.1f}{spent:>8.0f}   {counted}", flush=True)

            reporting = asyncio.create_task(report())
            await asyncio.gather(*map(work, clients))
            await asyncio.sleep(0.5)
            reporting.cancel()
        errors.seek(0)
        lines = [line for line in errors if line.strip() and not line.startswith(EXPECTED)]
    print(f"{receiver.heard:,} webhooks came. On stderr: {len(lines)} lines\n{''.join(lines)[:2000]}")
    return int(bool(lines) or sizes[-1] > GROWTH * sizes[len(sizes) // 2])


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
