"""Reads prices: a plain sentence, or a table whose cells are values of parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from vidmock.importer.page import Rate

LONGEST_PRICE: Final = 400
"""Characters of a sentence that is looked at for a price."""
_DOLLARS: Final = r"\\?\$ ?([0-9]{1,9}(?:\.[0-9]{1,12})?)"
_PLAIN: Final = re.compile(
    rf"(?:price: )?{_DOLLARS} ?(?:per|/|a|for every|for each) ?"
    r"(?:([0-9]{1,4}) )?(seconds?|s|images?|videos?|generations?|requests?|runs?|clips?)"
    r"(?: generations?)?"
    r"(?: of (?:generated |output )?(?:video|audio))?\.?",
    re.IGNORECASE,
)
_FIRST_AND_MORE: Final = re.compile(
    rf".*\b(?P<first>[0-9]{{1,3}})[- ]?s(?:econd)?\b.*?{_DOLLARS}\.?"
    rf"(?: For)? (?:every|each) add?itional second.*?{_DOLLARS}\.?",
    re.IGNORECASE,
)


def plain_rate(text: str) -> Rate | None:
    """The rate that *text*, a whole statement of a price, says plainly; ``None`` where it does not."""
    text = text.replace("**", "").strip()
    if len(text) > LONGEST_PRICE:
        return None
    if stated := _PLAIN.fullmatch(text):
        dollars, number, unit = stated[1], int(stated[2] or 1), stated[3].lower()
        if unit in ("second", "seconds", "s"):
            return (
                Rate(decimal_text(Decimal(dollars) / number), "second", says=text, certain=number == 1)
                if number
                else None
            )
        return Rate(decimal_text(Decimal(dollars)), "result", says=text) if number == 1 else None
    first = _FIRST_AND_MORE.fullmatch(text)
    if first and Decimal(first[2]) == Decimal(first["first"]) * Decimal(first[3]):
        return Rate(decimal_text(Decimal(first[3])), "second", says=text)
    return None


def decimal_text(amount: Decimal) -> str:
    """*amount* without an exponent and without zeros behind the point that say nothing."""
    text = f"{amount:.12f}"
    return text.rstrip("0").rstrip(".")


def table_rates(rows: Sequence[Sequence[str]], values: Mapping[str, Sequence[Any]]) -> tuple[Rate, ...]:
    """The rates of a table, if each of its cells is a price or means values of exactly one parameter; else none.

    *values* are the values that each parameter can have.
    """
    head, *body = rows
    rates = list[Rate]()
    for row in body:
        prices = [(column, price) for column, cell in enumerate(row) if (price := _price(cell))]
        fixed = [_meant(cell, values) for cell in row if not _price(cell)]
        if not prices or len(row) != len(head) or None in fixed:
            return ()
        for column, price in prices:
            chosen = _meant(head[column], values) if len(prices) > 1 else None
            if chosen is None and len(prices) > 1:
                return ()
            by_the_second = price.per == "second" or re.search(r"per second|/ ?s\b", head[column], re.IGNORECASE)
            when = dict(pair for pair in (*fixed, chosen) if pair)
            rates.append(Rate(price.dollars, "second" if by_the_second else "result", when, says=" | ".join(row)))
    return tuple(rates)


def _price(cell: str) -> Rate | None:
    stated = re.fullmatch(_DOLLARS, cell.strip())
    return Rate(decimal_text(Decimal(stated[1])), "result") if stated else plain_rate(cell)


def _meant(cell: str, values: Mapping[str, Sequence[Any]]) -> tuple[str, tuple[Any, ...]] | None:
    """The one parameter that *cell* speaks of, with those of its values that it means; ``None`` where it is unclear."""
    word = re.sub(r" ?\([^()]*\)$", "", cell.strip().strip("`")).lower()
    length = re.fullmatch(r"([0-9]{1,6})[- ]?s(?:ec(?:ond)?s?)?", word)
    height = re.fullmatch(r"([0-9]{3,4})p", word)
    found = dict[str, list[Any]]()
    for name, listed in values.items():
        for value in listed:
            text = str(value).lower()
            same = text == word or bool(length and name == "duration" and text.rstrip("s") == length[1])
            sides = re.fullmatch(r"([0-9]{3,4})[*x]([0-9]{3,4})", text) if height else None
            if same or (sides and height and min(int(sides[1]), int(sides[2])) == int(height[1])):
                found.setdefault(name, []).append(value)
    if len(found) != 1:
        return None
    (name, meant), *_ = found.items()
    return name, tuple(meant)


def per_second(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    """*rates* per result that grow with the duration alone as rates per second; else *rates* themselves."""
    rates = tuple(rates)
    if not rates or not all("duration" in rate.when and rate.per == "result" for rate in rates):
        return rates
    groups = dict[tuple[tuple[str, tuple[Any, ...]], ...], set[Decimal]]()
    for rate in rates:
        others = tuple((name, value) for name, value in rate.when.items() if name != "duration")
        seconds = Decimal(str(rate.when["duration"][0]).rstrip("s"))
        groups.setdefault(others, set()).add(Decimal(rate.dollars) / seconds)
    if any(len(each) > 1 for each in groups.values()):
        return rates
    says = "; ".join(rate.says for rate in rates)
    return tuple(Rate(decimal_text(each.pop()), "second", dict(when), says=says) for when, each in groups.items())
