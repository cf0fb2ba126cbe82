"""The certificate authority: one good pair in its folder whatever happens, for few names, and renewed in time."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vidmock.engine.world.settings import Settings
from vidmock.server.authority_note import noted_certificate
from vidmock.server.certificates import (
    AUTHORITY_LIFE,
    CERTIFICATE_LIFE,
    CertificateAuthority,
)
from vidmock.server.server import ThreadedServer
from vidmock.server.tls import ServerCertificate

if TYPE_CHECKING:
    from tests.conftest import House

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS = frozenset({"queue.fal.run"})


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("VIDMOCK_STATE", str(folder))
    return folder


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def pair(folder: Path) -> tuple[Any, x509.Certificate]:
    return (
        load_pem_private_key((folder / "ca.key").read_bytes(), None),
        x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes()),
    )


def assert_good(folder: Path) -> None:
    key, cert = pair(folder)
    assert key.public_key() == cert.public_key()


def peer_of(context: ssl.SSLContext, trusting: ssl.SSLContext, host: str) -> dict[str, Any]:
    """The certificate that a client finds which asks for *host*, without a socket. SSLError: it does not trust it."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(back, there, server_hostname=host)
    server = context.wrap_bio(there, back, server_side=True)
    done = 0
    while done < 2:
        done = 0
        for side in (client, server):
            try:
                side.do_handshake()
                done += 1
            except ssl.SSLWantReadError:
                pass
    return dict(client.getpeercert() or {})


def trusting(authority: CertificateAuthority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.certificate))


