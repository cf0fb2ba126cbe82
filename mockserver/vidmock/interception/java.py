"""The options with which a Java virtual machine goes to the mock and trusts its certificate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

TRUST_PASSWORD = "vidmock"  # noqa: S105 - the file has a certificate only, which is public
"""Of the file with the certificate: Java wants one."""


def java_options(url: str, trust: Path, exempt: Iterable[str]) -> str:
    """What ``JAVA_TOOL_OPTIONS`` has for the mock at *url*, and the PKCS #12 file *trust*.

    *exempt* hosts, in the form of ``NO_PROXY``, are asked without the mock.
    """
    mock = urlsplit(url)
    settings = {
        "javax.net.ssl.trustStore": str(trust),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": TRUST_PASSWORD,
        # The one for https as well.
        "http.nonProxyHosts": "|".join(_pattern(entry) for entry in exempt),
    }
    for scheme in ("http", "https"):
        settings |= {f"{scheme}.proxyHost": mock.hostname or "", f"{scheme}.proxyPort": str(mock.port or 80)}
    return " ".join(f'"-D{name}={value}"' for name, value in settings.items())


def sets_proxy_or_trust(options: str) -> bool:
    """Whether *options* say where to go or whom to trust."""
    return re.search(r"-D(https?\.proxyHost|javax\.net\.ssl\.trustStore)=", options) is not None


def _pattern(entry: str) -> str:
    """An entry of ``NO_PROXY`` as Java has it: a name, or one that begins with a star; an IPv6 address in brackets."""
    if entry.count(":") > 1:
        return f"[{entry.strip('[]')}]"
    name = entry.partition(":")[0]
    return f"*{name}" if name.startswith(".") else name
