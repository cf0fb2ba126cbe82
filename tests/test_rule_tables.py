"""The pages of rules are what the generator writes, and each near miss breaks just the rule that it stands beside."""

from __future__ import annotations

import pytest
from tests.rule_tables import PAGES, RuleRow, page_of, row_id, rows_of

from vidmock.schema.catalog import Model, models, providers
from vidmock.schema.known_media import media_from_mapping
from vidmock.schema.media_rules import check_media
from vidmock.schema.validate import find_lints, find_violations

ROWS = [(model, row) for model in models() for row in rows_of(model)]


def test_no_rule_lacks_a_near_miss() -> None:
    assert [row_id(model, row) for model, row in ROWS if row.miss is None] == []


@pytest.mark.parametrize(("model", "row"), ROWS, ids=[row_id(model, row) for model, row in ROWS])
def test_a_near_miss_breaks_just_that_rule(model: Model, row: RuleRow) -> None:
    assert row.miss
    files = check_media(model, row.miss.input, media_from_mapping(row.miss.media))
    found = [*find_violations(model, row.miss.input), *files] or find_lints(model, row.miss.input)
    (only,) = found
    assert only.rule == row.rule or row.rule.startswith("x-media ")


@pytest.mark.parametrize("provider", providers())
def test_the_page_is_what_the_generator_writes(provider: str) -> None:
    assert (PAGES / f"{provider}.md").read_text("utf-8") == page_of(provider)
