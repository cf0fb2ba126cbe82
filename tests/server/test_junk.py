"""Whatever is sent to whatever route: the provider's own error, never a 5xx, never a hang, nothing lost for others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vidmock.engine.time.mode import Mode
from vidmock.schema.catalog import providers
from vidmock.schema.routes import provider_routes

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=30))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    "input",
    "model",
    "prompt",
    "images",
    "video_url",
    "duration",
    "webhook",
    "webhook_url",
    "policy",
    "ttl",
    "executionTimeout",
    "taskType",
    "taskUUID",
    "apiKey",
    "positivePrompt",
    "numberResults",
    "deliveryMethod",
    "operation",
    "media",
    "image",
    "file_name",
    "content_type",
    "parts",
]
KNOWN = st.sampled_from(
    [
        "videoInference",
        "getResponse",
        "ping",
        "authentication",
        "imageUpload",
        "mediaStorage",
        "getTaskDetails",
        "klingai:kling@o1",
        "kling-o1-video-to-video-reference",
        "upload",
        "delete",
        "",
        "https://e.com/a.png",
    ]
)
FIELDS = st.dictionaries(st.sampled_from(NAMES), KNOWN | VALUES, max_size=6)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(str.encode),
    (FIELDS | VALUES | st.lists(FIELDS, max_size=3) | st.fixed_dictionaries({"input": FIELDS})).map(
        lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
    ),
    st.sampled_from([b"", b"{", b"[" * 5000, b"NaN", b'{"a":1,"a":2}', b"\xff\xfe", b'"\\ud800"', b"1e999", b"null"]),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "authorization",
            "x-api-key",
            "content-type",
            "range",
            "if-none-match",
            "x-fal-request-timeout",
            "x-fal-target-url",
            "x-fal-file-name",
            "x-fal-object-lifecycle",
            "x-fal-object-lifecycle-preference",
            "x-request-id",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-fal-request-start-timeout",
            "x-forwarded-proto",
            "origin",
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
    | st.sampled_from(["Key k", "Bearer k", "vidmock-invalid", "bytes=0-", "bytes=9-1", "{}", "application/json", "0"]),
    max_size=4,
)
PART = st.text(st.characters(codec="utf-8", exclude_characters="/?#%\\", exclude_categories=["Cs", "Cc"]), max_size=40)
QUERY = st.dictionaries(
    st.sampled_from(
        [
            "wait",
            "ttl",
            "logs",
            "limit",
            "offset",
            "name",
            "slug",
            "fal_webhook",
            "fal_max_queue_length",
            "expires",
            "storage_type",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30) | st.integers().map(str),
    max_size=3,
)


def routes() -> list[tuple[str, str]]:
    """Every method and path of every surface, under its prefix."""
    surfaces = [surface for provider in providers() for surface in provider_routes(provider).surfaces]
    every = ((surface.prefix, route) for surface in surfaces for route in surface.routes)
    return [
        ("POST", "/fal/proxy"),
        *((method, prefix + route.path) for prefix, route in every for method in route.methods),
    ]


@pytest.fixture
def stepped(houses: Callable[..., Any]) -> Any:
    """A server whose clock steps, so that nothing waits for time to pass."""
    return houses(clock=Mode("step"))


def test_there_are_routes_to_try() -> None:
    tried = routes()
    assert len(tried) > 50
    assert {path.split("/")[1] for _, path in tried} == {"runpod", "runware", "fal", "eachlabs"}


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_request_breaks_a_route(stepped: Any, data: st.DataObject) -> None:
    method, path = data.draw(st.sampled_from(routes()))
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + data.draw(PART | KNOWN) + rest.partition("}")[2]
    answer: httpx.Response = stepped.ask(
        data.draw(st.sampled_from([method, method, method, "DELETE", "PATCH", "OPTIONS"])),
        httpx.URL("http://mock.test").copy_with(path=path or "/"),
        headers=data.draw(HEADERS),
        content=data.draw(BODIES),
        params=data.draw(QUERY),
    )
    assert answer.status_code < 500, answer.text
