"""Who may use the control API: programs on this machine, those that send its token, and no web page of another site.

All that is let in is listed here; whatever is not, is refused.
"""

from __future__ import annotations

import re
import secrets
from shlex import quote

from starlette.datastructures import Headers
from starlette.requests import Request

from vidmock.engine.world.settings import Settings
from vidmock.server.control.prefix import PREFIX
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.origin import hostname
from vidmock.server.pages import OWN_HEADER, is_at, is_loopback, is_no_form, is_ours, own_names, strange_page

OPTION = f"-H {OWN_HEADER}:1"
"""With which curl sends one."""

_FORWARDED_FOR = re.compile(r'\bfor\s*=\s*(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)


def check_caller(request: Request, settings: Settings, *, guarded: bool) -> None:
    """Raise unless *request* may use the control API. It is *guarded* if it changes something, or shows secrets.

    A program on this machine is let in, and one elsewhere that sends the token of *settings*. A browser may be on this
    machine as well, for any site can make it send a form here: pages are judged by their origin, a public name for a
    local address is refused (DNS rebinding), and what is guarded needs a header that no form can send. Of the pages of
    this server, one is meant to use it.

    Raises:
        ControlProblem: it may not (status 403).
    """
    headers, name = request.headers, hostname(request.scope)
    address, port = request.scope.get("server") or ("", None)
    ours = own_names(settings) | {str(address)}
    _check_page(headers, ours | {name})
    if not _has_token(headers, settings.control_token):
        if is_at(headers, port, PREFIX):
            said = f"no page of this server itself may use its control API, but for {PREFIX}/"
            raise ControlProblem(said, 403, "Sec-Fetch-Site")
        _check_machine(request)
        if name and not is_ours(name, ours):
            raise ControlProblem(
                f"the control API is not served as {name!r}",
                403,
                "Host",
                f"vidmock serve --tls-host {quote(name)}",
            )
    if guarded and not is_no_form(headers):
        raise ControlProblem(
            "a change, or a look at secrets, needs a header that no web form can send: content-type: application/json, "
            f"or one that begins with {OWN_HEADER}",
            403,
            "headers",
            f"curl {OPTION} …",
        )


def check_page(request: Request, settings: Settings) -> None:
    """Raise ControlProblem (status 403) if a page of another site asks for this one, which is no part of any."""
    _check_page(request.headers, own_names(settings) | {hostname(request.scope)})


def _check_page(headers: Headers, ours: frozenset[str]) -> None:
    page, header = strange_page(headers, ours)
    if page:
        raise ControlProblem(f"{page} may not use this server's control API", 403, header)


def _check_machine(request: Request) -> None:
    senders = [request.client.host if request.client else ""]
    for header in ("x-forwarded-for", "x-real-ip"):
        senders += [each.strip() for value in request.headers.getlist(header) for each in value.split(",")]
    for value in request.headers.getlist("forwarded"):
        senders += [quoted or plain for quoted, plain in _FORWARDED_FOR.findall(value)] or [""]
    if not all(map(is_loopback, senders)):
        raise ControlProblem(
            "the control API answers this machine only, and whoever sends its token as x-vidmock-token",
            403,
            hint="vidmock serve --control-from-anywhere",
        )


def _has_token(headers: Headers, token: str) -> bool:
    kind, _, bearer = headers.get("authorization", "").partition(" ")
    # Prometheus before 3 sends no header of another name.
    sent = headers.get("x-vidmock-token") or (bearer.strip() if kind.lower() == "bearer" else "")
    return bool(token) and secrets.compare_digest(sent.encode(), token.encode())
