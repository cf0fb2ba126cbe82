"""Points the clients of this process at a mock for a while."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from vidmock.interception.preload.vidmock_names import NAMES
from vidmock.testing.endpoints import Endpoints


@contextmanager
def redirect_clients(endpoints: Endpoints) -> Iterator[dict[str, str]]:
    """Set the environment variables that point clients at *endpoints*, and give them; at the end, put everything back.

    Clients that are already imported are changed in place.
    """
    with ExitStack() as stack:
        variables = endpoints.environment()
        stack.enter_context(patch.dict(os.environ, variables))
        stack.enter_context(NAMES.under(endpoints.mock_of))
        for module, name, value in endpoints.client_attributes():
            stack.enter_context(patch.object(module, name, value))
        if fal := sys.modules.get("fal_client"):
            for client in (fal.sync_client, fal.async_client):
                stack.enter_context(_forgetting(client))
        yield variables


@contextmanager
def _forgetting(client: Any) -> Iterator[None]:
    """Have *client* forget the key and connections of its first use, and remember them again at the end."""
    before = _pop_private(client)
    try:
        yield
    finally:
        made = _pop_private(client).get("_client")
        if made is not None and hasattr(made, "close"):
            made.close()
        vars(client).update(before)


def _pop_private(client: Any) -> dict[str, Any]:
    """Remove the private attributes of *client*, in which it keeps its key and connections, and give them."""
    return {name: vars(client).pop(name) for name in tuple(vars(client)) if name.startswith("_")}