def test_the_key_is_the_users_alone_and_the_authority_is_kept(state: Path) -> None:
    first = CertificateAuthority(HOSTS).certificate.read_bytes()
    assert first.startswith(b"-----BEGIN CERTIFICATE-----")
    assert CertificateAuthority(HOSTS).certificate.read_bytes() == first
    if sys.platform != "win32":
        assert (state / "ca.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"damaged", b""], ids=["damaged", "empty"])
def test_a_damaged_key_is_made_anew_with_a_line(state: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    CertificateAuthority(HOSTS)
    (state / "ca.key").write_bytes(content)
    authority = CertificateAuthority(HOSTS)
    assert lines(caplog) == [
        f"vidmock: {state / 'ca.key'} is damaged: its authority is made anew, and must be trusted anew"
    ]
    assert_good(state)
    peer_of(authority.context(HOSTS), trusting(authority), "queue.fal.run")


def test_a_certificate_of_another_key_is_noticed(state: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    CertificateAuthority(HOSTS)
    CertificateAuthority(HOSTS, tmp_path / "other")
    key = (state / "ca.key").read_text().partition("-----BEGIN CERTIFICATE")[0]
    other = (tmp_path / "other" / "ca.pem").read_text()
    (state / "ca.key").write_text(key + other)
    CertificateAuthority(HOSTS)
    assert len(lines(caplog)) == 1
    assert_good(state)


def test_an_authority_that_an_empty_name_has_made_good_for_every_host_is_made_anew(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    CertificateAuthority([*HOSTS, ""])
    before = (state / "ca.key").read_text()
    CertificateAuthority(HOSTS)
    assert lines(caplog) == [
        f"vidmock: {state / 'ca.key'} is damaged: its authority is made anew, and must be trusted anew"
    ]
    assert (state / "ca.key").read_text().partition("-----END")[0] != before.partition("-----END")[0]
    assert_good(state)


@pytest.mark.parametrize("content", [None, b"damaged"], ids=["gone", "damaged"])
def test_the_public_file_follows_the_key(state: Path, content: bytes | None) -> None:
    authority = CertificateAuthority(HOSTS)
    first = authority.certificate.read_bytes()
    authority.certificate.unlink()
    if content:
        authority.certificate.write_bytes(content)
    assert CertificateAuthority(HOSTS).certificate.read_bytes() == first


@pytest.mark.skipif(sys.platform == "win32", reason="its files have no such modes")
def test_a_key_that_others_can_read_is_taken_from_them_with_a_line(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    CertificateAuthority(HOSTS)
    (state / "ca.key").chmod(0o644)
    CertificateAuthority(HOSTS)
    assert (state / "ca.key").stat().st_mode & 0o777 == 0o600
    assert lines(caplog) == [f"vidmock: others could read {state / 'ca.key'} (mode 644): now only you can"]


def test_a_hundred_first_starts_at_once_leave_one_good_pair(state: Path, caplog: pytest.LogCaptureFixture) -> None:
    code = "from vidmock.server.certificates import CertificateAuthority as A; print(A(['queue.fal.run']).certificate)"
    others = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    with ThreadPoolExecutor(97) as threads:
        opened = list(threads.map(lambda _: CertificateAuthority(HOSTS), range(97)))
    told = [other.communicate(timeout=60)[0] for other in others]
    assert {other.returncode for other in others} == {0}
    assert {one.strip() for one in told} == {str(state / "ca.pem")}
    assert len({authority._pair.cert for authority in opened}) == 1
    assert_good(state)
    assert lines(caplog) == []
    assert {path.name for path in state.iterdir()} == {
        "ca.json",
        "ca.key",
        "ca.p12",
        "ca.pem",
        "lock",
        "wgetrc",
        "system-wgetrc",
        ".curlrc",
    }


SPOILS: dict[str, Callable[[Path], object]] = {
    "no note": lambda folder: (folder / "ca.json").unlink(),
    "no JSON": lambda folder: (folder / "ca.json").write_text("{"),
    "another form": lambda folder: (folder / "ca.json").write_text("[]"),
    "a key that was written at another time": lambda folder: os.utime(folder / "ca.key", (0, 0)),
    "another certificate": lambda folder: (folder / "ca.pem").write_text("damaged"),
    "a file for wget that is gone": lambda folder: (folder / "wgetrc").unlink(),
}


def test_what_was_found_of_an_authority_is_noted(state: Path) -> None:
    certificate = CertificateAuthority(HOSTS, now=NOW).certificate
    assert noted_certificate(HOSTS, state, NOW) == noted_certificate((), state, NOW) == certificate
    assert noted_certificate([*HOSTS, "box"], state, NOW) is None
    assert noted_certificate(HOSTS, state, NOW + AUTHORITY_LIFE / 2) is None


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_note_is_not_believed_where_anything_has_changed(state: Path, spoil: str) -> None:
    certificate = CertificateAuthority(HOSTS).certificate
    SPOILS[spoil](state)
    assert noted_certificate(HOSTS, state) is None
    assert ServerCertificate(HOSTS).file() == noted_certificate(HOSTS, state) == certificate
    assert_good(state)


def test_who_trusts_it_trusts_it_for_few_names(state: Path) -> None:
    authority = CertificateAuthority(HOSTS)
    stolen = authority.context(["queue.fal.run", "a.queue.fal.run", "bank.example", "localhost", "127.0.0.9"])
    client = trusting(authority)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    # OpenSSL refuses a certificate with a name that is not permitted, whichever is asked for.
    with pytest.raises(ssl.SSLError, match="permitted subtree violation"):
        peer_of(stolen, client, "queue.fal.run")
    good = authority.context(["queue.fal.run", "a.queue.fal.run", "app.localhost", "127.0.0.9", "::1"])
    for host in ("queue.fal.run", "a.queue.fal.run", "app.localhost", "127.0.0.9", "::1"):
        peer_of(good, client, host)


def test_another_name_is_permitted_with_the_same_key_and_a_line(state: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = CertificateAuthority(HOSTS)
    old = trusting(before)
    more = HOSTS | {"box", "*.mock.example.test", "10.1.2.3"}
    authority = CertificateAuthority(more)
    line = f"vidmock: {state / 'ca.pem'} is made anew, to be good for 10.1.2.3/32, box, mock.example.test as well"
    assert lines(caplog) == [f"{line}: clients must read it again"]
    context = authority.context(more)
    for host in ("queue.fal.run", "box", "a.mock.example.test", "10.1.2.3"):
        peer_of(context, trusting(authority), host)
    # Who trusted the old one goes on for the old names.
    peer_of(CertificateAuthority(HOSTS).context(HOSTS), old, "queue.fal.run")
    assert CertificateAuthority(HOSTS).certificate.read_bytes() == authority.certificate.read_bytes()


def test_an_authority_is_renewed_with_the_same_key_before_it_ends(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    CertificateAuthority(HOSTS, now=NOW)
    key, first = pair(state)
    assert first.not_valid_after_utc == NOW + AUTHORITY_LIFE
    CertificateAuthority(HOSTS, now=NOW + AUTHORITY_LIFE / 3)
    assert pair(state)[1] == first
    later = NOW + AUTHORITY_LIFE / 2 + timedelta(days=1)
    CertificateAuthority(HOSTS, now=later)
    again, second = pair(state)
    assert second.not_valid_after_utc == later + AUTHORITY_LIFE
    assert again.public_key() == key.public_key()
    assert lines(caplog) == []


def test_a_server_renews_its_certificate_in_time(state: Path) -> None:
    tls = ServerCertificate(HOSTS)
    now = datetime.now(UTC)
    first = tls.context(now)
    assert tls.context(now + CERTIFICATE_LIFE / 3) is first
    second = tls.context(now + CERTIFICATE_LIFE / 2)
    assert second is not first
    found = peer_of(first, ssl.create_default_context(cafile=str(tls.file())), "queue.fal.run")
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(found["notAfter"]), UTC)
    assert end == (now + CERTIFICATE_LIFE).replace(microsecond=0)


def test_it_can_be_fetched_also_by_other_machines(state: Path, houses: Callable[..., House]) -> None:
    with ThreadedServer(Settings()) as server:
        answer = httpx.get(f"{server.url}/_vidmock/ca.pem", trust_env=False)
        path = server.certificate()
        transport = httpx.ASGITransport(server.app, client=("10.0.0.5", 1234))
        foreign = server.run(_get(transport, "http://mock:8787/_vidmock/ca.pem"))
        assert server.run(_get(transport, "http://mock:8787/_vidmock/clock")).status_code == 403
    assert answer.headers["content-type"] == "application/x-pem-file"
    assert answer.content == foreign.content == path.read_bytes()
    answer = houses().get("/_vidmock/ca.pem", None)
    assert (answer.status_code, answer.json()["error"]) == (404, "this server is used in process, without TLS")


async def _get(transport: httpx.ASGITransport, url: str) -> httpx.Response:
    async with asyncio.timeout(60), httpx.AsyncClient(transport=transport) as client:
        return await client.get(url)
