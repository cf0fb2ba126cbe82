"""Which hosts the server may contact: those of this machine and of private networks, and others only if allowed.

A host is resolved once, all its addresses are judged, and whoever connects does so to one of them: a name that leads
elsewhere when it is asked for a second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_network
from types import MappingProxyType
from typing import Final, TypeVar

from vidmock.interception.preload.vidmock_names import is_public_name
from vidmock.server import local_names

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

METADATA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "169.254.0.0/16": "link-local: AWS, Azure, Google, DigitalOcean, Hetzner, IBM, OpenStack (169.254.169.254), "
        "ECS (169.254.170.2), EKS Pod Identity (169.254.170.23), Tencent (169.254.0.23), Scaleway (169.254.42.42)",
        "fe80::/10": "link-local: OpenStack and Akamai (fe80::a9fe:a9fe)",
        "fd00:ec2::/32": "AWS: docs.aws.amazon.com/AWSEC2 'Retrieve instance metadata' (::254), its EKS pages (::23)",
        "fd20:ce::254/128": "Google, instances with IPv6 only: cloud.google.com/compute/docs/metadata",
        "fd00:c1::a9fe:a9fe/128": "Oracle: the endpoint in its own Python SDK, oracle/oci-python-sdk",
        "192.0.0.192/32": "Oracle Cloud Classic",
        "168.63.129.16/32": "Azure: learn.microsoft.com 'What is IP address 168.63.129.16?'; it looks public",
        "100.100.100.200/32": "Alibaba: cloudinit.readthedocs.io, datasource AliYun",
        "fd00:100::100:200/128": "Alibaba, IPv6: seen in several deny lists, not in its own pages",
        "fd00:42::42/128": "Scaleway: cloudinit.readthedocs.io, datasource Scaleway",
        "fd00:a9fe:a9fe::1/128": "Akamai (Linode): techdocs.akamai.com 'Metadata service API'",
    }
)
"""Where clouds tell their machines secrets, with who does so and where it says so (looked up in November 2026).

They lie in link-local, shared, public and private ranges, so none of these classes finds them all.
"""
_METADATA: Final = tuple(map(ip_network, METADATA))
_NOBODYS: Final = tuple(map(ip_network, ("0.0.0.0/8", "::/128", "224.0.0.0/4", "ff00::/8", "255.255.255.255/32")))
"""Unspecified, multicast and broadcast: addresses of no one host."""
_OURS: Final[tuple[Network, ...]] = tuple(
    map(ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
"""This machine and private networks (RFC 1918, RFC 4193). All else is refused unless allowed.

So are ranges that ``is_private`` of Python counts among these: reserved ones, those for documentation and benchmarks,
shared address space, and those whose addresses hold an IPv4 address (NAT64, 6to4, Teredo).
"""


T = TypeVar("T")


class DestinationRefused(Exception):
    """The host is not on this machine or a private network; the message names it, and the option that allows it."""


class Unresolved(DestinationRefused):
    """The name does not resolve. It was not refused: if it resolved, its address would be checked."""


def not_emulated_text(host: str) -> str:
    """What a client is told that asks for *host*, which is neither emulated nor allowed."""
    return f"{host} is not emulated: nothing leaves this machine. --allow-host {host} lets it through.\n"


async def find_destination(host: str, port: int, allowed: Collection[str]) -> tuple[str, ...]:
    """The addresses of *host*, to one of which a connection may be made, in the order of the system's resolver.

    A public name is refused without being resolved, for even the query would leave this machine; for names for local
    use, :mod:`vidmock.server.local_names` says who is asked. Where clouds keep their metadata is never contacted, not
    even by a name in *allowed*: only that address itself can be allowed.

    Raises:
        DestinationRefused: the host is neither on this machine nor in a private network.
        Unresolved: it does not resolve.
    """
    host = host.lower().rstrip(".")
    is_allowed = host in {name.lower().rstrip(".") for name in allowed}
    if literal := _literal(host):
        if not is_allowed:
            _judge(host, literal)
        return (str(literal),)
    if local_names.is_loopback_name(host):
        return local_names.LOOPBACK
    if is_allowed:
        found = await _resolve(host, port)
    elif is_public_name(host):
        raise DestinationRefused(_outside_text(host, "public", host))
    else:
        found = await _resolve_local(host, port)
    addresses = tuple(dict.fromkeys(map(_unmapped, found)))
    for address in addresses:
        _judge(host, address, may_be_outside=is_allowed)
    return tuple(map(str, addresses))


async def connect_to_first(addresses: Sequence[str], connect: Callable[[str], Awaitable[T]]) -> T:
    """What *connect* gives for the first of *addresses* that takes a connection. Raises OSError: the last does not."""
    for address in addresses[:-1]:
        with suppress(OSError):
            return await connect(address)
    return await connect(addresses[-1])


@lru_cache(maxsize=1024)
def _literal(host: str) -> Address | None:
    try:
        return _unmapped(ipaddress.ip_address(host))
    except ValueError:
        return None


def _judge(host: str, address: Address, *, may_be_outside: bool = False) -> None:
    """Raise DestinationRefused unless *address*, one of those of *host*, may be contacted."""
    if _is_in(address, _METADATA) or _is_in(address, _NOBODYS):
        raise DestinationRefused(f"{host} is {address}, a link-local or metadata address, and is never contacted")
    if not may_be_outside and not _is_in(address, _OURS):
        what = host if host == str(address) else f"{host} ({address})"
        raise DestinationRefused(_outside_text(what, "public" if address.is_global else "for special use", host))


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


async def _resolve_local(host: str, port: int) -> list[Address]:
    named = [_literal(text) for text in await local_names.find_in_hosts_file(host)]
    if found := [address for address in named if address]:
        return found
    if not local_names.is_resolver_local():
        raise DestinationRefused(
            f"{host} is a name for local use, and no name server outside is asked for it: give the address, or name it "
            f"in the hosts file; --allow-host {host} has it asked for"
        )
    return await _resolve(host, port)


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolved(f"{host} does not resolve: {getattr(error, 'strerror', None) or error}") from error
    return [ipaddress.ip_address(entry[4][0]) for entry in found]


def _unmapped(address: Address) -> Address:
    """The IPv4 address that ``::ffff:…`` stands for: connecting to either is the same."""
    return getattr(address, "ipv4_mapped", None) or address


def _outside_text(what: str, kind: str, host: str) -> str:
    return f"{what} is {kind}: nothing leaves this machine; --allow-host {host} lets it through"
