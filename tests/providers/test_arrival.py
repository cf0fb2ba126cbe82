"""What the server tells of how a request came, in the one place of its ASGI scope that is ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import vidmock
from vidmock.providers.exchange.envelope import Arrival, arrival_of, set_arrival

SOURCES = sorted(Path(vidmock.__path__[0]).rglob("*.py"))


def test_of_a_request_in_process_nothing_is_known_at_first() -> None:
    arrival = arrival_of({"type": "http"})
    assert arrival == Arrival()
    assert (arrival.origin, arrival.app, arrival.transport, arrival.port) == ("", None, None, None)
    arrival.refused("example.com")


def test_a_request_that_is_sent_on_has_an_arrival_of_its_own() -> None:
    state: dict[str, Any] = {"somebody": "else's"}
    first: dict[str, Any] = {"type": "http", "state": state}
    set_arrival(first, Arrival("http://one"))
    second = dict(first)
    set_arrival(second, arrival_of(second)._replace(origin="http://two"))
    assert (arrival_of(first).origin, arrival_of(second).origin) == ("http://one", "http://two")
    assert second["state"]["somebody"] == "else's"
    assert state == {"somebody": "else's"}


def test_nothing_of_ours_is_in_a_scope_under_another_name() -> None:
    named = re.compile(r"""scope\w*(\.get\(|\[)f?["']vidmock""")
    assert [file.name for file in SOURCES if named.search(file.read_text("utf-8"))] == []
