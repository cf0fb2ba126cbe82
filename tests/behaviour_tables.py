"""The tables of switches in docs/providers, as schemas/behaviours has them.

``python -m tests.behaviour_tables`` writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from vidmock.schema.behaviours import known_behaviours
from vidmock.schema.catalog import providers

PAGES = Path(__file__).resolve().parents[1] / "docs" / "providers"
_TABLE = re.compile(r"(<!-- begin: switches[^>]*-->\n).*?(<!-- end: switches -->)", re.DOTALL)


def with_table(provider: str, page: str) -> str:
    """*page*, the provider's own, with its switches as they are now."""
    rows = ["| switch | values | what it decides |", "|---|---|---|"]
    for behaviour in known_behaviours(provider):
        values = ", ".join(f"`{value}`" for value in behaviour.choices)
        rows.append(f"| `{behaviour.name}` | {values} | {behaviour.about} |")
    table = "\n".join(rows)
    return _TABLE.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", page)


if __name__ == "__main__":
    for name in providers():
        file = PAGES / f"{name}.md"
        file.write_text(with_table(name, file.read_text("utf-8")), "utf-8")
