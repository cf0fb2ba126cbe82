"""Around an input, a server refuses what its request schema refuses: Runware's tasks, and fal's headers and query."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import House

from vidmock.schema.request_schemas import request_schema_of
from vidmock.schema.validate import find_violations

FAL, RUNWARE = request_schema_of("fal"), request_schema_of("runware")
SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
PLAIN = st.none() | st.booleans() | st.integers(-2, 2) | st.just(0.5)
JUNK = PLAIN | st.lists(PLAIN, max_size=1) | st.dictionaries(st.sampled_from(["a", "taskUUID"]), PLAIN, max_size=1)
TASKS = JUNK | st.fixed_dictionaries(
    {},
    optional={
        "taskType": st.sampled_from(["ping", "getResponse"]) | JUNK,
        "taskUUID": st.sampled_from(["", "x", "0b7c1a52-1111-4111-8111-111111111111"]) | JUNK,
    },
)
KEYS = st.fixed_dictionaries(
    {"taskType": st.just("authentication")}, optional={"apiKey": st.sampled_from(["", "a-key"]) | JUNK}
)
NUMBERS = st.one_of(
    st.sampled_from(["0.1", "0.10", ".1", "0.1000001", "00.2", "30.0", "1e3", "5.", "inf", "-1", "+5", "٣", "1_0"]),
    st.from_regex(r"[0-9.]{0,18}", fullmatch=True),
)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    made = House()
    yield made
    made.close()


def takes(house: House, body: object, key: str | None) -> bool:
    """Whether Runware's server takes *body*, with *key* in a header if there is one."""
    answer = house.post("/runware/v1", key=key, content=json.dumps(body))
    return answer.status_code == 200 and "errors" not in answer.json()


@settings(max_examples=60)
@given(key=KEYS, tasks=st.lists(TASKS, max_size=2))
def test_runwares_server_and_schema_refuse_the_same_tasks_behind_a_key(house: House, key: Any, tasks: Any) -> None:
    assert takes(house, [key, *tasks], None) == (not find_violations(RUNWARE, [key, *tasks]))


@settings(max_examples=60)
@given(body=JUNK | st.lists(TASKS, max_size=2))
def test_runwares_server_and_schema_refuse_the_same_bodies(house: House, body: Any) -> None:
    assert takes(house, body, "a-key") == (not find_violations(RUNWARE, body))


@pytest.mark.parametrize("name", ["x-fal-request-timeout", "x-fal-request-start-timeout"])
@given(text=NUMBERS)
def test_a_time_limit_that_fals_schema_takes_is_a_number_above_a_tenth(name: str, text: str) -> None:
    plain = re.fullmatch(r"[0-9]*\.?[0-9]+", text) is not None and len(text) <= 16
    assert (not find_violations(FAL, {"headers": {name: text}})) == (plain and Decimal(text) > Decimal("0.1"))


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        ({"headers": {"x-fal-request-timeout": "0.1"}},
         'x-fal-request-timeout must be a number of seconds above 0.1; got "0.1"'),
        ({"params": {"fal_max_queue_length": "many"}}, 'fal_max_queue_length must be a whole number; got "many"'),
        ({"headers": {"x-fal-object-lifecycle": "["}}, "x-fal-object-lifecycle is not JSON: "),
        ({"headers": {"x-fal-object-lifecycle": "[]"}},
         "x-fal-object-lifecycle, the input: must be an object; got []"),
        ({"headers": {"x-fal-object-lifecycle": '{"expiration_duration_seconds": 0}'}},
         "x-fal-object-lifecycle, expiration_duration_seconds: must be more than 0; got 0"),
    ],
)  # fmt: skip
def test_fals_server_says_what_its_schema_says(house: House, sent: Any, detail: str) -> None:
    answer = house.post(SUBMIT, {"prompt": "a kite"}, **sent)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)
