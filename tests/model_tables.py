"""The table of the models that come with vidmock, in docs/models.md, as their files have it.

``python -m tests.model_tables`` writes it anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vidmock.schema.catalog import Model, models
from vidmock.schema.evidence import read_evidence, weakest_evidence

PAGE = Path(__file__).resolve().parents[1] / "docs" / "models.md"
_TABLE = re.compile(r"(<!-- begin: models[^>]*-->\n).*?(<!-- end: models -->)", re.DOTALL)
_MADE = {"png": "pictures", "jpg": "pictures", "mp3": "sound"}


def with_models(page: str) -> str:
    """*page* with the models as they are now."""
    rows = ["| provider | model | makes | input | price |", "|---|---|---|---|---|"]
    rows += [f"| {model.provider} | [`{model.id}`]({model.docs}) | {' | '.join(_cells(model))} |" for model in models()]
    table = "\n".join(rows)
    return _TABLE.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", page)


def _cells(model: Model) -> tuple[str, str, str]:
    last = model.schema["x-video"]["container"][-1]["value"]
    made = "text" if model.schema["x-video"]["count"] == [{"value": 0}] else _MADE.get(last, "clips")
    rates = model.schema["x-pricing"]["rates"]
    known = [read_evidence(rate["x-evidence"]).kind for rate in rates if rate["rate"] is not None]
    price = weakest_evidence(*known) if known else "unknown"
    partly = f"{price}, for some unknown" if 0 < len(known) < len(rates) else price
    kinds = [read_evidence(said).kind for said in _said(model.schema["properties"])]
    return made, weakest_evidence(*kinds), partly


def _said(properties: Mapping[str, Any]) -> Iterator[str]:
    """What each parameter by itself has as its evidence."""
    for node in properties.values():
        said = node.get("x-evidence", "documented")
        yield from said.values() if isinstance(said, Mapping) else (said,)


if __name__ == "__main__":
    PAGE.write_text(with_models(PAGE.read_text("utf-8")), "utf-8")
