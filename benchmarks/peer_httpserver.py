"""pytest-httpserver on the port of the argument: one body is expected, and answered."""

from __future__ import annotations

import json
import sys
import threading

from load import RUNPOD
from pytest_httpserver import HTTPServer

server = HTTPServer(host="127.0.0.1", port=int(sys.argv[1]))
server.expect_request("/run", method="POST", json=json.loads(RUNPOD)).respond_with_json(
    {"id": "00000000-0000-4000-8000-000000000000-u1", "status": "IN_QUEUE"}
)
server.start()
threading.Event().wait()
