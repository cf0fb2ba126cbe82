"""Where the control API is: known to whoever passes requests on to it, before any of it is loaded."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "/_vidmock"
"""On every name of the server."""
