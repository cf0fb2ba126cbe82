"""Requests as the smallest edit makes them valid: shown as a difference, and written if that is asked for."""

from __future__ import annotations

import json
import re
from difflib import unified_diff
from pathlib import Path
from typing import Final

from vidmock.cli.request_files import FoundRequest
from vidmock.problems import BadRequest
from vidmock.schema.json_patch import apply_patch
from vidmock.schema.suggestion import Suggestion

_INDENT: Final = re.compile(r"\n([ \t]+)\S")


def mended_text(found: FoundRequest, suggestion: Suggestion) -> str:
    """The text of *found* with *suggestion* applied; JSON that has lines is indented as it was."""
    before = found.text.decode()
    indent = _INDENT.search(before)
    made = apply_patch(found.value, suggestion.patch)
    text = json.dumps(made, indent=indent[1] if indent else None, ensure_ascii=False)
    return text + before[len(before.rstrip()) :]


def difference(found: FoundRequest, after: str) -> str:
    """What is other in *after*, the text of *found* once it is mended, as ``diff -u`` shows it."""
    before = found.text.decode()
    lines = unified_diff(before.splitlines(), after.splitlines(), found.name, f"{found.name} (mended)", lineterm="")
    return "\n".join(lines)


def write_mended(file: str, mended: dict[int, tuple[FoundRequest, str]]) -> None:
    """Write the *mended* requests of *file* into it, by the number of their lines; all of it at once, or not at all.

    Raises:
        BadRequest: it cannot be written, or has changed meanwhile.
    """
    try:
        lines = Path(file).read_bytes().decode().split("\n")
        for number, (found, text) in mended.items():
            now = "\n".join(lines) if len(mended) == 1 and found.name == file else lines[number - 1]
            if now != found.text.decode():
                raise BadRequest(f"{file} has changed meanwhile, and stays as it is")
            if found.name == file:
                lines = text.split("\n")
            else:
                lines[number - 1] = text
        beside = Path(f"{file}.mended")
        beside.write_bytes("\n".join(lines).encode())
        beside.replace(file)
    except OSError as error:
        raise BadRequest(f"cannot write {file}: {(error.strerror or str(error)).lower()}") from error
