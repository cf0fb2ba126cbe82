"""What a browser may do with an answer: the headers by which no answer becomes a page that acts in this server's name.

A stranger can have text stored here, and name files and models. Were an answer shown as a page of this server's origin,
its scripts could use the control API, which is at the same origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial

from starlette.types import Message, Send

from vidmock.providers.exchange.envelope import Protect

STRANGERS: Mapping[str, str] = {"content-security-policy": "sandbox", "x-content-type-options": "nosniff"}
"""Of all that a stranger can have stored or named: as a page, it has an origin of its own, and no scripts."""
CONTROL: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " sandbox",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Of the control API: no page, no part of one, and no frame."""
PAGE_FOLDER = "/page/"
"""Below the control API's prefix: the files of its page."""
ATTACHMENT = "attachment"
_SHOWN = ("image/", "video/", "audio/")
_NOT_MODIFIED = 304


def with_policy(send: Send, policy: Protect) -> Send:
    """*send*, whose answers are under *policy*."""

    async def sending(message: Message) -> None:
        await send(policy(message) if message["type"] == "http.response.start" else message)

    return sending


def policy_of(headers: Mapping[str, str]) -> Protect:
    """The policy by which answers carry *headers*, and are saved and not shown unless picture, video or sound."""
    return partial(_protected, _encoded(headers), _encoded({**headers, "content-disposition": ATTACHMENT}))


@lru_cache(maxsize=64)
def disposition(status: int, media_type: str) -> str:
    """The ``Content-Disposition`` of an answer; empty where it may be shown.

    A 304 has none: it changes the headers of what the client has. An SVG is a page with scripts as well as a picture.
    """
    kind = media_type.strip().lower()
    shown = kind.startswith(_SHOWN) and not kind.partition("/")[2].startswith("svg")
    return "" if shown or status == _NOT_MODIFIED else ATTACHMENT


def own_page_policy(files: str) -> Protect:
    """The policy of this server's own page, whose scripts and styles come from below the URL *files*."""
    allowed = f"script-src {files}; style-src {files}; connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:"
    headers = _encoded(
        {
            **CONTROL,
            "content-security-policy": f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none';"
            " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            "cache-control": "no-cache",
            "referrer-policy": "same-origin",
        }
    )
    return partial(_protected, headers, headers)


def _encoded(headers: Mapping[str, str]) -> Mapping[bytes, bytes]:
    return {name.encode(): value.encode() for name, value in headers.items()}


def _protected(shown: Mapping[bytes, bytes], saved: Mapping[bytes, bytes], message: Message) -> Message:
    headers = message.get("headers", ())
    media_type = next((value for name, value in headers if name.lower() == b"content-type"), b"")
    added = saved if disposition(message["status"], media_type.decode("latin-1")) else shown
    kept = [header for header in headers if header[0].lower() not in added]
    return {**message, "headers": [*kept, *added.items()]}
