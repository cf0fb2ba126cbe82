"""URLs of answers that lead away: they are followed to this server, and a key that goes along is found out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import fal_client
import httpx
import pytest

import vidmock
from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.providers.exchange.elsewhere import Away, led_back

if TYPE_CHECKING:
    from tests.conftest import House, Wire

MODEL = "fal-ai/kling-video/o1/reference-to-video"
HOSTS = {"queue.fal.run"}


@pytest.mark.parametrize(
    ("url", "origin", "where", "led"),
    [
        ("http://127.0.0.1:80/fal/x?a=1", "http://127.0.0.1:80", "host", "http://localhost:80/elsewhere/fal/x?a=1"),
        ("http://localhost/fal/x", "http://localhost", "host", "http://127.0.0.1/elsewhere/fal/x"),
        ("http://mock:80/fal/x", "http://mock:80", "host", "http://mock:80/elsewhere/fal/x"),
        ("http://mock:80/fal/x", "http://mock:80", "path", "http://mock:80/moved/fal/x"),
        ("https://queue.fal.run/x", "https:", "host", "https://elsewhere.test/elsewhere/queue.fal.run/x"),
        ("https://queue.fal.run/x", "https:", "path", "https://queue.fal.run/moved/x"),
        ("https://pictures.example/x", "https:", "host", "https://pictures.example/x"),
        ("http://mock:8080/fal/x", "http://mock:80", "host", "http://mock:8080/fal/x"),
        ("http://127.0.0.1:80/fal/x", "http://127.0.0.1:80", "port", "http://127.0.0.1:8081/elsewhere/fal/x"),
        ("http://[::1]/fal/x", "http://[::1]", "port", "http://[::1]:8081/elsewhere/fal/x"),
        ("https://queue.fal.run/x", "https:", "port", "https://elsewhere.test/elsewhere/queue.fal.run/x"),
    ],
)
def test_only_what_is_ours_is_led_away(url: str, origin: str, where: Any, led: str) -> None:
    away = Away(origin, HOSTS, where, port=8081)
    assert away.text(f'{{"a": "{url}"}}') == f'{{"a": "{led}"}}'


@pytest.mark.parametrize(
    ("host", "path", "back"),
    [
        ("elsewhere.test", "/elsewhere/queue.fal.run/x/y", ("queue.fal.run", "/x/y")),
        ("localhost", "/elsewhere/fal/queue/x", ("localhost", "/fal/queue/x")),
        ("queue.fal.run", "/moved/x", ("queue.fal.run", "/x")),
        ("queue.fal.run", "/elsewhere", ("queue.fal.run", "/elsewhere")),
        ("queue.fal.run", "/movedx", ("queue.fal.run", "/movedx")),
    ],
)
def test_what_was_led_away_is_led_back(host: str, path: str, back: tuple[str, str]) -> None:
    assert led_back(host, path, HOSTS) == back


@pytest.mark.parametrize("where", ["host", "path"])
def test_a_client_that_follows_them_gets_its_video(house: House, wire: Wire, where: str) -> None:
    job = wire.submit(house)
    house.advance(5)
    rule = FaultRule("poll", Effect("other_urls", {"where": where}))
    house.world().faults.add(checked_rule(rule))
    video = wire.video(wire.look(house, job).json())
    assert video.startswith(f"http://mock.test/{'elsewhere' if where == 'host' else 'moved'}/")
    assert house.get(video, None).content[4:8] == b"ftyp"


def test_an_emulated_host_leads_to_one_that_is_nobodys(house: House) -> None:
    rule = FaultRule("after", Effect("other_urls"))
    house.world().faults.add(checked_rule(rule))
    told = house.post(f"https://queue.fal.run/{MODEL}", {"prompt": "a kite"}).json()
    assert told["status_url"].startswith("https://elsewhere.test/elsewhere/queue.fal.run/fal-ai/kling-video/requests/")
    followed = house.get(told["status_url"], headers={"authorization": "Key a-key"})
    assert followed.json()["status_url"].startswith("https://queue.fal.run/")


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.test/x",
        "https://elsewhere.test/_vidmock/worlds",
        "https://elsewhere.test/elsewhere/_vidmock/worlds",
        "http://localhost/elsewhere/_vidmock/worlds",
        "http://localhost/moved/_vidmock/worlds",
    ],
)
def test_nothing_else_is_found_elsewhere(house: House, url: str) -> None:
    assert house.get(url).status_code == 404


@pytest.fixture
def mock() -> Iterator[vidmock.MockServer]:
    with vidmock.MockServer() as server:
        yield server


def test_a_client_that_sends_its_key_to_whatever_host_is_named_is_found_out(mock: vidmock.MockServer) -> None:
    """As fal's own client does."""
    mock.faults.add("other_urls", phase="after")
    client = fal_client.SyncClient(key="a-key")
    with mock.lead_clients():
        handle = client.submit(MODEL, {"prompt": "a kite"})
        mock.assert_key_kept()
        handle.status()
    client._client.close()
    with pytest.raises(AssertionError, match=r"the key was sent to another host.*\n +GET /elsewhere/"):
        mock.assert_key_kept()


def test_a_client_that_keeps_its_key_to_itself_is_not(mock: vidmock.MockServer) -> None:
    mock.faults.add("other_urls", phase="after")
    answer = httpx.post(f"{mock.fal.url}/{MODEL}", json={"prompt": "a"}, headers={"authorization": "Key k"})
    assert answer.json()["status_url"].startswith("http://localhost:")
    assert httpx.get(answer.json()["status_url"].replace("localhost", "127.0.0.1")).status_code == 401
    mock.assert_key_kept()


@pytest.mark.parametrize("where", ["host", "port", "path"])
@pytest.mark.parametrize("effect", ["other_urls", "redirected"])
def test_a_key_that_goes_away_is_found_out(mock: vidmock.MockServer, effect: Any, where: str) -> None:
    mock.faults.add(effect, phase="after", where=where)
    with httpx.Client(headers={"authorization": "Key k"}, trust_env=False) as client:
        first = client.post(f"{mock.fal.url}/{MODEL}", json={"prompt": "a"})
        led = first.headers["location"] if effect == "redirected" else first.json()["status_url"]
        here, there = httpx.URL(mock.url), httpx.URL(led)
        assert (there.host != here.host, there.port != here.port) == (where == "host", where == "port")
        followed = client.post(led, json={"prompt": "a"}) if effect == "redirected" else client.get(led)
    # Who has followed is there, and is sent nowhere else.
    assert followed.json()["status"] == "IN_QUEUE"
    if where == "path":
        mock.assert_key_kept()
    else:
        with pytest.raises(AssertionError, match="the key was sent to another host"):
            mock.assert_key_kept()


def test_without_a_port_of_its_own_another_host_is_named(house: House) -> None:
    house.world().faults.add(checked_rule(FaultRule("after", Effect("redirected", {"where": "port"}))))
    told = house.post(f"https://queue.fal.run/{MODEL}", {"prompt": "a kite"})
    assert told.headers["location"] == f"https://elsewhere.test/elsewhere/queue.fal.run/{MODEL}"
