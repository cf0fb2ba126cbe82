"""The environment in which unmodified clients find the mock, and no key of value is at hand."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

PRELOAD = Path(__file__).with_name("preload.mjs")
PYTHON_PRELOAD = Path(__file__).with_name("preload")
"""A folder that is to come first on Python's path."""

_PROXY = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NODE = ("NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "VIDMOCK_URL", "VIDMOCK_HOSTS")

CLIENTS: Mapping[str, tuple[str, ...]] = {
    "fal-client": ("FAL_KEY", *_PROXY, *_TRUST),
    "fal-js": ("FAL_KEY", *_NODE),
    "runpod": ("RUNPOD_API_KEY", "RUNPOD_ENDPOINT_BASE_URL", "NO_PROXY"),
    "runpod-sdk": ("RUNPOD_API_KEY", *_NODE),
    "runware-sdk": ("RUNWARE_API_KEY", *_PROXY, *_TRUST),
    "runware-js": ("RUNWARE_API_KEY", *_NODE),
    "aiflow": ("EACH_API_KEY", "EACHLABS_API_KEY", *_NODE),
    "huggingface-hub": ("FAL_KEY", *_PROXY, *_TRUST),
    "requests": (*_PROXY, *_TRUST),
    "httpx": (*_PROXY, *_TRUST),
    "curl": (*_PROXY, *_TRUST),
    "node": _NODE,
}
"""Which variables a client needs, by the name it is known by."""


def environment(url: str, certificate: Path, hosts: Iterable[str]) -> dict[str, str]:
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


def python_path(environ: Mapping[str, str]) -> str:
    """``PYTHONPATH`` with our preload in front of what is in *environ*."""
    return os.pathsep.join(filter(None, (str(PYTHON_PRELOAD), environ.get("PYTHONPATH"))))
