"""Every way in, through one port: HTTP, TLS, and CONNECT with either inside."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.providers.exchange.hosts import emulated_hosts
from vidmock.server.certificates import CertificateAuthority
from vidmock.server.server import ThreadedServer

FAL = "fal-ai/kling-video/o1/reference-to-video"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def mock(state: Path) -> Iterator[ThreadedServer]:
    with ThreadedServer(Settings(clock=Mode("scaled", 100.0))) as server:
        yield server


@pytest.fixture
def trusting(state: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CertificateAuthority(emulated_hosts()).certificate))


def proxied(mock: ThreadedServer, trusting: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(proxy=mock.url, verify=trusting, trust_env=False)


def test_plain_http_and_tls_share_the_port(mock: ThreadedServer, trusting: ssl.SSLContext) -> None:
    secure = mock.url.replace("http:", "https:")
    with httpx.Client(verify=trusting, trust_env=False) as client:
        assert client.get(mock.url).status_code == 200
        assert client.get(secure).status_code == 200
        assert client.get(secure.replace("127.0.0.1", "localhost")).status_code == 200


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://api.runpod.ai/v2/kling-video-o1-r2v/health", "Bearer k"),
        ("https://api.eachlabs.ai/v1/models", "Bearer k"),
    ],
    ids=["runpod", "eachlabs"],
)
def test_a_hard_coded_host_is_reached_through_connect(
    mock: ThreadedServer, trusting: ssl.SSLContext, url: str, key: str
) -> None:
    with proxied(mock, trusting) as client:
        assert client.get(url, headers={"authorization": key}).status_code == 200


@pytest.mark.parametrize("host", ["API.Eachlabs.ai", "api.eachlabs.ai."])
def test_a_name_is_the_same_in_capitals_and_with_a_dot_behind_it(mock: ThreadedServer, host: str) -> None:
    inside = f"GET /v1/models HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(f"CONNECT {host}:80 HTTP/1.1\r\n\r\n{inside}".encode())
        assert b"Kling" in raw.makefile("rb").read()


def test_answers_name_the_hosts_that_the_client_believes_in(mock: ThreadedServer, trusting: ssl.SSLContext) -> None:
    with proxied(mock, trusting) as client:
        submitted = client.post(
            f"https://queue.fal.run/{FAL}", headers={"authorization": "Key k"}, json={"prompt": "a"}
        )
        assert submitted.json()["status_url"].startswith("https://queue.fal.run/fal-ai/kling-video/requests/")


def test_answers_over_tls_to_our_own_name_come_back_the_same_way(
    mock: ThreadedServer, trusting: ssl.SSLContext
) -> None:
    secure = mock.url.replace("http:", "https:")
    with httpx.Client(verify=trusting, trust_env=False) as client:
        submitted = client.post(f"{secure}/fal/queue/{FAL}", headers={"authorization": "Key k"}, json={"prompt": "a"})
        assert submitted.json()["status_url"].startswith(f"{secure}/fal/queue/fal-ai/kling-video/requests/")


def test_a_reverse_proxy_is_believed(mock: ThreadedServer) -> None:
    headers = {
        "authorization": "Key k",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "mock.example.test",
        "x-forwarded-port": "8443",
        "x-forwarded-prefix": "/video",
    }
    submitted = httpx.post(f"{mock.url}/fal/queue/{FAL}", headers=headers, json={"prompt": "a"}, trust_env=False)
    assert submitted.json()["status_url"].startswith("https://mock.example.test:8443/video/fal/queue/")


def test_an_external_url_stands_for_its_own_host_only(state: Path) -> None:
    with ThreadedServer(Settings(external_urls=("https://mock.test/x/",))) as server:
        for host, origin in (("mock.test", "https://mock.test/x"), ("other.test", "http://other.test")):
            headers = {"authorization": "Key k", "host": host}
            submitted = httpx.post(
                f"{server.url}/fal/queue/{FAL}", headers=headers, json={"prompt": "a"}, trust_env=False
            )
            assert submitted.json()["status_url"].startswith(f"{origin}/fal/queue/")


def test_connect_to_another_host_is_refused_by_name(mock: ThreadedServer) -> None:
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n")
        answer = raw.makefile("rb").read().decode()
    assert answer.startswith("HTTP/1.1 403 ")
    assert "example.com is not emulated: nothing leaves this machine" in answer
    assert "--allow-host example.com" in answer


NO_TARGETS = """
queue.fal.run
queue.fal.run:
queue.fal.run:https
queue.fal.run:0
queue.fal.run:65536
:443
https://queue.fal.run:443/
me@queue.fal.run:443
/v1:443
queue.fal.run:443 HTTP/2.0
[::1:443
"""


@pytest.mark.parametrize("target", ["", *NO_TARGETS.strip().splitlines()])
def test_a_tunnel_to_no_host_and_port_is_told_what_a_tunnel_needs(mock: ThreadedServer, target: str) -> None:
    line = f"CONNECT {target}" if " " in target else f"CONNECT {target} HTTP/1.1"
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(f"{line}\r\n\r\n".encode())
        head, _, body = raw.makefile("rb").read().decode().partition("\r\n\r\n")
    said = f"CONNECT needs a host and a port, as in 'CONNECT queue.fal.run:443 HTTP/1.1', not {line!r}"
    assert head.partition("\r\n")[0] == f"HTTP/1.1 400 {said}"
    assert body == f"{said}\n"


def test_a_tunnel_to_an_address_is_refused_by_it(mock: ThreadedServer) -> None:
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n")
        assert raw.makefile("rb").readline().startswith(b"HTTP/1.1 403 2001:db8::1 is not emulated")


@pytest.mark.parametrize("line", ["GET {}/v1/models HTTP/1.0", "GET https://api.eachlabs.ai/v1/models HTTP/1.1"])
def test_old_and_whole_urls_inside_a_tunnel_are_served(
    mock: ThreadedServer, trusting: ssl.SSLContext, line: str
) -> None:
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(b"CONNECT api.eachlabs.ai:443 HTTP/1.1\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 200 ")
        with trusting.wrap_socket(raw, server_hostname="api.eachlabs.ai") as tunnel:
            tunnel.sendall(f"{line.format('')}\r\nhost: api.eachlabs.ai\r\nconnection: close\r\n\r\n".encode())
            assert b"Kling" in tunnel.makefile("rb").read()


def test_what_comes_with_the_connect_is_passed_on(mock: ThreadedServer) -> None:
    inside = b"GET /v1/models HTTP/1.1\r\nhost: api.eachlabs.ai\r\nconnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(b"CONNECT api.eachlabs.ai:80 HTTP/1.1\r\nhost: api.eachlabs.ai:80\r\n\r\n" + inside)
        answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_plain_proxying_to_another_host_is_refused_by_name(mock: ThreadedServer) -> None:
    with httpx.Client(proxy=mock.url, trust_env=False) as client:
        answer = client.get("http://example.com/")
    assert answer.status_code == 421
    assert "example.com is not emulated" in answer.text


def ask(url: str, line: str, host: str) -> str:
    """The whole answer to a request with *line* as its target."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(f"GET {line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
        return raw.makefile("rb").read().decode()


@pytest.mark.parametrize(
    ("host", "path"),
    [("minio:9000", "/x"), ("minio", "/"), ("10.9.9.9", "/fal/queue/fal-ai/x"), ("8.8.8.8", "/_vidmock/jobs")],
)
def test_nobody_else_is_answered_for_when_we_are_taken_for_a_proxy(mock: ThreadedServer, host: str, path: str) -> None:
    answer = ask(mock.url, f"http://{host}{path}", host)
    name = host.partition(":")[0]
    assert answer.startswith("HTTP/1.1 421 ")
    assert f"{name} is not emulated: nothing leaves this machine. --allow-host {name} lets it through." in answer


def test_what_is_ours_is_served_when_we_are_taken_for_a_proxy(state: Path) -> None:
    settings = Settings(
        tls_hosts=frozenset({"box"}), external_urls=("http://mock.test",), allow_hosts=frozenset({"minio"})
    )
    with ThreadedServer(settings) as server:
        port = server.url.rpartition(":")[2]
        for host in ("localhost", "127.0.0.1", "box", "mock.test:80", f"neighbour:{port}"):
            assert ask(server.url, f"http://{host}/", host).startswith("HTTP/1.1 200 "), host
        assert " 200 " in ask(server.url, "http://api.eachlabs.ai/v1/models", "api.eachlabs.ai").splitlines()[0]
        assert "plain HTTP is not passed on: name it in NO_PROXY" in ask(server.url, "http://minio/", "minio")


def test_another_name_for_us_is_served_without_a_proxy(mock: ThreadedServer) -> None:
    assert ask(mock.url, "/", "minio:9000").startswith("HTTP/1.1 200 ")


def test_an_allowed_host_is_really_connected(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def echo() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(connection.recv(100).upper())

        thread = threading.Thread(target=echo)
        thread.start()
        with ThreadedServer(Settings(allow_hosts=frozenset({"127.0.0.1"}))) as server:
            address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
            with socket.create_connection(address, timeout=60) as raw, raw.makefile("rb") as stream:
                raw.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % listener.getsockname()[1])
                assert stream.readline() == b"HTTP/1.1 200 Connection established\r\n"
                assert stream.readline() == b"\r\n"
                raw.sendall(b"through")
                assert stream.read(7) == b"THROUGH"
        thread.join()


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"C",
        b"CONNECT",
        b"CONNECT \r\n\r\n",
        b"CONNECT  \r\n\r\n",
        b"CONNECT a",
        b"\x16\x03\x01",
        b"\x16" * 300,
        b"\0\1\2\3\r\n\r\n",
    ],
    ids=repr,
)
def test_a_broken_beginning_harms_nobody_else(mock: ThreadedServer, junk: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        raw.sendall(junk)
        raw.shutdown(socket.SHUT_WR)
        raw.makefile("rb").read()
    assert httpx.get(mock.url, trust_env=False).status_code == 200


def test_a_silent_connection_holds_nobody_up(mock: ThreadedServer) -> None:
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2]))):
        assert httpx.get(mock.url, trust_env=False).status_code == 200


def test_a_strict_verifier_accepts_the_certificates(mock: ThreadedServer, trusting: ssl.SSLContext) -> None:
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    with httpx.Client(verify=trusting, trust_env=False) as client:
        assert client.get(mock.url.replace("http:", "https:")).status_code == 200


def test_more_names_can_have_a_certificate(state: Path) -> None:
    with ThreadedServer(Settings(tls_hosts=frozenset({"mock.example.test"}))) as server:
        trusting = ssl.create_default_context(cafile=str(server.certificate()))
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with (
            socket.create_connection(address, timeout=60) as raw,
            trusting.wrap_socket(raw, server_hostname="mock.example.test") as secure,
        ):
            certificate: Any = secure.getpeercert()
        names = {value for kind, value in certificate["subjectAltName"] if kind == "DNS"}
    assert {"mock.example.test", "queue.fal.run", "localhost"} <= names


def test_keep_alive_serves_many_requests_on_one_connection(mock: ThreadedServer) -> None:
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as raw:
        stream = raw.makefile("rb")
        for _ in range(3):
            raw.sendall(b"GET /eachlabs/v1/model HTTP/1.1\r\nhost: localhost\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += stream.readline()
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            assert "slug parameter is required" in json.dumps(json.loads(stream.read(length)))
