"""What is hidden wherever exchanges, jobs and deliveries are shown, and that nothing sent can break an export."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock import strict_json
from vidmock.server.control import secrets

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control

S = "sk-5f2c9a1e77d04b6c8e3fa90b41d2c6e8"
FAL = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
JWT = "eyJhbGciOiAiSFMyNTYifQ.eyJvZiI6ICJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "said",
    [
        f'[{{"taskType": "authentication", "apiKey": "{S}"}}]',
        f'[{{"taskType": "authentication", "apiKey": "{S}',
        f'[{{"apiKey": "{S}"}}]\udcff',
        f'[{{"api\\u004bey": "{S}"}},]',
        f'{{"fal_key": "{S}", "prompt": "\\ud800"}}',
        f'{{"apiKey": "{S}", "apiKey": ""}}',
        f'{{"s3Config": {{"accessId": "{S}", "more": [{{}}]}}, "input": 1}}',
        f'{{"webhook_secret": ["{S}", "{S}',
        f'" {{"token":"{S}"}}',
        f"bad input: {{'apiKey': '{S}', 'n': 1}}",
        f'{{"token": {"9" * 400}, "api_key": "{S}"}}',
        json.dumps({"text": json.dumps({"apiKey": S})}),
        json.dumps({"text": json.dumps({"text": json.dumps({"apiKey": f'{S}"'})})}),
        f'{{"url": "http:\\/\\/user:{S}@host\\/?a=1"}}',
        f'{{"url": "http://host/\\u003ftoken={S}',
        f"fal_key={S}&prompt=a",
        f'"fal_key={S}"',
        f"/x?fal%5Fkey={S}&b=1",
        f"/x?fal_webhook=http://host/?token={S}",
        f"/x?fal_webhook={quote(f'http://host/?a=1&token={S}', safe='')}",
        f"/x?fal_webhook={quote(f'http://user:{S}@host/', safe='')}",
        f"/x?fal_webhook=http%3A%2F%2Fhost%2F%3Ftoken={S}",
        f"/x?next={quote(quote(quote(f'/?token={S}', safe=''), safe=''), safe='')}",
        f"/proxy/http%3A%2F%2Fhost%2F%3Fsecret%3D{S}",
        f"the webhook 'ftp://user:{S}@host:9/?b=1' is not an HTTP URL",
        f"must be a URL; got 'ftp://user:{S}…",
        *(
            f"https://host/hook?a=1&{name}={S}&b=2"
            for name in (
                "secret",
                "signature",
                "access_token",
                "X-Amz-Signature",
                "X-Amz-Security-Token",
                "X-API-Key",
                "authorization",
                "ticket",
                "fal_jwt_token",
                "key",
                "sig",
            )
        ),
    ],
)
def test_a_secret_is_found_however_it_is_written(said: str) -> None:
    assert S in said
    shown = secrets.mask_body(said.encode(errors="surrogateescape"), False).decode(errors="surrogateescape")
    assert S not in shown
    assert secrets.HIDDEN in shown
    assert S not in secrets.mask_text(said, False)


def test_a_token_is_found_wherever_it_stands() -> None:
    for said in (f'"{JWT}"', f"/files/x/multipart/{JWT}/1", f"Bearer {JWT}", f'{{"uploadId": "{JWT}"}}'):
        assert "eyJ" not in secrets.mask_text(said, False)


@pytest.mark.parametrize(
    "name",
    ["Authorization", "X-Auth-Token", "Api-Key", "X-Amz-Security-Token", "x-api-key", "Cookie", "x-webhook-secret"],
)
def test_headers_with_secrets_are_hidden_whole(name: str) -> None:
    assert secrets.mask_headers([(name, S)], False) == [(name, secrets.HIDDEN)]
    assert secrets.mask_headers([(name, S)], True) == [(name, S)]


def test_headers_with_urls_lose_what_is_secret_in_these() -> None:
    sent = [("Referer", f"http://host/?token={S}"), ("x-fal-target-url", f"http://u:{S}@host/")]
    assert [value for _, value in secrets.mask_headers(sent, False)] == [
        "http://host/?token=[hidden]",
        "http://[hidden]@host/",
    ]


@pytest.mark.parametrize(
    "said",
    [
        b'{ "input" :{"prompt": "a\\u0020kite, \\"red\\" & 100%25", "images": []}}',
        b'{"max_tokens": 5, "apiKey": null, "token": "", "s3Config": {}, "keys": ["key"]}',
        "☃ \udcff\udc80 http://host/a?b=c@d#e".encode(errors="surrogateescape"),
        b'\x00\x00\x00\x18ftyp"\\"%41\\u0041=?a=b',
        b"a kite [[vidmock: late=30 at=poll]]",
        b"C:\\\\one\\\\two: 5 % of it",
    ],
)
def test_what_is_not_secret_is_shown_as_it_was(said: bytes) -> None:
    assert secrets.mask_body(said, False) == said


def test_what_is_hidden_leaves_the_rest_of_a_body_as_it_was() -> None:
    body = f'{{ "apiKey" : "{S}", "prompt":"☃ a\\u0020kite" }}'.encode()
    assert secrets.mask_body(body, False) == body.replace(S.encode(), b"[hidden]")


@given(st.binary() | st.text("{}[]\":'\\ukey=%20?&token@/.eyJ-", max_size=80).map(str.encode))
def test_no_bytes_are_too_strange_to_be_shown(data: bytes) -> None:
    assert isinstance(secrets.mask_body(data, False), bytes)
    secrets.mask_body(b'{"apiKey":' + data, False)
    secrets.mask_body(b"?token=%" + data, False)


def test_long_bodies_are_shown_in_no_time() -> None:
    """Whatever goes through them once: seconds are for what looks again from each place."""
    for said in (
        '"' * 200_000,
        '"token":{' * 30_000,
        "?a=" * 100_000,
        "://" * 100_000,
        "%25" * 100_000,
        "eyJ" * 100_000,
    ):
        secrets.mask_text(f"{said}%41\\u0041", False)


EXPORTS = ["/journal", "/journal.har", "/journal.jsonl", "/jobs"]


def _nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    "body",
    [
        f'{{"prompt": "a", "x": {_nested(strict_json.DEEPEST - 1)}}}',
        f'{{"prompt": "a", "x": {_nested(200)}}}',
        f'{{"prompt": "a", "x": {_nested(600)}}}',
        f'{{"prompt": "a", "apiKey": {_nested(50_000)}}}',
        '{"fal_key": "x", "prompt": "\\ud800"}',
        f'{{"prompt": "a", "duration": {"9" * 400}}}',
        f'{{"prompt": "a", "duration": {"9" * 308}}}',
        '{"prompt": "a", "duration": ' + "9" * 5000,
    ],
    ids=lambda body: f"{body[:36]}-{len(body)}",
)
def test_no_body_breaks_an_export(control: Control, wire: Wire, body: str) -> None:
    if wire.name == "runware":
        body = f"[{body}]"
    answer = control.house.ask("POST", wire.submit_path, "a-key", content=body.encode())
    assert answer.status_code < 500
    (exchange,) = control.get("/journal")["exchanges"]
    for path in (*EXPORTS, f"/journal/1?world={exchange['world']}", f"/worlds/snapshot?world={exchange['world']}"):
        assert control.ask("GET", path).status_code == 200, path


def test_a_body_as_deep_as_any_may_be_is_in_a_snapshot_that_can_be_restored(control: Control) -> None:
    body = f'{{"prompt": "a", "x": {_nested(strict_json.DEEPEST - 1)}}}'
    control.house.ask("POST", FAL, "a-key", content=body.encode())
    saved = control.get("/worlds/snapshot?key=a-key")
    control.do("PUT", "/worlds/snapshot", saved)
    assert len(control.get("/journal/1?key=a-key")["submitted"]) == 1


def test_the_tokens_of_fal_are_hidden_and_hold_no_key(control: Control) -> None:
    house = control.house
    for path, body in (("/tokens/", {}), ("/storage/auth/token", {}), ("/storage/upload/initiate", {"file_name": "a"})):
        answer = house.post(f"/fal/rest{path}", body, S)
        assert answer.status_code == 200
        for part in re.findall(r"[\w-]{16,}", answer.text):
            assert S.encode() not in base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    for path in ("/journal/1", "/journal/2", "/journal/3", "/journal.har", "/journal.jsonl"):
        assert "eyJ" not in control.ask("GET", path).text
        assert "eyJ" in control.ask("GET", f"{path}?secrets=1").text


def test_webhooks_with_secrets_are_hidden_everywhere(control: Control, wires: tuple[Wire, ...]) -> None:
    hook = f"http://user:{S}@receiver.test/?token={S}&signature={S}"
    for wire in wires:
        wire.submit(control.house, webhook=hook)
    control.house.post("/runware/v1", [wires[1].body[0] | {"webhookURL": f"ftp://user:{S}@receiver.test/"}])
    control.house.advance(10)
    paths = ["/journal", "/journal.har", "/journal.jsonl", "/jobs", "/deliveries"]
    paths += [f"/journal/{number}" for number in range(1, 6)]
    paths += [f"/jobs/{job['id']}" for job in control.get("/jobs")["jobs"]]
    for path in paths:
        assert S not in control.ask("GET", path).text, path
    assert len(control.get("/deliveries")["deliveries"]) == 4


def _urls(control: Control) -> list[str]:
    return [entry["request"]["url"] for entry in control.get("/journal.har")["log"]["entries"]]


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({}, f"http://mock.test{FAL}"),
        ({"host": 'a b"<>'}, f"http://localhost{FAL}"),
        ({"host": "[bad"}, f"http://localhost{FAL}"),
        ({"host": "[::1]:8787"}, f"http://[::1]:8787{FAL}"),
        ({"x-forwarded-proto": "https", "x-forwarded-host": "mock.example"}, f"https://mock.example{FAL}"),
        ({"x-forwarded-proto": "java script"}, f"http://mock.test{FAL}"),
    ],
    ids=str,
)
def test_the_archive_has_urls_that_are_some(control: Control, headers: dict[str, str], url: str) -> None:
    control.house.post(FAL, {"prompt": "a kite"}, headers=headers)
    assert _urls(control) == [url]


def test_the_archive_tells_tls_from_plain_http(control: Control) -> None:
    control.house.post("https://queue.fal.run/fal-ai/kling-video/o1/reference-to-video", {"prompt": "a kite"})
    assert _urls(control) == ["https://queue.fal.run/fal-ai/kling-video/o1/reference-to-video"]


def test_what_belongs_in_no_url_is_encoded_in_the_archive(control: Control) -> None:
    control.house.get(f"{FAL}/requests/x?a=[b]&token={S}&c=%zz&d={{|}}")
    (url,) = _urls(control)
    assert url.endswith("/requests/x?a=%5Bb%5D&token=%5Bhidden%5D&c=%25zz&d=%7B%7C%7D")
    (entry,) = control.get("/journal.har")["log"]["entries"]
    assert {"name": "token", "value": "[hidden]"} in entry["request"]["queryString"]
