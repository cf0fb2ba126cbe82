"""``--any-model``, and what is said of a model that is missing without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, os, urllib.request, urllib.error

def ask(path, given):
    url = os.environ["RUNPOD_ENDPOINT_BASE_URL"] + path
    body = None if given is None else json.dumps({"input": given}).encode()
    asked = urllib.request.Request(url, body, {"authorization": "k", "content-type": "application/json"})
    try:
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code

for _ in range(2):
    print(ask("/black-forest-labs-flux-2-schnell/runsync?wait=60000", {"prompt": "a kite"}))
"""


def under_run(tmp_path: Path, *options: str) -> tuple[str, str]:
    """What the program printed, and what ``vidmock run`` said."""
    command = [sys.executable, "-m", "vidmock", "run", "--clock", "scaled:1000", *options, "--", sys.executable]
    environment = os.environ | {"VIDMOCK_STATE": str(tmp_path / "state")}
    done = subprocess.run(
        [*command, "-c", PROGRAM], capture_output=True, text=True, timeout=120, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_a_program_that_asks_for_a_model_nobody_has_runs_after_one_word(tmp_path: Path) -> None:
    out, err = under_run(tmp_path)
    assert out == "404\n404\n"
    missing = "vidmock: asked for and not here: runpod black-forest-labs-flux-2-schnell. "
    todo = (
        "--any-model serves any model there is, unjudged and without a price; for one that is judged and priced, "
        "vidmock import makes a file of its page, and --models DIR serves it\n"
    )
    # Once as it happens, and once at the end.
    assert err.count(f"vidmock: {todo}") == 1
    assert f"{missing}{todo}" in err
    out, err = under_run(tmp_path, "--any-model")
    assert out.count("/output.png'") == 4
    assert "2 jobs, which would have cost $0.00; not counted, unknown price: runpod black-" in err
    assert "--any-model" not in err
