"""A model or path that is only not here is refused in the provider's words, and a header says whose refusal it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.conftest import WIRES

if TYPE_CHECKING:
    from tests.conftest import House, Wire

HEADER = "x-vidmock-notice"
ELSEWHERE = {
    "/runpod/v2/another-model/run": {"input": {"prompt": "a kite"}},
    "/runware/v1": [
        {"taskType": "videoInference", "taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11", "model": "a:b@1"}
    ],
    "/fal/queue/fal-ai/another-model": {"prompt": "a kite"},
    "/eachlabs/v1/prediction": {"model": "another-model", "input": {}},
}
NOWHERE = [
    "/runpod/v2/a/b/c/d",
    "/runware/v1/nothing",
    "/fal/api/v1/assets",
    "/fal/rest/nothing",
    "/eachlabs/v1/nothing",
]


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_model_that_is_not_here_is_said_to_be_ours_to_lack(house: House, path: str) -> None:
    answer = house.post(path, ELSEWHERE[path])
    assert answer.headers[HEADER].startswith("not here: ")
    assert "vidmock" not in answer.text


@pytest.mark.parametrize("path", NOWHERE)
def test_a_path_that_is_not_served_is_said_to_be_ours_to_lack(house: House, path: str) -> None:
    answer = house.get(path)
    assert answer.status_code in (404, 405)
    assert answer.headers[HEADER].startswith("not here: ")


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_the_providers_own_answers_have_no_such_header(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    method, path, body = wire.poll(job)
    assert HEADER not in house.ask(method, path, json=body).headers
    method, path, body = wire.poll("6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a99")
    assert HEADER not in house.ask(method, path, json=body).headers


def test_a_notice_is_one_line_of_printable_text(house: House) -> None:
    answer = house.post("/eachlabs/v1/prediction", {"model": "é\r\nx-evil: 1" + "x" * 9999, "input": {}})
    assert "x-evil" not in answer.headers
    assert len(answer.headers[HEADER]) <= 300
