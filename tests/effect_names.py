"""The names of effects where they stand once more: for type checkers, and in the schemas of control API and scenarios.

``python -m tests.effect_names`` writes them anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from vidmock import resources
from vidmock.engine.faults.outcomes import FORCED, OUTCOMES
from vidmock.providers import effects
from vidmock.testing import vocabulary

_SCHEMAS: Final = resources.folder("schemas")
FILES: Final = (Path(vocabulary.__file__), _SCHEMAS / "control.openapi.json", _SCHEMAS / "meta" / "scenario.json")
_WIDTH: Final = 120


def with_names(file: Path, text: str) -> str:
    """*text*, which is that of *file*, with the effects as the catalog has them now."""
    if file.suffix == ".py":
        return _with_literal(_with_literal(text, "EffectName", effects()), "OutcomeName", FORCED)
    return json.dumps(_with_enums(json.loads(text)), indent=2, ensure_ascii=False) + "\n"


def _with_literal(text: str, name: str, words: Iterable[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    line = f"{name} = Literal[{', '.join(quoted)}]"
    if len(line) > _WIDTH:
        line = "\n    ".join([f"{name} = Literal[", *(f"{word}," for word in quoted)]) + "\n]"
    return re.sub(rf"^{name} = Literal\[[^]]*\]", line, text, count=1, flags=re.MULTILINE)


def _with_enums(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_enums(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {key: _named(inner) if key == "enum" else _with_enums(inner) for key, inner in value.items()}


def _named(words: Any) -> Any:
    """*words*, an ``enum``, or those of the catalog where it lists effects or outcomes."""
    if "lost" in words:
        return [*effects()]
    if "stuck" in words:
        return [*(FORCED if "succeed" in words else OUTCOMES)]
    return words


if __name__ == "__main__":
    for path in FILES:
        path.write_text(with_names(path, path.read_text("utf-8")), "utf-8")
