"""Times of cold starts and of imports: ``python benchmarks/start.py``."""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 11
HERE = Path(__file__).parent
PYTHON = sys.executable


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_first_answer(*command: str) -> float:
    """Milliseconds from process start to the first complete HTTP answer."""
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=HERE
    )
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(b"GET / HTTP/1.1\r\nhost: bench\r\n\r\n")
                    if connection.recv(1):
                        return 1000 * (time.perf_counter() - began)
            except OSError:
                time.sleep(0.002)
    finally:
        process.terminate()
        process.wait()


def to_run(code: str) -> float:
    """Milliseconds for a fresh interpreter to run *code*."""
    began = time.perf_counter()
    subprocess.run([PYTHON, "-c", code], check=True, cwd=HERE)
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    measures = {
        "bare uvicorn, first answer": lambda: until_first_answer(
            PYTHON, "-m", "uvicorn", "baseline:app", "--lifespan", "off", "--no-access-log"
        ),
        "vidmock serve, first answer": lambda: until_first_answer(PYTHON, "-m", "vidmock", "serve"),
        "python -c pass": lambda: to_run("pass"),
        "import jsonschema": lambda: to_run("import jsonschema"),
        "import vidmock": lambda: to_run("import vidmock"),
        "import vidmock; validate once": lambda: to_run(
            "import vidmock; vidmock.validate('runpod', 'kling-video-o1-r2v', {})"
        ),
    }
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(ROUNDS):
        for name, measure in measures.items():
            taken[name].append(measure())
    for name, values in taken.items():
        print(f"{name:<32}{statistics.median(values):>8.0f} ms  (min {min(values):.0f})")


if __name__ == "__main__":
    main()
