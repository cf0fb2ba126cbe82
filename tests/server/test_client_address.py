"""Behind a proxy: whose words decide with what the URLs in answers begin, on providers' own hosts and by prefix."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vidmock.engine.world.settings import Settings
from vidmock.media.clip import Clip
from vidmock.media.render import render
from vidmock.server.certificates import CertificateAuthority
from vidmock.server.external_urls import ExternalUrls
from vidmock.server.origin import ClientAddress
from vidmock.server.server import Server
from vidmock.server.site import Site

if TYPE_CHECKING:
    from tests.conftest import House, Wire

Run = Callable[[Coroutine[Any, Any, Any]], Any]
MODEL = "fal-ai/kling-video/o1/reference-to-video"


@pytest.mark.parametrize(
    ("headers", "external", "origin"),
    [
        ({"host": "mock:8787"}, "", "http://mock:8787"),
        ({"host": "[::1]:9000"}, "", "http://[::1]:9000"),
        ({}, "", "http://10.0.0.2:8787"),
        ({"host": "m:1", "x-forwarded-proto": "https"}, "", "https://m:1"),
        ({"host": "m:1", "x-forwarded-host": "Mock.Test"}, "", "http://mock.test"),
        ({"host": "m:1", "x-forwarded-host": "mock.test", "x-forwarded-port": "81"}, "", "http://mock.test:81"),
        ({"host": "m:1", "x-forwarded-host": "mock.test", "x-forwarded-port": "80"}, "", "http://mock.test"),
        ({"host": "m:1", "x-forwarded-host": "mock.test:9", "x-forwarded-port": "81"}, "", "http://mock.test:9"),
        ({"host": "[::1]", "x-forwarded-port": "81"}, "", "http://[::1]:81"),
        ({"host": "m", "x-forwarded-prefix": "/video/"}, "", "http://m/video"),
        ({"host": "m", "x-forwarded-proto": "https, http", "x-forwarded-host": "a.test, b"}, "", "https://a.test"),
        ({"host": "m:1", "x-forwarded-proto": "javascript"}, "", "http://m:1"),
        ({"host": "m:1", "x-forwarded-host": 'a"b'}, "", "http://m:1"),
        ({"host": "m:1", "x-forwarded-prefix": "//evil"}, "", "http://m:1"),
        ({"host": "m", "x-forwarded-port": "80; x"}, "", "http://m"),
        # What the proxy does not say, the option says, for those who came by its name.
        ({"host": "mock.test"}, "https://mock.test:8443/x/", "https://mock.test:8443/x"),
        ({"host": "mock.test:80"}, "https://mock.test", "https://mock.test"),
        ({"host": "neighbour:8787"}, "https://mock.test", "http://neighbour:8787"),
        ({"host": "mock:8787"}, "mock:8787=https://mock.test", "https://mock.test"),
        ({"host": "mock:1"}, "mock:8787=https://mock.test", "http://mock:1"),
        ({"host": "mock:1"}, "mock=https://mock.test", "https://mock.test"),
        ({}, "https://mock.test", "https://mock.test"),
        ({"host": "m", "x-forwarded-host": "mock.test"}, "https://mock.test/x", "https://mock.test/x"),
        ({"host": "mock.test", "x-forwarded-proto": "http"}, "https://mock.test/x", "http://mock.test/x"),
        ({"host": "mock.test", "x-forwarded-prefix": "/y"}, "https://mock.test/x", "https://mock.test/y"),
        # A provider's own host keeps its name.
        ({"host": "queue.fal.run"}, "", "http:"),
        ({"host": "queue.fal.run", "x-forwarded-proto": "https"}, "", "https:"),
        ({"host": "queue.fal.run"}, "https://mock.test/x", "https:"),
        ({"host": "queue.fal.run", "x-forwarded-proto": "http"}, "https://mock.test", "http:"),
        ({"host": "m:1", "x-forwarded-host": "queue.fal.run", "x-forwarded-proto": "https"}, "", "https:"),
        # There may be one for each host; what has the port as well goes first.
        ({"host": "a.test"}, "https://b.test a.test=https://c.test", "https://c.test"),
        ({"host": "b.test"}, "a.test=https://c.test https://b.test/x", "https://b.test/x"),
        ({"host": "a.test:1"}, "a.test=https://b.test a.test:1=https://c.test", "https://c.test"),
        ({"host": "a.test:2"}, "a.test=https://b.test a.test:1=https://c.test", "https://b.test"),
        ({}, "a.test=https://b.test http://c.test", "https://b.test"),
        # One that names a provider's own host takes its name away, and says nothing of others.
        ({"host": "queue.fal.run"}, "http://b.test queue.fal.run=https://c.test/x", "https://c.test/x"),
        ({"host": "queue.fal.run", "x-forwarded-proto": "http"}, "queue.fal.run=https://c.test", "http://c.test"),
        ({"host": "fal.run"}, "queue.fal.run=https://c.test", "http:"),
        ({"host": "fal.run"}, "queue.fal.run=https://c.test https://b.test", "https:"),
        ({"host": "queue.fal.run"}, "https://queue.fal.run", "https:"),
        ({}, "queue.fal.run=https://c.test", "http://10.0.0.2:8787"),
    ],
)
def test_each_part_is_the_proxys_else_the_options_else_the_requests(
    headers: Mapping[str, str], external: str, origin: str
) -> None:
    scope = {
        "scheme": "http",
        "server": ("10.0.0.2", 8787),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    address = ClientAddress.of(scope)
    own = {"queue.fal.run", "fal.run"}
    urls = ExternalUrls(external.split(), own)
    emulated = address.hostname in own and not urls.renames(address.hostname)
    assert address.origin(scope, emulated=emulated, urls=urls) == origin


def test_urls_that_stand_for_a_providers_own_host_lead_back(houses: Callable[..., House]) -> None:
    house = houses(external_urls=("https://mock.test", "queue.fal.run=https://fal.mock.test"))
    came = {"host": "queue.fal.run", "authorization": "Key a-key"}
    ask = {"prompt": "a kite", "image_urls": ["https://a.test/a.png"]}
    submitted = house.post(f"/{MODEL}", ask, headers=came).json()
    base = "https://fal.mock.test/fal/queue/fal-ai/kling-video/requests/"
    assert submitted["response_url"].startswith(base)
    house.advance(60)
    path = httpx.URL(submitted["response_url"]).path
    for asked in (path, path.removeprefix("/fal/queue")):
        answer = house.get(asked, headers=came)
        assert answer.status_code == 200, (asked, answer.text)
        assert answer.json()["video"]["url"].startswith("https://fal.mock.test/fal/media/"), answer.text
    assert house.get("/_vidmock/worlds", None, headers=came).status_code == 405


def test_a_file_may_have_another_name_than_what_polls(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(media_url="http://localhost:9999")
    job = wire.submit(house)
    house.advance(3)
    method, path, body = wire.poll(job)
    answer = house.ask(method, path, headers={"host": "mock:8787"}, **({} if body is None else {"json": body}))
    video = wire.video(answer.json())
    assert video.startswith(f"http://localhost:9999/{wire.name}/media/")
    assert house.get(httpx.URL(video).path, None).content[4:8] == b"ftyp"
    others = answer.text.replace(video, "")
    assert "localhost:9999" not in others


def test_an_upload_of_another_name_is_an_input_that_eachlabs_takes(houses: Callable[..., House]) -> None:
    house = houses(media_url="http://localhost:9999")
    came = {"host": "mock:8787"}
    signed = house.post("/eachlabs/v1/upload/presign", {"content_type": "video/mp4"}, headers=came).json()
    assert signed["presigned_url"].startswith("http://mock:8787/eachlabs/media/")
    assert signed["public_url"].startswith("http://localhost:9999/eachlabs/media/")
    clip = render(Clip(1280, 720, 5.0, ("walk",)))
    sent = {"content-type": "video/mp4", **signed["required_headers"]}
    house.ask("PUT", signed["presigned_url"], None, content=clip, headers=sent)
    for url in (signed["public_url"], signed["presigned_url"].partition("?")[0]):
        ask = {"prompt": "a kite", "video_url": url}
        begun = house.post("/eachlabs/v1/prediction", {"model": "kling-o1-video-to-video-reference", "input": ask})
        assert begun.status_code == 200, begun.text


@asynccontextmanager
async def terminator(tls: ssl.SSLContext, server: Server, added: bytes) -> AsyncIterator[int]:
    """A proxy that ends TLS: it passes on what comes, with *added* to the head of a connection's first request."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def answers() -> None:
            while data := await back.read(65536):
                writer.write(data)

        line, head = await reader.readline(), await reader.readuntil(b"\r\n\r\n")
        back, there = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        there.write(line + added + head)
        answering = asyncio.create_task(answers())
        while data := await reader.read(65536):
            there.write(data)
        there.close()
        await answering
        writer.close()

    listening = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=tls)
    async with listening:
        yield int(listening.sockets[0].getsockname()[1])


