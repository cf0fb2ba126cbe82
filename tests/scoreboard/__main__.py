"""The scoreboard of real clients: ``python -m tests.scoreboard`` tries them all, ``… "runpod sync"`` only some.

It writes down what it saw in contracts/scoreboard.json, and from that contracts/SCOREBOARD.md and SCOREBOARD.html; with
``--write`` it only does the latter.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor

from tests.scoreboard.clients import CLIENTS
from tests.scoreboard.measure import measured
from tests.scoreboard.pages import DATA, board, write_pages


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard")
    parser.add_argument("names", nargs="*", metavar="CLIENT", help=", ".join(client.name for client in CLIENTS))
    parser.add_argument("--write", action="store_true", help="only write the pages, from what was seen before")
    parser.add_argument("--at-once", type=int, default=2, help="how many clients are tried at once")
    asked = parser.parse_args()
    if not asked.write:
        tried = [client for client in CLIENTS if client.name in asked.names or not asked.names]
        with ThreadPoolExecutor(asked.at_once) as pool:
            seen = dict(zip([client.name for client in tried], pool.map(measured, tried), strict=True))
        found = {client.name: seen.get(client.name) or board().get(client.name) for client in CLIENTS}
        kept = {name: entry for name, entry in found.items() if entry}
        DATA.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_pages()


if __name__ == "__main__":
    main()
