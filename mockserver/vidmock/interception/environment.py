"""The environment variables with which unmodified clients find the mock, and no key that works."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from vidmock.interception.preload.vidmock_names import PROVIDERS

PRELOAD = Path(__file__).with_name("preload.mjs")
BUN_PRELOAD = Path(__file__).with_name("preload-bun.mjs")
PYTHON_PRELOAD = Path(__file__).with_name("preload")
"""A folder that must come first in ``PYTHONPATH``."""
PHP_FOLDER = Path(__file__).with_name("php")
"""A folder with settings that PHP reads after its own."""

KEY_VARIABLES = ("FAL_KEY", "RUNPOD_API_KEY", "RUNWARE_API_KEY", "EACHLABS_API_KEY", "EACH_API_KEY")
"""The environment variables from which the providers' clients take their key."""
MADE_UP = "vidmock"
"""What a key begins with that no provider gave, such as ``vidmock-no-balance``."""

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_NO_PROXY = ("NO_PROXY", "no_proxy")
_PROXY = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NODE = ("NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "VIDMOCK_URL", "VIDMOCK_HOSTS")
_PYTHON = ("PYTHONPATH", "VIDMOCK_URL", "VIDMOCK_HOSTS")

SHARED: Mapping[str, str] = {"NODE_OPTIONS": " ", "BUN_OPTIONS": " ", "PYTHONPATH": os.pathsep}
"""The variables that keep the user's value behind ours, and what separates the two."""
APPENDED = ("JAVA_TOOL_OPTIONS", "PHP_INI_SCAN_DIR")
"""Those that keep the user's value before ours, which begins with what separates the two."""
JAVA_LATER = ("JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
"""What Java reads after ``JAVA_TOOL_OPTIONS``: a proxy in them would win, so it gets ours behind it."""

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
    "curl": (*_PROXY, *_TRUST, "CURL_HOME"),
    "wget": (*_PROXY, "WGETRC", "SYSTEM_WGETRC"),
    "node": _NODE,
    "deno": (*_PROXY, "DENO_CERT"),
    "bun": (*_PROXY, "NODE_EXTRA_CA_CERTS", "BUN_OPTIONS", "VIDMOCK_URL"),
    "java": ("JAVA_TOOL_OPTIONS", *JAVA_LATER),
    "php": (*_PROXY, "SSL_CERT_FILE", "PHP_INI_SCAN_DIR", "VIDMOCK_PHP_PRELOAD", "VIDMOCK_URL"),
}
"""The variables that each client needs, by the client's name: those of ``JAVA_LATER`` only where they are set."""


def client_environment(
    url: str,
    certificate: Path,
    hosts: Collection[str],
    *,
    keys: Sequence[str] = (),
    environ: Mapping[str, str] = MappingProxyType({}),
    direct: Iterable[str] = (),
) -> dict[str, str]:
    """All variables for clients of the mock at *url* (``http://host:port``).

    *certificate* is the authority to trust, with the other files that lie beside it; *hosts* are the names that are
    emulated. Every provider's key is the user's own in *environ*, if it is one of *keys* or made up, else the first of
    *keys*, or a dummy: a client that gets past the mock by mistake must not find one that works. The hosts in
    ``NO_PROXY`` of *environ*, and *direct* ones, are asked without the mock. What ``SHARED`` and ``APPENDED`` name has
    our part only.
    """
    from vidmock.interception.java import java_options

    pem = str(certificate)
    exempt = _exempt(environ, hosts, direct)
    return {
        **_keys(keys, environ),
        "RUNPOD_ENDPOINT_BASE_URL": f"{url}/runpod/v2",
        # Hosts that are emulated: fal-client before 1.0 puts "queue." before the former.
        "FAL_RUN_HOST": "fal.run",
        "FAL_QUEUE_RUN_HOST": "queue.fal.run",
        **dict.fromkeys(_PROXIES, url),
        **dict.fromkeys(_NO_PROXY, ",".join(exempt)),
        "SSL_CERT_FILE": pem,
        "REQUESTS_CA_BUNDLE": pem,
        "CURL_CA_BUNDLE": pem,
        "CURL_HOME": str(certificate.parent),
        "WGETRC": str(certificate.with_name("wgetrc")),
        "SYSTEM_WGETRC": str(certificate.with_name("system-wgetrc")),
        "JAVA_TOOL_OPTIONS": f" {java_options(url, certificate.with_name('ca.p12'), exempt)}",
        "PHP_INI_SCAN_DIR": f"{os.pathsep}{PHP_FOLDER}",
        "VIDMOCK_PHP_PRELOAD": str(PHP_FOLDER / "preload.php"),
        "NODE_EXTRA_CA_CERTS": pem,
        "DENO_CERT": pem,
        "NODE_OPTIONS": f"--import={PRELOAD.as_uri()}",
        "BUN_OPTIONS": f"--preload={BUN_PRELOAD}",
        "PYTHONPATH": str(PYTHON_PRELOAD),
        "VIDMOCK_URL": url,
        "VIDMOCK_HOSTS": ",".join(sorted(hosts)),
    }


def environment_without_providers(why: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables with which programs find no way to the providers, as far as variables can do that.

    Python and Node are told *why*, in which ``{host}`` stands for the name that they ask for, and ``{provider}`` for
    whose it is. The proxies of *environ* are not asked for it.
    """
    variables = {
        "PYTHONPATH": str(PYTHON_PRELOAD),
        "NODE_OPTIONS": f"--import={PRELOAD.as_uri()}",
        "VIDMOCK_KEPT_FROM": ",".join(f"{domain}={provider}" for domain, provider in PROVIDERS.items()),
        "VIDMOCK_KEPT_WHY": why,
    }
    variables |= keep_theirs(variables, environ)
    if any(environ.get(name) for name in _PROXIES):
        theirs = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
        # A star counts only where it stands alone.
        ours = ",".join(filter(None, (theirs, *PROVIDERS)))
        variables |= dict.fromkeys(_NO_PROXY, theirs if theirs == "*" else ours)
    return variables


def keep_theirs(variables: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Those of *variables* that ``SHARED`` and ``APPENDED`` name, each together with its value in *environ*.

    With them are those that ``JAVA_LATER`` names, where they would lead elsewhere.
    """
    kept = lead_later_java(variables, environ)
    for name in (*SHARED, *APPENDED):
        ours, theirs = variables.get(name), environ.get(name, "")
        if ours is None:
            continue
        if ours in theirs:
            kept[name] = theirs
        else:
            kept[name] = f"{theirs}{ours}" if name in APPENDED else SHARED[name].join(filter(None, (ours, theirs)))
    return kept


def lead_later_java(variables: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """What ``JAVA_LATER`` names of *environ*, with our part behind it, where that leads elsewhere."""
    java = variables.get("JAVA_TOOL_OPTIONS")
    if java is None:
        return {}
    from vidmock.interception.java import sets_proxy_or_trust

    later = {name: environ.get(name, "") for name in JAVA_LATER}
    return {
        name: theirs if java in theirs else f"{theirs}{java}"
        for name, theirs in later.items()
        if sets_proxy_or_trust(theirs)
    }


def overridden(variables: Mapping[str, str], environ: Mapping[str, str]) -> list[str]:
    """The variables of *environ* that lead programs elsewhere, which *variables* replace."""
    from vidmock.interception.java import sets_proxy_or_trust

    found = [name for name in _PROXIES if environ.get(name, variables[name]) not in ("", variables[name])]
    return found + [name for name in ("JAVA_TOOL_OPTIONS", *JAVA_LATER) if sets_proxy_or_trust(environ.get(name, ""))]


def _keys(keys: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    dummies = {
        "FAL_KEY": "vidmock:offline",
        "RUNPOD_API_KEY": "vidmock-offline",
        "RUNWARE_API_KEY": "vidmock-offline-key-for-local-runs",
        "EACHLABS_API_KEY": "vidmock-offline",
        "EACH_API_KEY": "vidmock-offline",
    }
    theirs = {name: environ.get(name, "") for name in KEY_VARIABLES}
    own = {name: key for name, key in theirs.items() if key in keys or key.startswith(MADE_UP)}
    return (dict.fromkeys(KEY_VARIABLES, keys[0]) if keys else dummies) | own


def _exempt(environ: Mapping[str, str], hosts: Collection[str], direct: Iterable[str]) -> list[str]:
    """This machine's names, and those entries of ``NO_PROXY``, and *direct*, that exempt none of *hosts* from the mock.

    Some clients compare an entry with the end of a name, wherever it begins, so it is compared like that here.
    """
    theirs = re.split(r"[,\s]+", ",".join(environ.get(name, "") for name in _NO_PROXY))
    kept = (entry for entry in (*theirs, *direct) if not _matches(entry, hosts))
    return list(dict.fromkeys(("localhost", "127.0.0.1", "::1", *kept)))


def _matches(entry: str, hosts: Collection[str]) -> bool:
    end = re.sub(r":\d+$", "", entry.lower()).lstrip("*").strip(".")
    return not end or any(host.endswith(end) for host in hosts)
