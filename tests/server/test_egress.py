"""Where a delivery may go: this machine and its private networks, and nowhere else unless told so."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from typing import Any

import pytest

from vidmock.server.egress import DestinationRefused, check_destination


def _admit(host: str, allowed: Collection[str] = (), resolved: list[str] | None = None) -> None:
    """Ask with a resolver that answers *resolved*, or that fails the test where nothing may be looked up."""

    async def story() -> None:
        async def lookup(name: str, port: int, **more: Any) -> list[tuple[Any, ...]]:
            if resolved is None:
                pytest.fail(f"{name} was looked up")
            if not resolved:
                raise socket.gaierror(-2, "Name or service not known")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in resolved]

        # This loop is ours alone, and closed after the question.
        vars(asyncio.get_running_loop())["getaddrinfo"] = lookup
        await check_destination(host, 80, allowed)

    asyncio.run(story())


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "fd12:3456::1", "::ffff:127.0.0.1"],
)
def test_this_machine_and_private_networks_are_let_through(host: str) -> None:
    _admit(host)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "0.0.0.0",
        "::",
        "224.0.0.1",
    ],
)
def test_metadata_and_other_special_addresses_are_never_contacted(host: str) -> None:
    with pytest.raises(DestinationRefused, match=r"link-local or metadata address, and is never contacted"):
        _admit(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "100.64.0.1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses_are_refused_with_the_way_out(host: str) -> None:
    with pytest.raises(DestinationRefused, match=f"nothing leaves this machine; --allow-host {host}"):
        _admit(host)


@pytest.mark.parametrize(
    "host", ["example.com", "hooks.example.co.uk", "example.com.", "localhost.example.com", "0x7f.1"]
)
def test_a_public_name_is_refused_without_looking_it_up(host: str) -> None:
    with pytest.raises(DestinationRefused, match="nothing leaves this machine"):
        _admit(host)


@pytest.mark.parametrize(
    "host", ["localhost", "receiver", "app.localhost", "hook.test", "printer.local", "a.b.internal"]
)
def test_a_local_name_is_let_through_where_it_leads_to_a_private_address(host: str) -> None:
    _admit(host, resolved=["127.0.0.1", "10.0.0.7"])


@pytest.mark.parametrize(
    ("addresses", "says"),
    [
        (["93.184.216.34"], r"receiver \(93\.184\.216\.34\) is public"),
        (["127.0.0.1", "93.184.216.34"], "is public"),
        (["169.254.169.254"], "link-local or metadata"),
        ([], "does not resolve"),
    ],
    ids=["public", "mixed", "metadata", "nothing"],
)
def test_a_local_name_that_leads_elsewhere_is_refused(addresses: list[str], says: str) -> None:
    with pytest.raises(DestinationRefused, match=says):
        _admit("receiver", resolved=addresses)


def test_a_host_that_was_allowed_is_not_even_looked_up() -> None:
    _admit("hooks.example.com", allowed={"hooks.example.com"})
