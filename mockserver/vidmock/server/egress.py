"""Where a delivery may go: this machine and its private networks, and nowhere else unless told so."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection

_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".test", ".lan", ".home.arpa")


_METADATA_6 = ipaddress.ip_address("fd00:ec2::254")
"""Cloud metadata over IPv6: unlike its elder sibling it is not link-local but looks like a private network."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class DestinationRefused(Exception):
    """The target is not on this machine or a private network; the message names the host and the way out."""


def not_emulated(host: str) -> str:
    """What a client is told that asks for *host*, which is none of ours and was not let through."""
    return f"{host} is not emulated: nothing leaves this machine. --allow-host {host} lets it through.\n"


class Unresolved(DestinationRefused):
    """Nobody has the name: it would have been let through otherwise."""


def is_public_name(host: str) -> bool:
    """Whether *host* is a dotted name that is not reserved for local use: not an address, not ``app.localhost``."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith(_LOCAL_SUFFIXES)
    return False


async def check_destination(host: str, port: int, allowed: Collection[str]) -> None:
    """Let *host* pass, or say why not.

    Link-local addresses (cloud metadata lives there) never pass. A public name is refused without looking it up,
    because even the question would leave this machine.

    Raises:
        Refused: the host is public, link-local, or does not resolve.
    """
    if host in allowed:
        return
    if is_public_name(host):
        raise DestinationRefused(_public(host, host))
    try:
        addresses = [ipaddress.ip_address(host)]
    except ValueError:
        addresses = await _resolve(host, port)
    for address in map(_unmapped, addresses):
        if address.is_link_local or address.is_multicast or address.is_unspecified or address == _METADATA_6:
            raise DestinationRefused(f"{host} is {address}, a link-local or metadata address, and is never contacted")
        if not (address.is_loopback or address.is_private):
            raise DestinationRefused(_public(f"{host} ({address})", host))


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unresolved(f"{host} does not resolve: {error.strerror or error}") from error
    return [ipaddress.ip_address(entry[4][0]) for entry in found]


def _unmapped(address: Address) -> Address:
    """The IPv4 address behind ``::ffff:…``: connecting to either is the same thing."""
    return getattr(address, "ipv4_mapped", None) or address


def _public(what: str, host: str) -> str:
    return f"{what} is public: nothing leaves this machine; --allow-host {host} lets it through"
