"""Downloads a file completely, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from vidmock.kit.client import NotDownloaded

ATTEMPTS = 4
"""How often a download is tried, at most; the waits between are 2, 4 and 8 s."""


def download(http: httpx.Client, url: str, target: Path, job_id: str, sleep: Callable[[float], None]) -> Path:
    """Fetch *url* to *target*, which appears only once it is complete. *http* must carry no API key.

    It may have the API's base URL: by plain HTTP, a file is fetched from that host only, which is none but for a mock.
    Whoever made an answer name another could look around in this machine's network.

    Raises:
        NotDownloaded: all attempts failed. The video is paid for, so generating it again would pay twice.
    """
    address, api = httpx.URL(url), http.base_url
    if address.scheme != "https" and address.netloc != api.netloc:
        raise NotDownloaded(f"the video is there, but is not fetched from an address that is not public: {url}", job_id)
    problem = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(2.0**attempt)
        part = target.with_name(f"{target.name}.part")
        try:
            problem = _fetch(http, url, part)
        except httpx.TransportError as error:
            problem = repr(error)
        if not problem:
            part.replace(target)
            return target
        part.unlink(missing_ok=True)
    raise NotDownloaded(f"{url} could not be fetched: {problem}", job_id)


def _fetch(http: httpx.Client, url: str, part: Path) -> str:
    """Write the body to *part*; returns what is wrong with the answer, or the empty string."""
    with http.stream("GET", url, headers={"accept-encoding": "identity"}, follow_redirects=True) as response:
        media_type = response.headers.get("content-type", "")
        if response.status_code != 200 or not media_type.startswith("video/"):
            return f"HTTP {response.status_code} with {media_type or 'no content type'}"
        size = 0
        with part.open("wb") as file:
            for chunk in response.iter_raw():
                size += file.write(chunk)
    promised = response.headers.get("content-length")
    return "" if promised in (None, str(size)) else f"{size} bytes came of {promised}"
