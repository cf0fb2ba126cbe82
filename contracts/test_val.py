"""VAL: what is sent is what was asked for, and what is wrong with it reaches the caller."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.client import Refused
from vidmock.kit.generation import invalid_requests, valid_requests
from vidmock.kit.harness import Harness
from vidmock.kit.profiles import profile
from vidmock.media import probe
from vidmock.schema.outputs import output_spec
from vidmock.schema.pricing import price_of


@pytest.mark.check("VAL-02", seen="litellm#36483: a 4xx with its reason became a 500")
@profile()
@given(data=st.data())
def test_a_refusal_reaches_the_caller_with_its_field(stage: Harness, data: st.DataObject) -> None:
    """A request with one fault ends in a refusal whose words or fields name the parameter to mend."""
    wish = data.draw(invalid_requests(stage.wire, stage.models), label="mistake")
    with stage.act() as act:
        error = act.attempt(wish.model, wish.input)
        assert isinstance(error, Refused), f"the provider refused {wish.blamed}, but the client made of it: {error!r}"
        said = f"{error} {' '.join(error.fields)}"
        assert not wish.blamed or any(name in said for name in wish.blamed), (
            f"none of {wish.blamed} is named by the client's error: {said!r}"
        )


@pytest.mark.check("VAL-03", seen="@ai-sdk/fal 2.0.59 drops a seed of 0")
@profile()
@given(data=st.data())
def test_every_field_is_sent_as_it_was_given(stage: Harness, data: st.DataObject) -> None:
    """``0``, ``false`` and empty values are values: what arrives is what the caller wrote, member for member."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    with stage.act() as act:
        act.attempt(wish.model, wish.input)
        (arrived,) = act.bill().inputs
        lost = {
            name: (value, arrived.get(name, "nothing"))
            for name, value in wish.input.items()
            if name not in arrived or json.dumps(arrived[name]) != json.dumps(value)
        }
        assert not lost, f"(given, arrived) differ: {lost}"


@pytest.mark.check("VAL-05", seen="elizaOS#11945: a duration that the caller had left out")
@profile()
@given(data=st.data())
def test_what_is_asked_for_is_made_and_billed(stage: Harness, data: st.DataObject) -> None:
    """A valid request ends in the videos it describes, and is billed what its model's page says, once."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    shot = output_spec(wish.model, wish.input)
    with stage.act() as act:
        videos = [probe(video) for video in act.generate(wish.model, wish.input).read()]
        assert len(videos) == shot.count, f"{shot.count} videos were asked for, {len(videos)} came"
        for video in videos:
            made = f"{video.container} {video.width}x{video.height} {video.seconds:.1f} s"
            asked = f"{shot.container} {shot.width}x{shot.height} {shot.seconds:.1f} s"
            assert made == asked, f"{asked} was asked for, {made} was made"
        bill = act.bill()
        assert bill.accepted == 1, f"{bill.accepted} generations were accepted for one call"
        due = price_of(wish.model, wish.input).amount
        assert bill.spent == due, f"{bill.spent} USD were billed, {due} is what the request costs"
