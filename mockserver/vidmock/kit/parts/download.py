"""Fetches a file whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from vidmock.kit.client import NotDownloaded

ATTEMPTS = 4


def download(http: httpx.Client, url: str, target: Path, job_id: str, sleep: Callable[[float], None]) -> Path:
    """Fetch *url* to *target*, which appears only once it is complete. *http* must carry no API key.

    Raises:
        NotDownloaded: not even after several attempts; the video is paid for, so generating again would pay twice.
    """
    trouble = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(2.0**attempt)
        part = target.with_name(f"{target.name}.part")
        try:
            trouble = _fetch(http, url, part)
        except httpx.TransportError as error:
            trouble = repr(error)
        if not trouble:
            part.replace(target)
            return target
        part.unlink(missing_ok=True)
    raise NotDownloaded(f"{url} could not be fetched: {trouble}", job_id)


def _fetch(http: httpx.Client, url: str, part: Path) -> str:
    """Write the body to *part*; what is wrong with it, or nothing."""
    with http.stream("GET", url, headers={"accept-encoding": "identity"}, follow_redirects=True) as response:
        kind = response.headers.get("content-type", "")
        if response.status_code != 200 or not kind.startswith("video/"):
            return f"HTTP {response.status_code} with {kind or 'no content type'}"
        size = 0
        with part.open("wb") as file:
            for chunk in response.iter_raw():
                size += file.write(chunk)
    promised = response.headers.get("content-length")
    return "" if promised in (None, str(size)) else f"{size} bytes came of {promised}"
