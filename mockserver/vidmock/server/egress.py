"""Which hosts the server may contact: those of this machine and of private networks, and others only if allowed."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection

from vidmock.interception.preload.vidmock_names import is_public_name

_METADATA_6 = ipaddress.ip_address("fd00:ec2::254")
"""Amazon's metadata service over IPv6: not link-local, as the one over IPv4 is, but in a private network's range."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class DestinationRefused(Exception):
    """The host is not on this machine or a private network; the message names it, and the option that allows it."""


def not_emulated_text(host: str) -> str:
    """What a client is told that asks for *host*, which is neither emulated nor allowed."""
    return f"{host} is not emulated: nothing leaves this machine. --allow-host {host} lets it through.\n"


class Unresolved(DestinationRefused):
    """The name does not resolve. It was not refused: if it resolved, its address would be checked."""


async def check_destination(host: str, port: int, allowed: Collection[str]) -> None:
    """Raise unless *host* may be contacted.

    Link-local addresses are refused always: cloud metadata services have them. A public name is refused without being
    resolved, for even the query would leave this machine.

    Raises:
        DestinationRefused: the host is public or link-local.
        Unresolved: it does not resolve.
    """
    if host in allowed:
        return
    if is_public_name(host):
        raise DestinationRefused(_public_text(host, host))
    try:
        addresses = [ipaddress.ip_address(host)]
    except ValueError:
        addresses = await _resolve(host, port)
    for address in map(_unmapped, addresses):
        if address.is_link_local or address.is_multicast or address.is_unspecified or address == _METADATA_6:
            raise DestinationRefused(f"{host} is {address}, a link-local or metadata address, and is never contacted")
        if not (address.is_loopback or address.is_private):
            raise DestinationRefused(_public_text(f"{host} ({address})", host))


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unresolved(f"{host} does not resolve: {error.strerror or error}") from error
    return [ipaddress.ip_address(entry[4][0]) for entry in found]


def _unmapped(address: Address) -> Address:
    """The IPv4 address that ``::ffff:…`` stands for: connecting to either is the same."""
    return getattr(address, "ipv4_mapped", None) or address


def _public_text(what: str, host: str) -> str:
    return f"{what} is public: nothing leaves this machine; --allow-host {host} lets it through"
