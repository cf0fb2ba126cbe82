"""A validator in another language, ajv, which checks many instances in one process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from vidmock import resources, strict_json

NODE = Path(__file__).parents[1] / "node"
META = strict_json.loads((resources.folder("schemas") / "meta" / "model.json").read_bytes())
KEYWORDS = [name for name in META["properties"] if name.startswith("x-")]


@pytest.fixture(scope="session")
def ajv() -> Callable[..., dict[str, list[bool]]]:
    """``ajv(documents, ask)``: whether each instance in *ask* is valid, by the ``$id`` of a schema of *documents*.

    With ``strict=True``, it is as strict as it can be, and knows no keyword of ours.
    """
    assert (NODE / "node_modules" / "ajv").is_dir(), f"run `npm install --no-package-lock` in {NODE}"

    def judge(
        documents: Sequence[Mapping[str, Any]], ask: Mapping[str, Sequence[Any]], *, strict: bool = False
    ) -> dict[str, list[bool]]:
        question = {
            "documents": [dict(document) for document in documents],
            "ask": [{"id": name, "instances": list(instances)} for name, instances in ask.items()],
            "vocabulary": KEYWORDS,
            "strict": strict,
        }
        done = subprocess.run(
            ["node", str(NODE / "ajv.mjs")], input=json.dumps(question), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["log"] == [], "ajv complains of a schema"
        return dict(zip(ask, answer["verdicts"], strict=True))

    return judge
