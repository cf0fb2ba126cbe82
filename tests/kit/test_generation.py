from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidmock.kit.generation import client_requests, faulty_client_requests
from vidmock.kit.wire import WIRES, Wire
from vidmock.schema.catalog import models, providers
from vidmock.schema.samples import samples_of
from vidmock.schema.validate import find_violations

FEW = settings(max_examples=25)


def test_every_provider_has_its_wire() -> None:
    assert set(WIRES) == set(providers())


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@FEW
@given(data=st.data())
def test_a_valid_request_is_valid_with_what_the_client_adds(wire: Wire, data: st.DataObject) -> None:
    request = data.draw(client_requests(wire, models(wire.name)))
    own = {name: value for name, value in samples_of(request.model).valid[0].items() if name in wire.client_fields}
    assert not wire.client_fields & request.input.keys()
    assert request.fault_fields == ()
    assert find_violations(request.model, own | request.input) == ()


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@FEW
@given(data=st.data())
def test_an_invalid_request_stays_invalid_with_what_the_client_adds(wire: Wire, data: st.DataObject) -> None:
    request = data.draw(faulty_client_requests(wire, models(wire.name)))
    own = {name: value for name, value in samples_of(request.model).valid[0].items() if name in wire.client_fields}
    assert request.fault is not None
    assert request.fault in find_violations(request.model, own | request.input)
    assert repr(request).startswith(f"<{wire.name} {request.model.id}: {{")
    assert request.fault.message in repr(request)
