"""A program that vidmock check tries: a client of RunPod that is careful with looks, and made of nothing but Python."""

import json
import sys
import time
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

PAUSE = 0.1


def ask(call: dict[str, Any], path: str, body: object = None) -> Any:
    data = json.dumps(body).encode() if body else None
    request = Request(f"{call['base_url']}/{call['model']}/{path}", data)
    request.add_header("authorization", f"Bearer {call['api_key']}")
    with urlopen(request, timeout=call["request_timeout"]) as response:
        return json.load(response)


def generate(call: dict[str, Any]) -> dict[str, Any]:
    job = ask(call, "run", {"input": call["input"]})["id"]
    for _ in range(int(call["deadline"] / PAUSE)):
        time.sleep(PAUSE)
        try:
            told = ask(call, f"status/{job}")
        except (OSError, HTTPException, ValueError):
            continue
        if told["status"] == "COMPLETED":
            return {"videos": [told["output"]["result"]], "job": job, "cost": told["output"]["cost"]}
        if told["status"] == "FAILED":
            return {"error": {"type": "Failed", "text": told["error"], "job": job}}
    return {"error": {"text": "it goes on", "job": job, "kind": "still_running"}}


for line in sys.stdin:
    asked = json.loads(line)
    sys.stdout.write("a word that is no answer\n")
    sys.stdout.write(f"{asked['token']} {json.dumps({'id': asked['id'], **generate(asked)})}\n")
    sys.stdout.flush()
