"""A program that vidmock check tries: a client of RunPod that makes several calls at once, and takes webhooks.

A webhook of a job that was submitted here only says that it is time to look: RunPod signs none.
"""

import json
import sys
from http.client import HTTPException
from threading import Event, Lock, Thread
from typing import Any
from urllib.request import Request, urlopen

PAUSE = 0.5
OUTPUT = Lock()
JOBS: dict[str, Event] = {}
WANTED: dict[str, Event] = {}
"""By the ids of calls, which are taken out when nobody wants their videos any more."""


def say(token: str, answer: dict[str, Any]) -> None:
    with OUTPUT:
        sys.stdout.write(f"{token} {json.dumps(answer)}\n")
        sys.stdout.flush()


def ask(call: dict[str, Any], path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{call['base_url']}/{call['model']}/{path}", data)
    request.add_header("authorization", f"Bearer {call['api_key']}")
    with urlopen(request, timeout=call["request_timeout"]) as response:
        return json.load(response)


def submit(call: dict[str, Any]) -> str:
    asked = {"input": call["input"]}
    if "webhook_url" in call:
        asked["webhook"] = call["webhook_url"]
    return str(ask(call, "run", asked)["id"])


def generate(call: dict[str, Any]) -> dict[str, Any]:
    job = call.get("job") or submit(call)
    time_to_look = JOBS[job] = WANTED[call["id"]]
    for _ in range(int(call["deadline"] / PAUSE) + 1):
        time_to_look.wait(PAUSE)
        time_to_look.clear()
        if call["id"] not in WANTED:
            ask(call, f"cancel/{job}", {})
            return {"error": {"text": "interrupted", "job": job, "kind": "interrupted"}}
        try:
            told = ask(call, f"status/{job}")
        except (OSError, HTTPException, ValueError):
            continue
        if told["status"] == "COMPLETED":
            say(call["token"], {"published": job})
            return {"videos": [told["output"]["result"]], "job": job}
        if told["status"] == "FAILED":
            return {"error": {"type": "Failed", "text": told["error"], "job": job, "kind": "refused"}}
    return {"error": {"text": "it goes on", "job": job, "kind": "still_running"}}


def handle(webhook: dict[str, Any]) -> dict[str, Any]:
    known = JOBS.get(json.loads(webhook["body"])["id"])
    if known:
        known.set()
    return {"taken": known is not None}


def cancel(call: str) -> None:
    if waiting := WANTED.pop(call, None):
        waiting.set()


def answer(message: dict[str, Any]) -> None:
    made = handle(message["webhook"]) if "webhook" in message else generate(message)
    say(message["token"], {"id": message["id"], **made})


for line in sys.stdin:
    asked = json.loads(line)
    if "cancel" in asked:
        cancel(asked["cancel"])
        continue
    if "webhook" not in asked:
        WANTED[asked["id"]] = Event()
    Thread(target=answer, args=(asked,), daemon=True).start()
