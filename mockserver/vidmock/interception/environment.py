"""The environment variables with which unmodified clients find the mock, and no key that works."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from vidmock.interception.preload.vidmock_names import DOMAINS

PRELOAD = Path(__file__).with_name("preload.mjs")
PYTHON_PRELOAD = Path(__file__).with_name("preload")
"""A folder that must come first in ``PYTHONPATH``."""

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_NO_PROXY = ("NO_PROXY", "no_proxy")
_PROXY = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NODE = ("NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "VIDMOCK_URL", "VIDMOCK_HOSTS")
_PYTHON = ("PYTHONPATH", "VIDMOCK_URL", "VIDMOCK_HOSTS")

SHARED: Mapping[str, str] = {"NODE_OPTIONS": " ", "PYTHONPATH": os.pathsep}
"""The variables that keep the user's value behind ours, and what separates the two."""

CLIENT_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "fal-client": ("FAL_KEY", *_PROXY, *_TRUST),
    "fal-js": ("FAL_KEY", *_NODE),
    "runpod": ("RUNPOD_API_KEY", "RUNPOD_ENDPOINT_BASE_URL", "NO_PROXY"),
    "runpod-sdk": ("RUNPOD_API_KEY", *_NODE),
    "runware-sdk": ("RUNWARE_API_KEY", *_PROXY, *_TRUST, *_PYTHON),
    "runware-js": ("RUNWARE_API_KEY", *_NODE),
    "aiflow": ("EACH_API_KEY", "EACHLABS_API_KEY", *_NODE),
    "huggingface-hub": ("FAL_KEY", *_PROXY, *_TRUST, *_PYTHON),
    "requests": (*_PROXY, *_TRUST),
    "httpx": (*_PROXY, *_TRUST),
    "aiohttp": (*_PROXY, *_TRUST, *_PYTHON),
    "curl": (*_PROXY, *_TRUST),
    "node": _NODE,
}
"""The variables that each client needs, by the client's name."""


def client_environment(url: str, certificate: Path, hosts: Iterable[str]) -> dict[str, str]:
    """All variables for clients of the mock at *url* (``http://host:port``).

    *certificate* is the authority to trust; *hosts* are the names that are emulated. The keys are dummies: a client
    that gets past the mock by mistake must not find one that works.
    """
    pem, netloc = str(certificate), urlsplit(url).netloc
    return {
        "FAL_KEY": "vidmock:offline",
        "RUNPOD_API_KEY": "vidmock-offline",
        "RUNWARE_API_KEY": "vidmock-offline-key-for-local-runs",
        "EACHLABS_API_KEY": "vidmock-offline",
        "EACH_API_KEY": "vidmock-offline",
        "RUNPOD_ENDPOINT_BASE_URL": f"{url}/runpod/v2",
        "FAL_RUN_HOST": f"{netloc}/fal/run",
        "FAL_QUEUE_RUN_HOST": f"{netloc}/fal/queue",
        "HTTPS_PROXY": url,
        "https_proxy": url,
        "HTTP_PROXY": url,
        "http_proxy": url,
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "no_proxy": "localhost,127.0.0.1,::1",
        "SSL_CERT_FILE": pem,
        "REQUESTS_CA_BUNDLE": pem,
        "CURL_CA_BUNDLE": pem,
        "NODE_EXTRA_CA_CERTS": pem,
        "NODE_OPTIONS": f"--import={PRELOAD.as_uri()}",
        "VIDMOCK_URL": url,
        "VIDMOCK_HOSTS": ",".join(sorted(hosts)),
    }


def environment_without_providers(why: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables with which programs find no way to the providers, as far as variables can do that.

    Python and Node are told *why*, in which ``{host}`` stands for the name that they ask for. The proxies of *environ*
    are not asked for it.
    """
    variables = {
        "PYTHONPATH": str(PYTHON_PRELOAD),
        "NODE_OPTIONS": f"--import={PRELOAD.as_uri()}",
        "VIDMOCK_KEPT_FROM": ",".join(DOMAINS),
        "VIDMOCK_KEPT_WHY": why,
    }
    variables |= keep_shared(variables, environ)
    if any(environ.get(name) for name in _PROXIES):
        theirs = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
        # A star counts only where it stands alone.
        variables |= dict.fromkeys(_NO_PROXY, theirs if theirs == "*" else ",".join(filter(None, (theirs, *DOMAINS))))
    return variables


def keep_shared(variables: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The ``SHARED`` ones of *variables*, each followed by its value in *environ*."""
    return {name: between.join(filter(None, (variables[name], environ.get(name)))) for name, between in SHARED.items()}


def no_proxy(
    variables: Mapping[str, str], environ: Mapping[str, str], hosts: Collection[str], *more: str
) -> dict[str, str]:
    """``NO_PROXY`` of *variables*, with the entries of *environ* and *more* that exempt none of *hosts* from the mock.

    Some clients compare an entry with the end of a name, wherever it begins, so it is compared like that here.
    """
    theirs = re.split(r"[,\s]+", f"{environ.get('NO_PROXY', '')},{environ.get('no_proxy', '')}")
    kept = [*variables["NO_PROXY"].split(","), *(entry for entry in (*theirs, *more) if not _matches(entry, hosts))]
    value = ",".join(dict.fromkeys(kept))
    return {"NO_PROXY": value, "no_proxy": value}


def _matches(entry: str, hosts: Collection[str]) -> bool:
    end = re.sub(r":\d+$", "", entry.lower()).lstrip("*").strip(".")
    return not end or any(host.endswith(end) for host in hosts)
