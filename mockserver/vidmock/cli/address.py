"""The addresses of servers that options take."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from vidmock.problems import BadRequest


def parse_address(url: str) -> str:
    """*url* as ``http://host:port``: the form in which a proxy is named, and to which a path can be added.

    Raises:
        BadRequest: it has another form; the message has the line to type.
    """
    parts = _parts(url)
    if parts is None or parts.scheme != "http" or parts.path.strip("/") or parts.query or parts.fragment:
        raise BadRequest(
            f"--url must be http://HOST:PORT (TLS goes through it, too), not {url!r}. "
            f"Try: vidmock env --url http://{_netloc(url)}"
        )
    return f"http://{parts.netloc}" if parts.port else f"http://{parts.netloc.rstrip(':')}:80"


def parse_external_urls(texts: Iterable[str]) -> tuple[str, ...]:
    """*texts* as they are: each a URL to which paths can be added, perhaps with ``HOST=`` or ``HOST:PORT=`` before it.

    Raises:
        BadRequest: one has another form, or two are for one host; the message has the option to type.
    """
    from vidmock.server.external_urls import External, split_external

    by_host: dict[str, str] = {}
    for text in texts:
        before, url = split_external(text)
        host = _parts(f"http://{before or 'any'}")
        if not _is_base(url) or host is None or host.netloc != (before or "any"):
            raise BadRequest(
                "--external-url must be a whole http or https URL, or HOST=URL for a proxy that replaces the Host "
                f"header, not {text!r}. Try: --external-url {'mock:8787=' if before else ''}https://{_netloc(url)}"
            )
        name = External.parse(text).host
        if name in by_host:
            raise BadRequest(
                f"--external-url has two for clients that came by {name}: {by_host[name]!r} and {text!r}. "
                f"Leave one of them out, or name the host that it is for. Try: --external-url HOST={url}"
            )
        by_host[name] = text
    return tuple(by_host.values())


def parse_base_url(url: str, option: str) -> str:
    """What *option* says, *url*, without a slash at its end, if it is one to which paths can be added.

    Raises:
        BadRequest: it has another form; the message has the option to type.
    """
    if not _is_base(url):
        raise BadRequest(
            f"{option} must be a whole http or https URL, not {url!r}. Try: {option} http://{_netloc(url)}"
        )
    return url.rstrip("/")


def _is_base(url: str) -> bool:
    parts = _parts(url)
    return parts is not None and parts.scheme in ("http", "https") and not (parts.query or parts.fragment)


def _parts(url: str) -> SplitResult | None:
    """The parts of *url*, if it has a host, no bad port, and no user name."""
    try:
        parts = urlsplit(url)
        known = parts.hostname and "@" not in parts.netloc and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        return None
    return parts if known else None


def _netloc(url: str) -> str:
    """The host and port that *url* seems to mean, or else an example."""
    meant = url.partition("://")[2] or url
    parts = _parts(f"http://{meant}")
    return parts.netloc if parts and (parts.port or "." in parts.netloc) else "127.0.0.1:8787"
