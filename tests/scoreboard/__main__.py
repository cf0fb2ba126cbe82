"""The scoreboard of real clients: ``python -m tests.scoreboard`` tries them all, ``… "runpod sync"`` only some.

It writes down what it saw in contracts/scoreboard.json, and from that contracts/SCOREBOARD.md and SCOREBOARD.html; with
``--write`` it only does the latter.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from tests.scoreboard.clients import CLIENTS
from tests.scoreboard.measure import measured
from tests.scoreboard.pages import DATA, board, write_pages

from vidmock.contract.case_files import shipped_cases


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard")
    parser.add_argument("names", nargs="*", metavar="CLIENT", help=", ".join(client.name for client in CLIENTS))
    parser.add_argument("--write", action="store_true", help="only write the pages, from what was seen before")
    parser.add_argument(
        "--case", action="append", metavar="ID", help="try only this case, and keep what was seen of others"
    )
    asked = parser.parse_args()
    if unknown := {*asked.names} - {client.name for client in CLIENTS}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    # One after another: clients that live in real time are tried in several cases at once as it is.
    for client in CLIENTS:
        if not asked.write and (client.name in asked.names or not asked.names):
            now = measured(client, asked.case or ())
            # It is read as late as that, for others may have been tried meanwhile.
            seen = board()
            seen[client.name] = _merged(seen.get(client.name, {}), now)
            kept = {each.name: seen[each.name] for each in CLIENTS if each.name in seen}
            DATA.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_pages()


def _merged(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What was seen *before*, as far as it was not tried *now*, in the order of the cases."""
    cases = {**before.get("cases", {}), **now["cases"]}
    order = [case.id for case in shipped_cases() if case.id in cases]
    whole = now["cases"].keys() >= before.get("cases", {}).keys()
    return {**now, "date": now["date"] if whole else before["date"], "cases": {case: cases[case] for case in order}}


if __name__ == "__main__":
    main()
