"""COST: what the client says it cost is what it cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.client import Result
from vidmock.kit.generation import invalid_requests, valid_requests
from vidmock.kit.harness import Harness
from vidmock.kit.profiles import profile


@pytest.mark.check("COST-01", seen="litellm#21907: 0 USD reported for a paid video")
@profile()
@given(data=st.data())
def test_the_reported_cost_is_what_was_billed(stage: Harness, data: st.DataObject) -> None:
    """A cost that the client reports equals the provider's ledger; it may report none where none is told."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    with stage.act() as act:
        result = act.generate(wish.model, wish.input)
        spent = act.bill().spent
        assert result.cost in (None, spent), f"the client reports {result.cost} USD, the ledger says {spent}"


@pytest.mark.check("COST-02", seen="fal answers a body that its schema refuses with x-fal-billable-units: 0")
@profile()
@given(data=st.data())
def test_a_refused_request_costs_nothing(stage: Harness, data: st.DataObject) -> None:
    """A request that the provider turns down is neither charged nor mended and paid for behind the caller's back."""
    wish = data.draw(invalid_requests(stage.wire, stage.models), label="mistake")
    with stage.act() as act:
        outcome = act.attempt(wish.model, wish.input)
        spent = act.bill().spent
        assert spent == Decimal(0), f"{spent} USD were charged for an invalid request"
        assert not isinstance(outcome, Result), "an invalid request came back as a result"
        assert not act.published, f"an invalid request was published as finished: {act.published}"
