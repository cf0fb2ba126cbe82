"""A whole program, as it is: it asks RunPod for videos, and ends. ``careless`` is how it was before that cost money."""

import json
import os
import signal
import sys
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ENDPOINT = "https://api.runpod.ai/v2/kling-video-o1-r2v"
PAUSE = 0.1
CARELESS = "careless" in sys.argv
VIDEOS = 2 if "two" in sys.argv else 1


def ask(path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{ENDPOINT}/{path}", data, {"Authorization": f"Bearer {os.environ['RUNPOD_API_KEY']}"})
    with urlopen(request, timeout=60) as response:
        return json.load(response)


def submit(prompt: str) -> str:
    asked = {"input": {"prompt": prompt, "images": ["https://example.com/a.png"]}}
    for _ in range(3):
        try:
            return str(ask("run", asked)["id"])
        except (OSError, HTTPException, ValueError):
            # What was sent may have been accepted.
            if not CARELESS:
                raise
    sys.exit("RunPod takes nothing")


def video(job: str) -> str:
    while True:
        time.sleep(PAUSE)
        try:
            told = ask(f"status/{job}")
            status = told["status"]
        except HTTPError as error:
            if CARELESS or error.code in (401, 402, 403):
                sys.exit(f"{job}: {error}")
            continue
        except (OSError, HTTPException, ValueError, KeyError, TypeError):
            continue
        if status == "COMPLETED":
            return str(told["output"]["result"])
        if status in ("FAILED", "CANCELLED", "TIMED_OUT"):
            sys.exit(f"{job} is {status}: {told.get('error')}")


# Whoever starts it in the background has Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in range(VIDEOS):
    asked = submit(f"kite {number}")
    try:
        made = video(asked)
    except KeyboardInterrupt:
        if not CARELESS:
            ask(f"cancel/{asked}", {})
        raise
    with urlopen(made, timeout=60) as file:
        sys.stdout.write(f"a video of {len(file.read())} bytes\n")
