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
    missing = (
        "vidmock: asked for and not here: runpod black-forest-labs-flux-2-schnell "
        "(Did you mean 'black-forest-labs-flux-1-schnell'?). "
    )
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


PROGRAMS = """
import json, time, urllib.error, urllib.request

def ask(url, key, body=None):
    asked = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), dict([key]))
    asked.add_header("content-type", "application/json")
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)

# A script of curl for one of the oldest public endpoints: no Bearer, members beside the input, seed null.
key = ("authorization", "[a-key]")
body = {"input": {"prompt": "[what]", "num_steps": 9, "h": 768, "prior_steps": "5", "seed": None}, "title": "x"}
told = ask("https://api.runpod.ai/v2/kandinsky-v2/runsync", key, body)
print(told["status"], urllib.request.urlopen(told["output"]["image_url"]).read()[1:4])

# A service that makes a prediction, and asks for it until it is success.
key = ("X-API-Key", "any")
body = {"model": "flux-dev-realism", "version": "0.0.1", "input": {"prompt": "a dog", "output_format": "webp"}}
made = ask("https://api.eachlabs.ai/v1/prediction/", key, body)
assert made["status"] == "success", made
while (told := ask(f"https://api.eachlabs.ai/v1/prediction/{made['predictionID']}", key))["status"] != "success":
    time.sleep(0.01)
print(told["status"], urllib.request.urlopen(told["output"]).read()[1:4])

# A command line for hundreds of models: it looks a model up, generates by the queue, and saves what it was given.
key = ("authorization", "Key any")
(found,) = ask("https://api.fal.ai/v1/models?endpoint_id=fal-ai/minimax-video/video-01-live", key)["models"]
queued = ask("https://queue.fal.run/fal-ai/minimax-video/video-01-live", key, {"prompt": "waves"})
while ask(queued["status_url"] + "?logs=1", key)["status"] != "COMPLETED":
    time.sleep(0.01)
video = ask(queued["response_url"], key)["video"]
print(found["endpoint_id"], urllib.request.urlopen(video["url"]).read()[4:8], video["content_type"])
print(ask("https://api.fal.ai/v1/models/pricing?endpoint_id=fal-ai/minimax-video/video-01-live", key)["prices"])
"""


def test_programs_with_hard_coded_hosts_and_models_run_to_their_end(tmp_path: Path) -> None:
    """The calls of three programs that were found in public repositories, which run unmodified as well."""
    command = [sys.executable, "-m", "vidmock", "run", "--clock", "scaled:1000", "--any-model", "--", sys.executable]
    environment = os.environ | {"VIDMOCK_STATE": str(tmp_path / "state")}
    done = subprocess.run(
        [*command, "-c", PROGRAMS], capture_output=True, text=True, timeout=120, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "COMPLETED b'PNG'",
        "success b'IFF'",
        "fal-ai/minimax-video/video-01-live b'ftyp' video/mp4",
        "[]",
    ]
    assert "3 jobs, which would have cost $0.00; not counted, unknown price: eachlabs flux-dev-realism" in done.stderr