@pytest.mark.parametrize(
    ("host", "prefix"), [("queue.fal.run", ""), ("mock.test", "/fal/queue")], ids=["own host", "prefix"]
)
@pytest.mark.parametrize(
    ("added", "external"),
    [(b"X-Forwarded-Proto: https\r\n", None), (b"", "https://mock.test")],
    ids=["it says so", "it says nothing"],
)
def test_behind_a_proxy_that_ends_tls_urls_are_https(
    run: Run, tmp_path: Path, host: str, prefix: str, added: bytes, external: str | None
) -> None:
    authority = CertificateAuthority([host], tmp_path)
    trusting = ssl.create_default_context(cafile=str(authority.certificate))

    async def scenario() -> None:
        async with (
            Server(Site(Settings(external_urls=(external,) if external else ()))) as server,
            terminator(authority.context([host]), server, added) as port,
            httpx.AsyncClient(
                verify=trusting, trust_env=False, headers={"host": host, "connection": "close"}
            ) as client,
        ):
            answer = await client.post(
                f"https://127.0.0.1:{port}{prefix}/{MODEL}",
                json={"prompt": "a kite"},
                headers={"authorization": "Key k"},
                extensions={"sni_hostname": host},
            )
            urls = {name: url for name, url in answer.json().items() if name.endswith("_url")}
        assert len(urls) == 3
        assert all(url.startswith(f"https://{host}{prefix}/fal-ai/kling-video/requests/") for url in urls.values())

    run(scenario())
