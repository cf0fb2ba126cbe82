"""What the kit knows of each provider's HTTP: its base URL, and which requests submit a job or poll one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from vidmock.kit.http import Request


@dataclass(frozen=True, slots=True)
class Wire:
    """One provider. *base_url* is its own, and *path* replaces it on the mock. A submission costs money.

    *client_fields* are the fields of an input that the client fills in itself.
    """

    name: str
    base_url: str
    path: str
    is_submission: Callable[[Request], bool]
    is_poll: Callable[[Request], bool]
    client_fields: frozenset[str] = frozenset()


def _is(method: str, *endings: str) -> Callable[[Request], bool]:
    return lambda request: request.method == method and request.path.rstrip("/").endswith(endings)


def _task(kind: str) -> Callable[[Request], bool]:
    return lambda request: request.method == "POST" and f'"{kind}"'.encode() in request.body


_RUNWARE_FIELDS: Final = frozenset({"taskType", "taskUUID", "model", "deliveryMethod", "webhookURL", "uploadEndpoint"})
WIRES: Final = MappingProxyType(
    {
        wire.name: wire
        for wire in (
            Wire(
                "eachlabs",
                "https://api.eachlabs.ai/v1",
                "/eachlabs/v1",
                _is("POST", "/prediction"),
                lambda request: request.method == "GET" and "/prediction/" in request.path,
            ),
            Wire(
                "fal",
                "https://queue.fal.run",
                "/fal/queue",
                lambda request: request.method == "POST",
                lambda request: request.method == "GET" and "/requests/" in request.path,
            ),
            Wire(
                "runpod",
                "https://api.runpod.ai/v2",
                "/runpod/v2",
                _is("POST", "/run", "/runsync"),
                lambda request: "/status/" in request.path,
            ),
            Wire(
                "runware",
                "https://api.runware.ai/v1",
                "/runware/v1",
                _task("videoInference"),
                _task("getResponse"),
                _RUNWARE_FIELDS,
            ),
        )
    }
)
