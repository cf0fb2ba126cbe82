"""What a running vidmock would have cost, as Markdown: spent, wasted, and the jobs for which money was wasted."""

from __future__ import annotations

import json
import sys
import urllib.request
from decimal import Decimal
from typing import Any

from vidmock.schema.dollars import dollars


def main(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/_vidmock/ledger") as answer:
        ledger: dict[str, Any] = json.load(answer)
    total = ledger["total"]
    print("## vidmock\n\n| model | jobs | spent | wasted | never downloaded |\n|---|--:|--:|--:|--:|")
    for line in [*ledger["models"], {"provider": "all", "model": "", **total}]:
        name = _cell(f"{line['provider']} {line['model']}".strip())
        sums = " | ".join(dollars(Decimal(line[what])) for what in ("spent", "wasted", "undownloaded"))
        print(f"| {name} | {line['jobs']} | {sums} |")
    if total["unpriced"]:
        print(f"\nNot counted, because no source names a price: {total['unpriced']} jobs.")
    for lost in ledger["waste"]:
        print(f"\n- {dollars(Decimal(lost['amount']))} for job `{_cell(lost['job'])}`: {_cell(lost['why'])}")


def _cell(text: str) -> str:
    """*text*, which may be a client's, without what Markdown and HTML would read in it."""
    return "".join(f"&#{ord(each)};" if each in "|`<>&[]*_\\\r\n" else each for each in text)


main(sys.argv[1])
