"""What the kit knows of each provider's HTTP: its base URL, and which fields of an input are the client's."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Wire:
    """One provider. *base_url* is its own, and *path* replaces it on the mock.

    *client_fields* are the fields of an input that the client fills in itself.
    """

    name: str
    base_url: str
    path: str
    client_fields: frozenset[str] = frozenset()


_RUNWARE_FIELDS: Final = frozenset({"taskType", "taskUUID", "model", "deliveryMethod", "webhookURL", "uploadEndpoint"})
WIRES: Final = MappingProxyType(
    {
        wire.name: wire
        for wire in (
            Wire("eachlabs", "https://api.eachlabs.ai/v1", "/eachlabs/v1"),
            Wire("fal", "https://queue.fal.run", "/fal/queue"),
            Wire("runpod", "https://api.runpod.ai/v2", "/runpod/v2"),
            Wire("runware", "https://api.runware.ai/v1", "/runware/v1", _RUNWARE_FIELDS),
        )
    }
)
