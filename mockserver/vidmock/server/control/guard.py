"""Who may use the control API: programs on this machine, those that send its token, and no web page of another site.

All that is let in is listed here; whatever is not, is refused.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from shlex import quote
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from vidmock.engine.world.settings import Settings
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.origin import External, hostname

OWN_HEADER = "x-vidmock"
"""How the names of headers begin that are for this server alone. No form can send one, nor a script of another site."""
OPTION = f"-H {OWN_HEADER}:1"
"""With which curl sends one."""

_SITES = frozenset({"", "none", "same-origin", "same-site"})
"""What a browser may say of the page that asks, in ``Sec-Fetch-Site``; programs do not say it."""
_FORWARDED_FOR = re.compile(r'\bfor\s*=\s*(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)


def check_caller(request: Request, settings: Settings, *, guarded: bool) -> None:
    """Raise unless *request* may use the control API. It is *guarded* if it changes something, or shows secrets.

    A program on this machine is let in, and one elsewhere that sends the token of *settings*. A browser may be on this
    machine as well, for any site can make it send a form here: pages are judged by their origin, a public name for a
    local address is refused (DNS rebinding), and what is guarded needs a header that no form can send.

    Raises:
        ControlProblem: it may not (status 403).
    """
    headers, name = request.headers, hostname(request.scope)
    ours = _own_names(settings) | {str((request.scope.get("server") or ("",))[0])}
    _check_page(headers, ours | {name})
    if not _has_token(headers, settings.control_token):
        _check_machine(request)
        if name and not _is_ours(name, ours):
            raise ControlProblem(
                f"the control API is not served as {name!r}",
                403,
                "Host",
                f"vidmock serve --tls-host {quote(name)}",
            )
    if guarded and not _is_no_form(headers):
        raise ControlProblem(
            "a change, or a look at secrets, needs a header that no web form can send: content-type: application/json, "
            f"or one that begins with {OWN_HEADER}",
            403,
            "headers",
            f"curl {OPTION} …",
        )


def _check_page(headers: Headers, ours: frozenset[str]) -> None:
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "")
    if "origin" in headers and not _is_ours(_host_of(origin), ours):
        raise ControlProblem(f"a page of {origin} may not use this server's control API", 403, "Origin")
    if site not in _SITES:
        raise ControlProblem("a page of another site may not use this server's control API", 403, "Sec-Fetch-Site")


def _check_machine(request: Request) -> None:
    senders = [request.client.host if request.client else ""]
    for header in ("x-forwarded-for", "x-real-ip"):
        senders += [each.strip() for value in request.headers.getlist(header) for each in value.split(",")]
    for value in request.headers.getlist("forwarded"):
        senders += [quoted or plain for quoted, plain in _FORWARDED_FOR.findall(value)] or [""]
    if not all(map(_is_loopback, senders)):
        raise ControlProblem(
            "the control API answers this machine only, and whoever sends its token as x-vidmock-token",
            403,
            hint="vidmock serve --control-from-anywhere",
        )


def _has_token(headers: Headers, token: str) -> bool:
    return bool(token) and secrets.compare_digest(headers.get("x-vidmock-token", "").encode(), token.encode())


def _is_no_form(headers: Headers) -> bool:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or any(name.startswith(OWN_HEADER) for name in headers)


def _own_names(settings: Settings) -> frozenset[str]:
    """The names that whoever started the server has given it."""
    urls = {settings.media_url}
    if settings.external_url is not None:
        external = External.parse(settings.external_url)
        urls |= {external.url, f"http://{external.host}"}
    return settings.tls_hosts | {urlsplit(url).hostname or "" for url in urls}


def _is_ours(name: str, ours: frozenset[str]) -> bool:
    return bool(name) and (name in ours or name == "localhost" or name.endswith(".localhost") or _is_loopback(name))


def _host_of(origin: str) -> str:
    """The host of a page; empty where it is none of the web, or the origin does not say."""
    try:
        parts = urlsplit(origin)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _is_loopback(address: str) -> bool:
    """Whether *address* is this machine's own; it may have a port behind brackets, or a zone."""
    bare = address[1:].partition("]")[0] if address.startswith("[") else address
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
