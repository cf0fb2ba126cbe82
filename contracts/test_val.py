"""VAL: the client sends what the caller asked for, and the caller learns what is wrong with it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.client import Refused
from vidmock.kit.generation import client_requests, faulty_client_requests
from vidmock.kit.harness import Harness
from vidmock.kit.profiles import profile
from vidmock.media.probe import probe
from vidmock.schema.outputs import output_spec
from vidmock.schema.pricing import price_of


@pytest.mark.check("VAL-02", seen="litellm#36483: a 4xx with its reason became a 500")
@profile()
@given(data=st.data())
def test_a_refusal_reaches_the_caller_with_its_field(harness: Harness, data: st.DataObject) -> None:
    """When the provider refuses a request, the client's error names the field that is wrong."""
    request = data.draw(faulty_client_requests(harness.wire, harness.models), label="invalid request")
    with harness.trial() as trial:
        error = trial.attempt(request.model, request.input)
        assert isinstance(error, Refused), f"the provider refused the request, but the client says: {error!r}"
        said = f"{error} {' '.join(error.fields)}"
        assert not request.fault_fields or any(name in said for name in request.fault_fields), (
            f"the client's error names none of {request.fault_fields}: {said!r}"
        )


@pytest.mark.check("VAL-03", seen="@ai-sdk/fal 2.0.59 drops a seed of 0")
@profile()
@given(data=st.data())
def test_every_field_is_sent_as_it_was_given(harness: Harness, data: st.DataObject) -> None:
    """Every field arrives as the caller gave it: ``0``, ``false`` and empty values too."""
    request = data.draw(client_requests(harness.wire, harness.models), label="request")
    with harness.trial() as trial:
        trial.attempt(request.model, request.input)
        (arrived,) = trial.charges().inputs
        changed = {
            name: (value, arrived.get(name, "nothing"))
            for name, value in request.input.items()
            if name not in arrived or json.dumps(arrived[name]) != json.dumps(value)
        }
        assert not changed, f"fields arrived in another form (given, arrived): {changed}"


@pytest.mark.check("VAL-05", seen="elizaOS#11945: a duration that the caller had left out")
@profile()
@given(data=st.data())
def test_what_is_asked_for_is_made_and_charged(harness: Harness, data: st.DataObject) -> None:
    """A valid request gives the videos that it asks for, and is charged once, at its model's price."""
    request = data.draw(client_requests(harness.wire, harness.models), label="request")
    spec = output_spec(request.model, request.input)
    with harness.trial() as trial:
        videos = [probe(video) for video in trial.generate(request.model, request.input).read()]
        assert len(videos) == spec.count, f"{spec.count} videos were asked for, and {len(videos)} came"
        for video in videos:
            made = f"{video.container} {video.width}x{video.height} {video.seconds:.1f} s"
            asked = f"{spec.container} {spec.width}x{spec.height} {spec.seconds:.1f} s"
            assert made == asked, f"{asked} was asked for, and {made} was made"
        charges = trial.charges()
        assert charges.accepted == 1, f"{charges.accepted} generations were accepted for one call"
        due = price_of(request.model, request.input).amount
        assert charges.spent == due, f"{charges.spent} USD were charged, and the request costs {due}"
