"""The servers that ``peers.py`` compares: how each is installed, started and asked for the same kind of thing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import RUNPOD, Connection

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
NODE = CACHE / "node" / "node_modules"
PYTHON = CACHE / "python" / "bin" / "python"
JAR = NODE / "wiremock" / "build"
"""The folder of WireMock's jar, which npm carries."""
ENDPOINT, FAL, FAL_HOST = "/runpod/v2/kling-video-o1-r2v", "/fal-ai/kling-video", "x-fal-target-host: queue.fal.run"
PROMPT = json.dumps({"prompt": "a kite over dunes"}).encode()
JSON = ("content-type: application/json",)
ACCEPTED = {"id": "00000000-0000-4000-8000-000000000000-u1", "status": "IN_QUEUE"}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["input"],
    "properties": {
        "input": {
            "type": "object",
            "required": ["prompt", "images"],
            "properties": {
                "prompt": {"type": "string"},
                "negative_prompt": {"type": "string"},
                "images": {"type": "array", "minItems": 1, "maxItems": 10, "items": {"type": "string", "minLength": 1}},
                "aspect_ratio": {"enum": ["16:9", "9:16", "1:1"]},
                "duration": {"type": "integer", "minimum": 3, "maximum": 10},
                "seed": {"type": "integer", "minimum": -1},
            },
        }
    },
}
"""What a general mock can be told of RunPod's Kling O1: no URLs, pictures or prices are looked at."""

Ask = Callable[[Connection], Awaitable[object]]


@dataclass(frozen=True)
class Work:
    """One kind of request that a server is asked again and again; *checks* says what it looks at in one."""

    name: str
    checks: str
    ask: Ask


@dataclass(frozen=True)
class Server:
    """A program by its command line, in which ``{port}`` is the port to listen on, and what it is asked.

    *needs* are the files without which it cannot be started.
    """

    name: str
    command: Sequence[str]
    works: Sequence[Work]
    needs: Sequence[Path] = ()

    def start(self) -> tuple[subprocess.Popen[bytes], int]:
        """The process, which may not listen yet, and its port."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        command = [part.replace("{port}", str(port)) for part in self.command]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        # As in an installed package, modules are compiled once.
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(CACHE / "compiled")}
        return subprocess.Popen(command, cwd=HERE, env=env, **quiet), port


def install() -> None:
    """Install what is not there yet into ``.cache``: from npm, PyPI and, as root only, Debian. What fails is told."""
    CACHE.mkdir(exist_ok=True)
    if not NODE.exists():
        packages = ("@copilotkit/aimock", "@stoplight/prism-cli", "wiremock")
        _try("npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(CACHE / "node"), *packages)
    if not PYTHON.exists():
        _try(sys.executable, "-m", "venv", str(CACHE / "python"))
        _try(str(PYTHON), "-m", "pip", "install", "--quiet", "pytest-httpserver", "moto[server]")
    if not shutil.which("java") and os.geteuid() == 0:
        _try("apt-get", "install", "--yes", "--quiet", "default-jre-headless")
    mappings = CACHE / "wiremock" / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    (mappings / "run.json").write_text(json.dumps(_mapping()))
    (CACHE / "prism.json").write_text(json.dumps(_openapi()))
    (CACHE / "aimock.json").write_text(json.dumps(_fixtures()))


def servers() -> tuple[Server, ...]:
    """All of them, the floor first."""
    python = sys.executable
    uvicorn = (python, "-m", "uvicorn", "--port", "{port}", "--no-access-log", "--lifespan", "off")
    mock = (python, "-m", "vidmock", "serve", "--quiet", "--port", "{port}", "--behaviour", "runpod.limits=off")
    aimock, prism = NODE / "@copilotkit/aimock/dist/cli.js", NODE / "@stoplight/prism-cli/dist/index.js"
    return (
        Server("bare uvicorn", (*uvicorn, "baseline:app"), (Work("a constant", "nothing", post("/")),)),
        Server("Starlette", (*uvicorn, "peer_starlette:app"), (Work("read JSON", "that it is JSON", post("/")),)),
        Server(
            "vidmock",
            (*mock, "--clock", "scaled:1000", "--keep-jobs", "1000"),
            (
                Work("submit (RunPod)", "all of it, and charges", post(f"{ENDPOINT}/run")),
                Work("submit (fal)", "all of it, and charges", fal_submit(f"/fal/queue{FAL}/o1/reference-to-video")),
            ),
        ),
        Server(
            "vidmock, manual clock",
            (*mock, "--clock", "manual"),
            (Work("poll (fal)", "key and job", fal_poll("/fal/queue")),),
        ),
        Server(
            "aimock",
            ("node", str(aimock), "--port", "{port}", "--log-level", "silent", "-f", str(CACHE / "aimock.json")),
            (
                Work("submit (fal)", "nothing", fal_submit(f"/fal{FAL}/o1/reference-to-video")),
                Work("poll (fal)", "job", fal_poll("/fal")),
            ),
            (aimock,),
        ),
        Server(
            "Prism",
            ("node", str(prism), "mock", "--port", "{port}", "-v", "error", "--errors", str(CACHE / "prism.json")),
            (Work("submit", "the schema", post("/run")),),
            (prism,),
        ),
        Server(
            "WireMock",
            ("java", "-jar", *map(str, JAR.glob("*.jar")), "--port", "{port}", "--root-dir", str(CACHE / "wiremock")),
            (Work("submit", "the schema", post("/run")),),
            (JAR, Path(shutil.which("java") or "java")),
        ),
        Server(
            "pytest-httpserver",
            (str(PYTHON), "peer_httpserver.py", "{port}"),
            (Work("submit", "equality with one body", post("/run")),),
            (PYTHON,),
        ),
        Server(
            "moto (SQS)",
            (str(PYTHON), "-m", "moto.server", "--port", "{port}"),
            (Work("list queues", "the action", _list_queues),),
            (PYTHON,),
        ),
    )


def post(path: str) -> Ask:
    """Posts RunPod's body to *path*."""

    async def ask(connection: Connection) -> object:
        return await connection.ask("POST", path, RUNPOD, JSON)

    return ask


