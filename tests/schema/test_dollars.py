"""Amounts as people read them: exact, the same everywhere, and worded in one place."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.schema.dollars import dollars

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mockserver" / "vidmock"
PAGE = PACKAGE / "server" / "page"
SHOWN = {
    "0": "$0.00",
    "0.000000": "$0.00",
    "12": "$12.00",
    "0.6": "$0.60",
    "1.25": "$1.25",
    "0.0038": "$0.0038",
    "0.00060": "$0.0006",
    "0.0000001": "$0.0000001",
    "1.2538": "$1.2538",
    "1200.5": "$1200.50",
    "-0.42": "-$0.42",
}
NOT_OURS = {
    "cli/env.py": "variables of shells",
    "importer/runware_page.py": "what a page says",
    "importer/page_examples.py": "what a page says",
    "importer/fal_page.py": "what a page says",
    "providers/runware/catalogue.py": "the provider's own words",
}


@pytest.mark.parametrize("amount", SHOWN)
def test_an_amount_has_two_digits_after_the_point_and_as_many_more_as_it_needs(amount: str) -> None:
    assert dollars(Decimal(amount)) == SHOWN[amount]


@given(st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, places=9))
def test_nothing_of_an_amount_is_lost(amount: Decimal) -> None:
    shown = dollars(amount)
    assert Decimal(shown.replace("$", "")) == amount
    assert re.fullmatch(r"-?\$\d+\.\d{2}\d*", shown)


def test_the_page_shows_amounts_alike() -> None:
    words = (PAGE / "words.js").as_uri()
    program = f"import {{ money }} from {json.dumps(words)};"
    program += f"console.log(JSON.stringify([...{json.dumps([*SHOWN])}, null].map(money)));"
    command = ["node", "--input-type=module", "--no-warnings", "-e", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [*SHOWN.values(), "price unknown"]


def worded(module: Path) -> Iterator[int]:
    """The lines of *module* on which an f-string has a value behind a dollar sign."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if not isinstance(node, ast.JoinedStr):
            continue
        for text, value in pairwise(node.values):
            ends = isinstance(text, ast.Constant) and str(text.value).endswith("$")
            if ends and isinstance(value, ast.FormattedValue):
                yield node.lineno


def test_no_other_place_words_an_amount() -> None:
    modules = [*PACKAGE.rglob("*.py"), ROOT / "ci" / "report.py"]
    found = {
        f"{module.relative_to(ROOT)}:{line}"
        for module in modules
        if module.relative_to(ROOT).as_posix().removeprefix("mockserver/vidmock/") not in NOT_OURS
        for line in worded(module)
    }
    assert found == {"mockserver/vidmock/schema/dollars.py:17"}
    assert all([*worded(PACKAGE / name)] for name in NOT_OURS)


def test_no_other_part_of_the_page_words_an_amount() -> None:
    found = {script.name for script in PAGE.glob("*.js") if "$${" in script.read_text("utf-8")}
    assert found == {"words.js"}
