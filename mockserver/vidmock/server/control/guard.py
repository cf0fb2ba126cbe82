"""Who may use the control API: this machine, and no web page that happens to be open on it."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request

from vidmock.server.control.refusal import ControlProblem
from vidmock.server.egress import is_public_name
from vidmock.server.origin import hostname


def check_caller(request: Request, control: Literal["loopback", "any"]) -> None:
    """Let *request* pass, or say why not.

    Where a browser sends it, the page it comes from must be local as well: any site may make a browser post to this
    machine. A public name in front of a local address is refused for the same reason (DNS rebinding).

    Raises:
        ControlProblem: 403
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
    """The host of a page, and a public name for one that cannot be told."""
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
