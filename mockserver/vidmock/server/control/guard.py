"""Who may use the control API: programs on this machine, and no web page of another site."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request

from vidmock.interception.preload.vidmock_names import is_public_name
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.origin import hostname


def check_caller(request: Request, control: Literal["loopback", "any"]) -> None:
    """Raise unless *request* may use the control API.

    A request from a browser must come from a local page as well, for any site can make a browser post to this machine.
    A public name for a local address is refused for the same reason (DNS rebinding).

    Raises:
        ControlProblem: it may not (status 403).
    """
    origin, name = request.headers.get("origin", ""), hostname(request.scope)
    page = _name_of(origin)
    if origin and page != name and is_public_name(page):
        raise ControlProblem(f"a page of {origin} may not use this server's control API", 403, "Origin")
    if control == "any":
        return
    if not _is_loopback(request.client.host if request.client else ""):
        raise ControlProblem(
            "the control API answers this machine only",
            403,
            hint="vidmock serve --control-from-anywhere",
        )
    if is_public_name(name):
        raise ControlProblem(
            f"the control API is not served as {name}", 403, "Host", "vidmock serve --control-from-anywhere"
        )


def _name_of(origin: str) -> str:
    """The host of a page; a public name where the origin does not say."""
    try:
        return urlsplit(origin).hostname or "null.example"
    except ValueError:
        return "null.example"


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
