"""Refuses a commit by which a request costs more than a tenth more than before: ``python -m tests.cost_growth``.

The costs are those that are written down in this commit and in the one before it; that what is written down is true is
what the tests of them say. Where more is meant, a line of the commit's message says why: ``Costs-more: …``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

WRITTEN = ("tests/server/calls.json", "tests/server/memory.json")
REASON = "Costs-more:"
_ROOT = Path(__file__).parents[1]


def grown(before: object, now: object, name: str = "") -> Iterator[str]:
    """Each number in *now* that is more than a tenth larger than that of the same name in *before*, as a sentence."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in before.keys() & now.keys():
            yield from grown(before[key], now[key], f"{name} {key}".strip())
    elif isinstance(before, int) and isinstance(now, int) and now > 1.1 * before:
        yield f"{name}: {now}, and was {before}"


def grown_since(root: Path = _ROOT) -> list[str]:
    """What has grown by the last commit of the checkout at *root*; nothing where that says why, or is the first."""
    message = _git(root, "log", "-1", "--format=%B") or ""
    if any(line.startswith(REASON) for line in message.splitlines()):
        return []
    found = []
    for path in WRITTEN:
        now, before = (_git(root, "show", f"{commit}:{path}") for commit in ("HEAD", "HEAD^"))
        if now is None or before is None:
            continue
        was, figures = json.loads(before), json.loads(now)
        if _python(was) == _python(figures):
            found += [f"{path}: {line}" for line in sorted(grown(was, figures))]
    return found


def _python(figures: Any) -> object:
    """The version of Python that the figures hold for, where they hold for one."""
    return figures.get("python")


def _git(root: Path, *arguments: str) -> str | None:
    found = subprocess.run(["git", *arguments], check=False, cwd=root, capture_output=True, text=True)
    return found.stdout if found.returncode == 0 else None


if __name__ == "__main__":
    if _git(_ROOT, "rev-parse", "HEAD^") is None:
        sys.stdout.write("costs are not compared: there is no earlier commit here\n")
    if lines := grown_since():
        sys.exit("\n".join((*lines, f"Where that is meant, say why in the commit's message: {REASON} …")))
