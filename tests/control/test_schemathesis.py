"""Schemathesis sends the control API what it describes, and what not: no answer is one that it does not describe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.schemathesis import requests_tried

if TYPE_CHECKING:
    from vidmock.server.server import ThreadedServer

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance"),
)


def test_no_answer_is_one_that_the_description_does_not_have(
    mock: ThreadedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"{mock.url}/_vidmock"
    # The live feeds have no end.
    options = ("--exclude-path", "/journal/live", "--exclude-path", "/events", "--header", "x-vidmock: 1")
    assert requests_tried(f"{url}/openapi.json", url, CHECKS, tmp_path, *options) > 500
    assert capfd.readouterr().err == "", "the server reported a defect"
