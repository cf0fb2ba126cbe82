"""COST: the cost that the client reports is the one that was charged."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.client import Result
from vidmock.kit.generation import client_requests, faulty_client_requests
from vidmock.kit.harness import Harness
from vidmock.kit.profiles import profile


@pytest.mark.check("COST-01", seen="litellm#21907: 0 USD reported for a paid video")
@profile()
@given(data=st.data())
def test_the_reported_cost_is_the_one_charged(harness: Harness, data: st.DataObject) -> None:
    """A cost that the client reports is the one in the provider's ledger; a client may report none."""
    request = data.draw(client_requests(harness.wire, harness.models), label="request")
    with harness.trial() as trial:
        result = trial.generate(request.model, request.input)
        spent = trial.charges().spent
        assert result.cost in (None, spent), f"the client reports {result.cost} USD, the ledger says {spent}"


@pytest.mark.check("COST-02", seen="fal answers a body that its schema refuses with x-fal-billable-units: 0")
@profile()
@given(data=st.data())
def test_a_refused_request_costs_nothing(harness: Harness, data: st.DataObject) -> None:
    """A request that the provider refuses costs nothing: the client does not change it and pay for that instead."""
    request = data.draw(faulty_client_requests(harness.wire, harness.models), label="invalid request")
    with harness.trial() as trial:
        outcome = trial.attempt(request.model, request.input)
        spent = trial.charges().spent
        assert spent == Decimal(0), f"{spent} USD were charged for an invalid request"
        assert not isinstance(outcome, Result), "the client returned a result for an invalid request"
        assert not trial.published, f"the client published a result for an invalid request: {trial.published}"
