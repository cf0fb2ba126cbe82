"""Downloads a file completely, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from vidmock.kit.client import NotDownloaded

ATTEMPTS = 4
"""How often a download is tried, at most; the waits between are 2, 4 and 8 s."""
_AS_IT_IS: Final[Mapping[str, Any]] = {"headers": {"accept-encoding": "identity"}, "follow_redirects": True}


def download(http: httpx.Client, url: str, target: Path, job_id: str, sleep: Callable[[float], None]) -> Path:
    """Fetch *url* to *target*, which appears only once it is complete. *http* must carry no API key.

    It may have the API's base URL: by plain HTTP, a file is fetched from that host only, which is none but for a mock.
    Whoever made an answer name another could look around in this machine's network.

    Raises:
        NotDownloaded: all attempts failed. The video is paid for, so generating it again would pay twice.
    """
    _check(url, http.base_url, job_id)
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
    raise _not_fetched(url, problem, job_id)


async def download_async(
    http: httpx.AsyncClient, url: str, target: Path, job_id: str, sleep: Callable[[float], Awaitable[None]]
) -> Path:
    """As :func:`download`, for coroutines."""
    _check(url, http.base_url, job_id)
    problem = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            await sleep(2.0**attempt)
        part = target.with_name(f"{target.name}.part")
        try:
            problem = await _fetch_async(http, url, part)
        except httpx.TransportError as error:
            problem = repr(error)
        if not problem:
            part.replace(target)
            return target
        part.unlink(missing_ok=True)
    raise _not_fetched(url, problem, job_id)


def _check(url: str, api: httpx.URL, job_id: str) -> None:
    address = httpx.URL(url)
    if address.scheme != "https" and address.netloc != api.netloc:
        raise NotDownloaded(f"the video is there, but is not fetched from an address that is not public: {url}", job_id)


def _not_fetched(url: str, problem: str, job_id: str) -> NotDownloaded:
    return NotDownloaded(f"{url} could not be fetched: {problem}", job_id)


def _fetch(http: httpx.Client, url: str, part: Path) -> str:
    """Write the body to *part*; returns what is wrong with the answer, or the empty string."""
    with http.stream("GET", url, **_AS_IT_IS) as response:
        if problem := _no_video(response):
            return problem
        with part.open("wb") as file:
            size = sum(file.write(chunk) for chunk in response.iter_raw())
    return _cut_off(response, size)


async def _fetch_async(http: httpx.AsyncClient, url: str, part: Path) -> str:
    async with http.stream("GET", url, **_AS_IT_IS) as response:
        if problem := _no_video(response):
            return problem
        with part.open("wb") as file:
            size = sum([file.write(chunk) async for chunk in response.aiter_raw()])
    return _cut_off(response, size)


def _no_video(response: httpx.Response) -> str:
    media_type = response.headers.get("content-type", "")
    if response.status_code != 200 or not media_type.startswith("video/"):
        return f"HTTP {response.status_code} with {media_type or 'no content type'}"
    return ""


def _cut_off(response: httpx.Response, size: int) -> str:
    promised = response.headers.get("content-length")
    return "" if promised in (None, str(size)) else f"{size} bytes came of {promised}"