def fal_submit(path: str) -> Ask:
    async def ask(connection: Connection) -> Any:
        return json.loads(await connection.ask("POST", path, PROMPT, (*JSON, FAL_HOST), "Key"))["request_id"]

    return ask


def fal_poll(prefix: str) -> Ask:
    """Polls a job that was submitted with the first request on each connection."""
    jobs: dict[Connection, str] = {}
    submit = fal_submit(f"{prefix}{FAL}/o1/reference-to-video")

    async def ask(connection: Connection) -> object:
        if connection not in jobs:
            jobs[connection] = str(await submit(connection))
        path = f"{prefix}{FAL}/requests/{jobs[connection]}/status"
        return await connection.ask("GET", path, headers=(FAL_HOST,), scheme="Key")

    return ask


async def _list_queues(connection: Connection) -> object:
    return await connection.ask("POST", "/", b"Action=ListQueues", ("content-type: application/x-www-form-urlencoded",))


def _try(*command: str) -> None:
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"not installed: {error}", file=sys.stderr)


def _mapping() -> object:
    schema = json.dumps(SCHEMA)
    wanted = {"method": "POST", "urlPath": "/run", "bodyPatterns": [{"matchesJsonSchema": schema}]}
    return {"request": wanted, "response": {"status": 200, "jsonBody": ACCEPTED}}


def _openapi() -> object:
    accepted = {"description": "accepted", "content": {"application/json": {"example": ACCEPTED}}}
    body = {"required": True, "content": {"application/json": {"schema": SCHEMA}}}
    paths = {"/run": {"post": {"requestBody": body, "responses": {"200": accepted}}}}
    return {"openapi": "3.1.0", "info": {"title": "RunPod", "version": "1"}, "paths": paths}


def _fixtures() -> object:
    video = {"video": {"url": "https://v3.fal.media/files/kite.mp4", "content_type": "video/mp4"}}
    return {"fixtures": [{"match": {"endpoint": "fal"}, "response": {"json": video}}]}
