"""No answer may name a real host to a client that came to the mock directly: nothing leaves the machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.conftest import House, Wire

_URL = re.compile(rb"https?:(?:\\?/){2}[^\s\"'<>\\]*", re.IGNORECASE)
_DOCUMENTATION = (b"https://runware.ai/docs/", b"https://my.runware.ai/signup")
"""Pages for people, which no client contacts on its own."""
_OWN = b"http://mock.test"
_SENT_BY_CLIENT = (b"https://pictures.example/", b"https://clips.example/", b"http://receiver.test/")


def _named(answer: httpx.Response) -> Iterator[bytes]:
    for text in (answer.content, *(value for _, value in answer.headers.raw)):
        yield from _URL.findall(text)


def _everything(house: House, wire: Wire, **more: Any) -> Iterator[httpx.Response]:
    """Each kind of answer that the provider has: good, waiting, bad, refused, missing, cancelled, ended."""

    def ask(method: str, path: str, key: str | None = "a-key", json: object = None) -> httpx.Response:
        return house.ask(method, path, key, **({} if json is None else {"json": json}), **more)

    job = wire.submit(house, webhook="http://receiver.test/")
    method, path, poll = wire.poll(job)
    yield ask("POST", wire.submit_path, json=wire.body)
    for seconds in (0, 1, 2):
        house.advance(seconds)
        yield ask(method, path, json=poll)
    yield ask("POST", wire.submit_path, json=wire.bad_body)
    for key in (None, "vidmock-invalid"):
        yield ask("POST", wire.submit_path, key, wire.body)
    yield house.ask("POST", wire.submit_path, content=b"{", **more)
    for wrong in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        for route in (wire.submit_path, path, f"/{wire.name}/nowhere", f"/{wire.name}/media/nowhere", f"{path}/cancel"):
            yield ask(wrong, route)
    for route in ("/runpod/v2/kling-video-o1-r2v/health", "/eachlabs/v1/models", "/eachlabs/v1/model?slug=x"):
        yield ask("GET", route)
    status = f"{path}/status?logs=1"
    yield ask("GET", status)


def test_every_url_in_every_answer_leads_back_here(house: House, wire: Wire) -> None:
    answers = list(_everything(house, wire))
    # A model's own schema is full of examples of URLs.
    named = [url for answer in answers if b'"request_schema"' not in answer.content for url in _named(answer)]
    named += [url for message in house.receiver.messages for url in _URL.findall(message.body)]
    assert any(url.startswith(_OWN) for url in named), "the test would see nothing"
    strangers = {url for url in named if not url.startswith((_OWN, *_DOCUMENTATION, *_SENT_BY_CLIENT))}
    assert strangers == set()


def test_no_answer_is_a_failure_of_our_own(house: House, wire: Wire) -> None:
    assert [answer.status_code for answer in _everything(house, wire) if answer.status_code >= 500] == []


@pytest.mark.parametrize("host", ["127.0.0.1:8787", "[::1]:9000", "localhost", "my-laptop.local:80", "mock:8787"])
def test_urls_are_built_from_the_host_that_the_client_used(house: House, wire: Wire, host: str) -> None:
    job = wire.submit(house)
    house.advance(3)
    method, path, poll = wire.poll(job)
    more = {} if poll is None else {"json": poll}
    answer = house.ask(method, path, headers={"host": host}, **more)
    # The URL of a job's video is the one its submission was reached by.
    assert wire.video(answer.json()).startswith("http://mock.test/")
    body = wire.body if not isinstance(wire.body, list) else [wire.body[0] | {"taskUUID": job[:-1] + "f"}]
    job = wire.job_id(house.post(wire.submit_path, body, headers={"host": host}).json())
    house.advance(3)
    method, path, poll = wire.poll(job)
    answer = house.ask(method, path, headers={"host": host}, **({} if poll is None else {"json": poll}))
    assert wire.video(answer.json()).startswith(f"http://{host}/{wire.name}/media/")


REAL = {
    "runpod": ("api.runpod.ai", "/runpod", b"video.runpod.ai"),
    "runware": ("api.runware.ai", "/runware", b"vm.runware.ai"),
    "fal": ("queue.fal.run", "/fal/queue", b"v3b.fal.media"),
    "eachlabs": ("api.eachlabs.ai", "/eachlabs", b"cdn-us.eachlabs.ai"),
}


def test_a_client_that_believes_it_talks_to_the_provider_is_answered_as_by_the_provider(
    house: House, wire: Wire
) -> None:
    host, prefix, media = REAL[wire.name]
    body = (
        wire.body
        if not isinstance(wire.body, list)
        else [wire.body[0] | {"taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"}]
    )
    base = f"https://{host}"
    job = wire.job_id(house.post(base + wire.submit_path.removeprefix(prefix), body).json())
    house.advance(3)
    method, path, poll = wire.poll(job)
    answer = house.ask(method, base + path.removeprefix(prefix), **({} if poll is None else {"json": poll}))
    assert answer.status_code == 200
    hosts = {httpx.URL(url.decode()).host.encode() for url in _named(answer)} - {b"clips.example"}
    assert media in hosts
    assert hosts <= {media, host.encode()}
    assert house.get(wire.video(answer.json()), None).content[4:8] == b"ftyp"


def test_the_front_page_and_unknown_paths_say_where_the_providers_are(house: House) -> None:
    for path, status in (("/", 200), ("/nowhere", 404)):
        answer = house.get(path, None)
        assert answer.status_code == status
        for prefix in ("/runpod/v2", "/runware/v1", "/fal/queue", "/eachlabs/v1"):
            assert prefix in answer.text
