"""What is said to a program under test, and what it answers: ``schemas/meta/program.json``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from vidmock import resources, strict_json
from vidmock.problems import BadJSON
from vidmock.schema.bundle import bundle_schema
from vidmock.schema.catalog import Model, as_model
from vidmock.schema.validate import find_violations

SHAPE: Final = "schemas/meta/program.json: id, and either videos and their job, or an error with its text, or taken"
_QUOTED: Final = 200
"""Characters of an answer that a message repeats."""


class NoAnswer(Exception):
    """The program gave no answer that can be understood; ``str()`` says what it did instead."""


def read_answer(text: str | bytes) -> Mapping[str, Any]:
    """The answer in *text*.

    Raises:
        NoAnswer: it is no JSON, or no answer by the schema; the message says where.
    """
    try:
        answer: Any = strict_json.loads(text)
    except BadJSON as problem:
        raise NoAnswer(f"the program answered what is no JSON: {problem}; it was {_quoted(text)}") from problem
    if wrong := find_violations(_answers(), answer):
        found = wrong[0]
        place = f"{found.where}: " if found.path else ""
        raise NoAnswer(f"the program's answer is none ({SHAPE}): {place}{found.message}")
    told: Mapping[str, Any] = answer
    return told


def _quoted(text: str | bytes) -> str:
    shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return repr(shown if len(shown) <= _QUOTED else f"{shown[:_QUOTED]}…")


@cache
def _answers() -> Model:
    """The schema of an answer."""
    file = resources.folder("schemas") / "meta" / "program.json"
    bundled = bundle_schema(file)
    schema = {**bundled["$defs"]["answer"], "$schema": bundled["$schema"], "$defs": bundled["$defs"]}
    return as_model(file, schema)
