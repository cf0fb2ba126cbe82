"""Prices: plain sentences, and tables whose cells are prices and values of parameters."""

from __future__ import annotations

from typing import Any

import pytest

from vidmock.importer.rates import decimal_text, per_second, plain_rate, table_rates

SIZES: dict[str, list[Any]] = {"resolution": ["480p", "720p"], "duration": [4, 5, 8, 10]}


@pytest.mark.parametrize(
    ("text", "dollars", "per", "certain"),
    [
        ("$0.112 per second", "0.112", "second", True),
        (r"\$0.15 per second of video", "0.15", "second", True),
        ("$0.045 per seconds", "0.045", "second", True),
        ("$0.1 per second of generated video.", "0.1", "second", True),
        ("$0.45 per 5 seconds", "0.09", "second", False),
        ("$0.02 per image", "0.02", "result", True),
        ("$1.20 per video", "1.2", "result", True),
        (
            (
                "For **5s** video your request will cost **$0.21**. "
                "For every additional second you will be charged **$0.042.**"
            ),
            "0.042",
            "second",
            True,
        ),
        ("A 5-second video costs $0.28. Each additional second costs $0.056.", "0.056", "second", True),
    ],
)
def test_a_plain_price_is_read(text: str, dollars: str, per: str, certain: bool) -> None:
    rate = plain_rate(text)
    assert rate is not None
    assert (rate.dollars, rate.per, rate.certain) == (dollars, per, certain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$0.40–$1.20 per video",
        "$10.00 per 1M tokens",
        "$0.02 per megapixel",
        "$0.45 per 0 seconds",
        "$0.1 per 3 images",
        "A 5-second video costs $0.30. Each additional second costs $0.056.",
        "$1 per second " + "x" * 1000,
    ],
)
def test_any_other_price_is_not(text: str) -> None:
    assert plain_rate(text) is None


@pytest.mark.parametrize(
    ("rows", "rates"),
    [
        (
            [["Resolution", "Cost per second"], ["480p", "$0.024"], ["720p", "$0.052"]],
            [("0.024", "second", {"resolution": ("480p",)}), ("0.052", "second", {"resolution": ("720p",)})],
        ),
        ([["Duration", "Cost"], ["4 seconds", "$0.40"], ["8 seconds", "$0.80"]], [("0.1", "second", {})]),
        (
            [["Duration", "Cost"], ["4 seconds", "$0.40"], ["8 seconds", "$0.90"]],
            [("0.4", "result", {"duration": (4,)}), ("0.9", "result", {"duration": (8,)})],
        ),
        (
            [["Resolution", "5 seconds", "10 seconds"], ["480p", "$0.5", "$1"], ["720p (HD)", "$1", "$2"]],
            [("0.1", "second", {"resolution": ("480p",)}), ("0.2", "second", {"resolution": ("720p",)})],
        ),
        ([["Resolution", "Rate"], ["480p", "$0.10 per second"]], [("0.1", "second", {"resolution": ("480p",)})]),
        ([["Resolution", "Standard", "Draft"], ["480p", "$1", "$2"]], []),
        ([["Resolution", "Cost"], ["8k", "$1"]], []),
        ([["Resolution", "Cost"], ["480p", "free"]], []),
        ([["Resolution", "Cost"], ["480p", "$1", "more"]], []),
    ],
)
def test_a_table_is_read_if_each_cell_is_a_price_or_a_value(rows: list[list[str]], rates: list[Any]) -> None:
    assert [(rate.dollars, rate.per, rate.when) for rate in per_second(table_rates(rows, SIZES))] == rates


def test_a_height_means_all_sizes_of_that_height() -> None:
    values = {"size": ["1280*720", "720*1280", "1920*1080"]}
    (rate,) = table_rates([["Resolution", "Cost"], ["720p", "$1"]], values)
    assert rate.when == {"size": ("1280*720", "720*1280")}


def test_an_amount_is_written_without_exponent() -> None:
    from decimal import Decimal

    assert decimal_text(Decimal("1E-7")) == "0.0000001"
    assert decimal_text(Decimal(10)) == "10"
