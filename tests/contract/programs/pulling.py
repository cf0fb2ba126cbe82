"""A program that vidmock check tries without standard streams: it asks for calls at the address in its arguments."""

import json
import sys
import time
from http.client import HTTPException
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

ADDRESS, COPIES = sys.argv[1], int(sys.argv[2])
PAUSE = 0.1


def ask(call: dict[str, Any], path: str, body: object = None) -> Any:
    data = json.dumps(body).encode() if body else None
    request = Request(f"{call['base_url']}/{call['model']}/{path}", data)
    request.add_header("authorization", f"Bearer {call['api_key']}")
    with urlopen(request, timeout=call["request_timeout"]) as response:
        return json.load(response)


def generate(call: dict[str, Any]) -> dict[str, Any]:
    job = ask(call, "run", {"input": call["input"]})["id"]
    while True:
        time.sleep(PAUSE)
        try:
            told = ask(call, f"status/{job}")
        except (OSError, HTTPException, ValueError):
            continue
        if told["status"] == "COMPLETED":
            return {"videos": [told["output"]["result"]], "job": job, "cost": told["output"]["cost"]}


def work(copy: int) -> None:
    while True:
        try:
            with urlopen(f"{ADDRESS}/next?copy={copy}") as response:
                asked = response.read()
        except OSError:
            # It is over, or nobody is there any more.
            return
        if asked:
            call = json.loads(asked)
            answer = json.dumps({"id": call["id"], **generate(call)}).encode()
            urlopen(Request(f"{ADDRESS}/answer?copy={copy}", answer)).close()


for number in range(COPIES):
    Thread(target=work, args=(number,)).start()
