"""The page of an examination, as a browser shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.browser import Browser, Page
from tests.contract.examinations import one_of_each

from vidmock.contract.html_report import to_html

CONTRAST = """
[...document.querySelectorAll('body *')].filter(one => [...one.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(one => {
    const light = colour => { const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map(
      v => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)
      return 0.2126 * r + 0.7152 * g + 0.0722 * b }
    let under = one
    while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') under = under.parentElement
    const pair = [getComputedStyle(one).color, getComputedStyle(under).backgroundColor].map(light).sort((a, b) => b - a)
    return (pair[0] + 0.05) / (pair[1] + 0.05) })
"""
"""The contrast of each text with what is behind it, as WCAG has it."""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    file: Path = tmp_path_factory.mktemp("html") / "report.html"
    file.write_text(to_html(one_of_each(), date(2026, 11, 27)), "utf-8")
    with browser.page(f"file://{file}") as shown:
        yield shown


def test_it_has_a_row_for_each_case_with_its_verdict_and_money(page: Page) -> None:
    rows = page.run(
        "[...document.querySelectorAll('tbody tr')].filter(r => r.querySelector('th')).map(r => r.innerText)"
    )
    assert [row.split()[0] for row in rows] == ["SPEND-01", "SPEND-07", "POLL-01", "POLL-02", "SPEND-06", "POLL-03"]
    words = ["✗ failed", "✗ failed, as expected", "✗ hung", "not exercised", "not applicable", "kit error"]
    assert [word in row for row, word in zip(rows, words, strict=True)] == [True] * 6
    assert "$0.56" in rows[0]
    tally = page.run("document.querySelector('.tally').innerText.split('\\n').filter(Boolean).join(' ')")
    assert tally == "failed 2 hung 1 not exercised 1 not applicable 1 kit error 1 paid for nothing $1.12"


def test_what_went_wrong_is_open_with_its_story_and_what_held_is_closed(page: Page) -> None:
    assert page.run("[...document.querySelectorAll('details')].map(d => d.open)") == [
        True,
        False,
        True,
        True,
        False,
        True,
    ]
    said = page.run("document.querySelector('details').innerText")
    assert "$1.12 paid, $0.56 of it for nothing" in said
    assert "told: <b>lost</b>" in said
    assert "wire: 2 jobs??" in said
    assert "POST /a/b?c=<d> → no answer   submit 1   fault fault-1" in said
    assert "… 3 earlier lines" in said


def test_each_link_leads_to_a_place_on_it_and_it_asks_for_nothing_else(page: Page) -> None:
    dead = "[...document.links].filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length"
    assert page.run(dead) == 0
    assert page.run("document.links.length") == 11
    assert page.run("performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_in_the_dark(page: Page, scheme: str) -> None:
    page.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    contrasts = page.run(CONTRAST)
    assert len(contrasts) > 50
    assert min(contrasts) >= 4.5


def test_it_prints_in_black_on_white_whatever_the_screen_has(page: Page) -> None:
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.do("Emulation.setEmulatedMedia", media="print", features=dark)
    seen = page.run("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
    page.do("Emulation.setEmulatedMedia", media="", features=[])
    assert seen == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
