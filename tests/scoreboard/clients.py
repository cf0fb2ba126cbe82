"""The clients on the scoreboard. Their versions are pinned where they are installed: in pyproject.toml, ``clients``."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

ADAPTERS: Final = Path(__file__).resolve().parents[2] / "contracts" / "adapters"


@dataclass(frozen=True, slots=True)
class BoardClient:
    """A client of *provider*, from the *package* of its registry, unmodified, by *adapter*; *by* is how it is used.

    *note* is what else a reader has to know of the measurement.
    """

    package: str
    by: str
    provider: str
    adapter: str
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.package} {self.by}"

    @property
    def version(self) -> str:
        return metadata.version(self.package)

    @property
    def spec(self) -> str:
        """What ``vidmock check`` takes."""
        return f"{ADAPTERS / self.adapter}"


_PLAIN: Final = (
    "It was measured over plain HTTP, where it repeats a look after a 408, a 429 and a dropped connection. Over HTTPS,"
    " which RunPod has, its rule of repetitions is not in force (endpoint/runner.py)."
)
CLIENTS: Final = (
    BoardClient("fal-client", "sync", "fal", "fal_client.py:Sync"),
    BoardClient("fal-client", "async", "fal", "fal_client.py:Async"),
    BoardClient("runpod", "sync", "runpod", "runpod.py:Sync", _PLAIN),
    BoardClient("runpod", "asyncio", "runpod", "runpod.py:Asyncio"),
    BoardClient("runware-sdk", "REST", "runware", "runware_sdk.py:Rest"),
    BoardClient("runware-sdk", "WebSocket", "runware", "runware_sdk.py:WebSocket"),
)
