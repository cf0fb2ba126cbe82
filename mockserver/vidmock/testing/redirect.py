"""Leads the clients of this process to a mock, and puts everything back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from vidmock.testing.endpoints import Endpoints


@contextmanager
def redirect_clients(endpoints: Endpoints) -> Iterator[dict[str, str]]:
    """The variables that are set meanwhile; clients that were imported before are changed in place."""
    with ExitStack() as stack:
        variables = endpoints.environment()
        stack.enter_context(patch.dict(os.environ, variables))
        for module, name, value in endpoints.attributes():
            stack.enter_context(patch.object(module, name, value))
        if fal := sys.modules.get("fal_client"):
            for client in (fal.sync_client, fal.async_client):
                stack.enter_context(_fresh(client))
        yield variables


@contextmanager
def _fresh(client: Any) -> Iterator[None]:
    """*client*, which keeps the key and connections of its first use, as if there had been none; then as it was."""
    before = _forgotten(client)
    try:
        yield
    finally:
        made = _forgotten(client).get("_client")
        if made is not None and hasattr(made, "close"):
            made.close()
        vars(client).update(before)


def _forgotten(client: Any) -> dict[str, Any]:
    """What *client* remembered, which it no longer does."""
    return {name: vars(client).pop(name) for name in tuple(vars(client)) if name.startswith("_")}
