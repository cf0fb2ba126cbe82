"""SARIF 2.1.0, the format in which code hosts take what tools have found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import quote

import vidmock
from vidmock.reports.legal_text import legal

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_log(
    tool: str, rules: Sequence[dict[str, Any]], results: Sequence[dict[str, Any]], broken: Sequence[str]
) -> dict[str, Any]:
    """A log of one run of *tool*. *broken* says what kept it from judging: no results, but notifications of its own."""
    notes = [{"level": "error", "message": sarif_message(text)} for text in broken]
    driver = {"name": tool, "version": vidmock.__version__, "rules": [*rules]}
    invocation = {"executionSuccessful": not notes, "toolExecutionNotifications": notes}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": [*results]}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def sarif_message(text: str) -> dict[str, str]:
    return {"text": legal(text)}


def file_place(file: str, line: int = 1) -> dict[str, Any]:
    """The physical location of *line* of *file*: where it is from here, or from the root."""
    path = PurePath(file)
    uri = Path(file).as_uri() if path.is_absolute() else quote(path.as_posix())
    return {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}
