"""Where a delivery may go: this machine and its private networks, and nowhere else unless told so."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from vidmock.server import local_names
from vidmock.server.egress import METADATA, DestinationRefused, Unresolved, find_destination

DOCKERS = "nameserver 127.0.0.11\noptions ndots:0\n"
HOSTS = """\
127.0.0.1 localhost
10.0.0.7  receiver Receiver.lan  # the one beside us
fd12::7   receiver
nonsense  receiver
169.254.169.254 cloud.internal
"""


@pytest.fixture(autouse=True)
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the system's two files, which say nothing of names."""
    monkeypatch.setattr(local_names, "HOSTS_FILE", tmp_path / "hosts")
    monkeypatch.setattr(local_names, "RESOLVER_FILE", tmp_path / "resolv.conf")
    return tmp_path


def _find(host: str, allowed: Collection[str] = (), resolved: list[str] | None = None) -> tuple[str, ...]:
    """Ask with a resolver that answers *resolved*, or that fails the test where nothing may be looked up."""

    async def story() -> tuple[str, ...]:
        async def lookup(name: str, port: int, **more: Any) -> list[tuple[Any, ...]]:
            if resolved is None:
                pytest.fail(f"{name} was looked up")
            if not resolved:
                raise socket.gaierror(-2, "Name or service not known")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in resolved]

        # This loop is ours alone, and closed after the question.
        vars(asyncio.get_running_loop())["getaddrinfo"] = lookup
        return await find_destination(host, 80, allowed)

    return asyncio.run(story())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "fd12:3456::1"]
)
def test_this_machine_and_private_networks_are_let_through(host: str) -> None:
    assert _find(host) == (host,)


def test_the_address_that_is_judged_is_the_one_that_is_given_back() -> None:
    assert _find("::ffff:127.0.0.1") == ("127.0.0.1",)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.0.23",
        "fe80::1",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "::ffff:169.254.169.254",
        "::ffff:100.100.100.200",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
    ],
)
def test_metadata_and_other_special_addresses_are_never_contacted(host: str) -> None:
    with pytest.raises(DestinationRefused, match=r"link-local or metadata address, and is never contacted"):
        _find(host)
    assert _find(host, {host}), "but by whoever names that very address"


@pytest.mark.parametrize("network", METADATA)
def test_a_name_that_was_allowed_leads_to_no_metadata_either(network: str) -> None:
    address = str(ip_network(network)[-1])
    with pytest.raises(DestinationRefused, match="never contacted"):
        _find("hooks.example.com", {"hooks.example.com"}, ["93.184.216.34", address])


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"],
)
def test_public_addresses_are_refused_with_the_way_out(host: str) -> None:
    with pytest.raises(DestinationRefused, match=f"is public: nothing leaves this machine; --allow-host {host}"):
        _find(host)


@pytest.mark.parametrize(
    "host",
    [
        "100.64.0.1",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "240.0.0.1",
        "2001:db8::1",
        "3fff::1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:a00:1::1",
        "2001::1",
        "::10.0.0.1",
        "fec0::1",
    ],
)
def test_ranges_for_special_use_are_refused_even_where_they_hold_a_private_address(host: str) -> None:
    with pytest.raises(DestinationRefused, match=f"nothing leaves this machine; --allow-host {host}"):
        _find(host)


@pytest.mark.parametrize(
    "host", ["example.com", "hooks.example.co.uk", "example.com.", "localhost.example.com", "0x7f.1", "EXAMPLE.com"]
)
def test_a_public_name_is_refused_without_looking_it_up(host: str) -> None:
    with pytest.raises(DestinationRefused, match="nothing leaves this machine"):
        _find(host)


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "a.b.LOCALHOST", "localhost."])
def test_localhost_and_all_below_it_is_this_machine_and_nobody_is_asked(host: str) -> None:
    assert _find(host) == ("127.0.0.1", "::1")


LOCAL = ["receiver", "hook.test", "printer.local", "a.b.internal", "router.lan", "box.home.arpa", "2130706433"]


@pytest.mark.parametrize("host", LOCAL)
@pytest.mark.parametrize("file", [None, "nameserver 10.0.0.2\n", DOCKERS + "nameserver 8.8.8.8\n", "\n# none\n"])
def test_no_name_server_outside_is_asked_for_a_name_for_local_use(host: str, file: str | None, system: Path) -> None:
    if file is not None:
        (system / "resolv.conf").write_text(file)
    with pytest.raises(DestinationRefused, match=f"--allow-host {host} has it asked for"):
        _find(host)


@pytest.mark.parametrize("host", LOCAL)
def test_it_is_asked_for_where_it_was_allowed(host: str) -> None:
    assert _find(host, {host.upper()}, ["192.168.0.9", "93.184.216.34"]) == ("192.168.0.9", "93.184.216.34")


@pytest.mark.parametrize("host", LOCAL)
def test_dockers_own_name_server_is_asked_because_it_knows_the_containers(host: str, system: Path) -> None:
    (system / "resolv.conf").write_text(DOCKERS)
    assert _find(host, (), ["172.18.0.3"]) == ("172.18.0.3",)


def test_the_hosts_file_is_read_and_read_again_when_it_has_changed(system: Path) -> None:
    (system / "hosts").write_text(HOSTS)
    assert _find("RECEIVER") == ("10.0.0.7", "fd12::7")
    assert _find("receiver.lan") == ("10.0.0.7",)
    with pytest.raises(DestinationRefused, match="never contacted"):
        _find("cloud.internal")
    (system / "hosts").write_text("10.0.0.8 receiver")
    assert _find("receiver") == ("10.0.0.8",)


def test_a_hosts_file_that_is_gone_when_it_is_read_says_nothing(system: Path) -> None:
    assert local_names._read_hosts(system / "hosts", 1, 1) == {}


@pytest.mark.parametrize(
    ("addresses", "says"),
    [
        (["93.184.216.34"], r"receiver \(93\.184\.216\.34\) is public"),
        (["127.0.0.1", "93.184.216.34"], "is public"),
        (["127.0.0.1", "198.18.0.1"], "is for special use"),
        (["169.254.169.254"], "link-local or metadata"),
        ([], "does not resolve"),
    ],
    ids=["public", "mixed", "special", "metadata", "nothing"],
)
def test_a_local_name_that_leads_elsewhere_is_refused(addresses: list[str], says: str, system: Path) -> None:
    (system / "resolv.conf").write_text(DOCKERS)
    with pytest.raises(DestinationRefused, match=says):
        _find("receiver", resolved=addresses)


def test_a_name_that_no_resolver_takes_does_not_resolve() -> None:
    async def story() -> None:
        await find_destination("a" * 300 + ".test", 80, {"a" * 300 + ".test"})

    with pytest.raises(Unresolved):
        asyncio.run(story())


def test_a_public_name_that_was_allowed_is_looked_up_once() -> None:
    assert _find("hooks.example.com", {"hooks.example.com"}, ["93.184.216.34"]) == ("93.184.216.34",)
