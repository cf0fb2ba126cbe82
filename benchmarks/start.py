"""Processor time of starts, each as a multiple of what it is compared with: ``python benchmarks/start.py [ROUNDS]``.

All rows take turns, so that what the machine does meanwhile falls on all of them. Times are those of the processes
themselves and of what they have started, and not those of the clock. What Python compiles, it keeps in files; the first
round writes them and does not count.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 11
HERE = Path(__file__).parent
PYTHON = sys.executable
PATH = "/runpod/v2/kling-video-o1-r2v/run"
BODY = json.dumps({"input": {"prompt": "a red kite", "images": ["https://example.com/robot.png"]}}).encode()
SERVERS = 30
STOCK = f"""
import threading, time, uvicorn
from baseline import app
for _ in range({SERVERS}):
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    # It has no event to wait for.
    while not server.started:
        time.sleep(0.001)
    server.should_exit = True
    thread.join()
"""
OURS = f"from vidmock import MockServer\nfor _ in range({SERVERS}):\n    with MockServer(): pass"
VALIDATE = "import vidmock; vidmock.validate('runpod', 'kling-video-o1-r2v', {})"


def used() -> float:
    """Milliseconds of processor time that all processes which were started here, and have ended, have used."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (spent.ru_utime + spent.ru_stime)


def run(*command: str) -> float:
    """Milliseconds of processor time of *command*."""
    before = used()
    subprocess.run(command, check=True, cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return used() - before


def python(code: str) -> float:
    return run(PYTHON, "-c", code)


def each(code: str, first: str) -> float:
    """Milliseconds for each of the servers that *code* starts and stops, without those for the line *first*."""
    return (python(code) - python(first)) / SERVERS


def until_first_answer(*command: str) -> float:
    """Milliseconds of processor time of a server from its start to its first answer to a submit."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    before = used()
    process = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=HERE
    )
    head = f"POST {PATH} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer k\r\ncontent-length: {len(BODY)}\r\n\r\n"
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(head.encode() + BODY)
                    told = connection.recv(100)
                break
            except OSError:
                # Nobody listens yet: a look that is not a busy loop, which would take processor time from the start.
                time.sleep(0.002)
        assert told.startswith(b"HTTP/1.1 200"), told
    finally:
        # Killed, so that its end does not count.
        process.send_signal(signal.SIGKILL)
        process.wait()
    return used() - before


ROWS: dict[str, tuple[Callable[[], float], str]] = {
    "bare Python": (lambda: python("pass"), ""),
    "vidmock --version": (lambda: run(PYTHON, "-m", "vidmock", "--version"), "bare Python"),
    "vidmock run -- true": (lambda: run(PYTHON, "-m", "vidmock", "run", "--", "true"), "bare Python"),
    "import jsonschema": (lambda: python("import jsonschema"), ""),
    "import vidmock": (lambda: python("import vidmock"), "import jsonschema"),
    "import vidmock; validate once": (lambda: python(VALIDATE), "import jsonschema"),
    "bare uvicorn, first answer": (
        lambda: until_first_answer(PYTHON, "-m", "uvicorn", "baseline:app", "--lifespan", "off", "--no-access-log"),
        "",
    ),
    "vidmock serve, first validated answer": (
        lambda: until_first_answer(PYTHON, "-m", "vidmock", "serve"),
        "bare uvicorn, first answer",
    ),
    "stock uvicorn in a thread, start and stop": (lambda: each(STOCK, STOCK.partition("for")[0]), ""),
    "MockServer, start and stop": (
        lambda: each(OURS, OURS.partition("\n")[0] + "\nMockServer"),
        "stock uvicorn in a thread, start and stop",
    ),
}
"""What is measured, and the row that it is compared with, if any."""


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["VIDMOCK_STATE"] = tempfile.mkdtemp()
    taken: dict[str, list[float]] = {name: [] for name in ROWS}
    for number in range(1 + (int(sys.argv[1]) if sys.argv[1:] else ROUNDS)):
        for name, (measure, _) in ROWS.items():
            spent = measure()
            if number:
                taken[name].append(spent)
    middle = {name: statistics.median(values) for name, values in taken.items()}
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name, (_, reference) in ROWS.items():
        ratio = f"{middle[name] / middle[reference]:6.2f} × {reference}" if reference else ""
        print(f"{name:<42}{middle[name]:>8.1f} ms{ratio and '  '}{ratio}")


if __name__ == "__main__":
    main()
