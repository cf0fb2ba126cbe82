"""Where effects are listed beside the functions that register them: the page, the schemas, and the types of Python.

``python -m tests.effect_lists`` writes the lists anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from vidmock.engine.faults.catalog import KINDS
from vidmock.engine.faults.definition import EffectDefinition
from vidmock.engine.faults.failure_codes import FAILURE_CODES
from vidmock.engine.faults.outcomes import FORCED, NEXT
from vidmock.engine.faults.problems import PROBLEMS, problem_of
from vidmock.engine.faults.rules import PHASES, Effect, Moment
from vidmock.providers.exchange.effects import effects
from vidmock.providers.exchange.refusals import refusal
from vidmock.schema.errors import KnownError, failure_words

TOP = Path(__file__).resolve().parents[1]
PAGE = TOP / "docs" / "faults.md"
SCENARIO = TOP / "schemas" / "meta" / "scenario.json"
CONTROL = TOP / "schemas" / "control.openapi.json"
VOCABULARY = TOP / "mockserver" / "vidmock" / "testing" / "vocabulary.py"
_TABLE = re.compile(r"(<!-- begin: (\w+) [^>]*-->\n).*?(<!-- end -->)", re.DOTALL)
_WIDTH = 120
PROVIDERS = ("runpod", "runware", "fal", "eachlabs")
"""The columns of the tables of errors."""


def page(text: str) -> str:
    """docs/faults.md with its tables as they are now."""
    return _TABLE.sub(lambda match: f"{match[1]}\n{_table(match[2])}\n\n{match[3]}", text)


def scenario(text: str) -> str:
    """The schema of scenarios with the words that editors offer as they are now."""
    schema = json.loads(text)
    fault, outcome = (schema["$defs"][name]["properties"] for name in ("fault", "outcome"))
    fault["effect"]["enum"], fault["phase"]["enum"] = [*effects()], [*PHASES]
    outcome["effect"]["enum"] = [*NEXT]
    return _written(schema)


def control(text: str) -> str:
    """The description of the control API with its words as they are now."""
    described = json.loads(text)
    schemas = described["components"]["schemas"]
    described_effect = schemas["Effects"]["properties"]["effects"]["items"]["properties"]
    described_effect["kind"]["enum"] = [*KINDS]
    schemas["EffectName"]["enum"], schemas["Phase"]["enum"] = [*effects()], [*PHASES]
    schemas["Outcome"]["properties"]["effect"]["enum"] = [*FORCED]
    schemas["NextOutcome"]["properties"]["effect"]["enum"] = [*NEXT]
    return _written(described)


def vocabulary(text: str) -> str:
    """testing/vocabulary.py with the names of effects and outcomes as they are now."""
    return _with_literal(_with_literal(text, "EffectName", effects()), "OutcomeName", FORCED)


def _with_literal(text: str, name: str, words: Iterable[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    line = f"{name} = Literal[{', '.join(quoted)}]"
    if len(line) > _WIDTH:
        line = "\n    ".join([f"{name} = Literal[", *(f"{word}," for word in quoted)]) + "\n]"
    return re.sub(rf"^{name} = Literal\[[^]]*\]", line, text, count=1, flags=re.MULTILINE)


WRITERS = {PAGE: page, SCENARIO: scenario, CONTROL: control, VOCABULARY: vocabulary}
"""What makes each file what it should be, of what it is."""


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _table(name: str) -> str:
    if name == "problem":
        return "\n".join(("| effect | RunPod | Runware | fal | Eachlabs |", "|---|---|---|---|---|", *_refusals()))
    if name == "failure":
        return "\n".join(("| code | RunPod | Runware | fal | Eachlabs |", "|---|---|---|---|---|", *_failures()))
    if name == "arguments":
        return "\n".join(("| argument | of | is |", "|---|---|---|", *_accepted()))
    rows = (_row(effect) for effect in effects().values() if effect.kind == name)
    return "\n".join(("| effect | | arguments |", "|---|---|---|", *rows))


def _row(effect: EffectDefinition[Any]) -> str:
    shown = ", ".join(f"`{name}={_plain(value)}`" for name, value in effect.defaults.items())
    return f"| `{effect.name}` | {effect.about} | {shown} |"


def _refusals() -> Iterator[str]:
    """What each provider answers to a submit, for each effect that is its own error."""
    for name in (name for name in PROBLEMS if name != "error"):
        effect = Effect(name, PROBLEMS[name].defaults)
        errors = (
            refusal(problem_of(effect, Moment("before", provider, "submit")), provider).known for provider in PROVIDERS
        )
        yield f"| `{name}` | {' | '.join(map(_named, errors))} |"


def _failures() -> Iterator[str]:
    """What each provider says of a job that fails, for each of the engine's codes."""
    for code in FAILURE_CODES:
        names = (f"`{failure_words(provider)[code].name}`" for provider in PROVIDERS)
        yield f"| `{code}` | {' | '.join(names)} |"


def _named(error: KnownError) -> str:
    """*error* by its status and the name that it can be asked for."""
    return f"`{error.name}`" if error.name.isdecimal() else f"{error.status} `{error.name}`"


def _accepted() -> Iterator[str]:
    """What arguments may be, each with the effects that have it; that text may be any text need not be said."""
    found: dict[tuple[str, str], list[str]] = {}
    for effect in effects().values():
        for name, argument in effect.arguments.items():
            found.setdefault((name, argument.accepts), []).append(effect.name)
    for (name, accepts), owners in found.items():
        if accepts != "text":
            yield f"| `{name}=` | {_listed(owners)} | {accepts} |"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _plain(value: object) -> str:
    if value is None or isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    for file, write in WRITERS.items():
        file.write_text(write(file.read_text("utf-8")), "utf-8")
