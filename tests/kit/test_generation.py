from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vidmock.kit.generation import invalid_requests, valid_requests
from vidmock.kit.wire import WIRES, Wire
from vidmock.schema.catalog import models, providers
from vidmock.schema.samples import samples_of
from vidmock.schema.validate import find_violations

# A model's samples are worked out at the first draw, which takes a second or two on a busy machine.
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def test_every_provider_has_its_wire() -> None:
    assert set(WIRES) == set(providers())


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@FEW
@given(data=st.data())
def test_a_wish_becomes_valid_with_what_the_client_adds(wire: Wire, data: st.DataObject) -> None:
    wish = data.draw(valid_requests(wire, models(wire.name)))
    own = {name: value for name, value in samples_of(wish.model).valid[0].items() if name in wire.own}
    assert not wire.own & wish.input.keys()
    assert wish.blamed == ()
    assert find_violations(wish.model, own | wish.input) == ()


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@FEW
@given(data=st.data())
def test_a_mistake_stays_one_whatever_the_client_adds(wire: Wire, data: st.DataObject) -> None:
    wish = data.draw(invalid_requests(wire, models(wire.name)))
    own = {name: value for name, value in samples_of(wish.model).valid[0].items() if name in wire.own}
    assert wish.fault is not None
    assert wish.fault in find_violations(wish.model, own | wish.input)
    assert repr(wish).startswith(f"<{wire.name} {wish.model.id}: {{")
    assert wish.fault.message in repr(wish)
