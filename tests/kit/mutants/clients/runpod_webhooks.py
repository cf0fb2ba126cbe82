"""A good client of RunPod that waits for webhooks, and polls now and then in case that none comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import Any

import httpx

from vidmock.kit.client import ClientError, NotDownloaded, OutcomeUnknown, Refused, Result, StillRunning

OVER = {"FAILED", "CANCELLED", "TIMED_OUT"}
"""All ends of a job but COMPLETED."""
FALLBACK = (2.0, 4.0, 8.0, 15.0)
"""Seconds between the polls that stand in for webhooks; the last one repeats."""
BUSY = {408, 425, 429, 500, 502, 503, 504}
LONGEST_WAIT = 40.0
NEW = 60.0
"""Seconds for which a 404 means that the job has not spread yet."""


@dataclass
class Job:
    """One job of ours. Whoever holds *lock* may finish it."""

    id: str
    endpoint: str
    accepted: float
    lock: Lock = field(default_factory=Lock)
    result: Result | None = None
    error: ClientError | None = None


@dataclass(frozen=True)
class Look:
    """What one poll showed: nothing (*again*), or a state of the job."""

    again: bool = False
    pause: float = 0.0
    state: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


class Client:
    def __init__(
        self,
        *,
        base_url: str = "https://api.runpod.ai/v2",
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None],
        now: Callable[[], float],
        publish: Callable[[Result], None] = lambda result: None,
        webhook_url: str | None = None,
        request_timeout: float = 60.0,
    ) -> None:
        headers = {"Authorization": f"Bearer {api_key}"}
        self._api = httpx.Client(base_url=base_url, headers=headers, timeout=request_timeout, follow_redirects=False)
        self._cdn = httpx.Client(timeout=request_timeout, follow_redirects=True)
        self._key, self._folder, self._hook = api_key, folder, webhook_url
        self._sleep, self._now, self._publish = sleep, now, publish
        self._jobs: dict[str, Job] = {}

    def close(self) -> None:
        self._api.close()
        self._cdn.close()

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        ends = self._now() + deadline
        job = self._start(model, input)
        self._jobs[job.id] = job
        try:
            return self._await(job, ends)
        except KeyboardInterrupt:
            self._stop(job)
            raise

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """RunPod does not sign: the message only says which job to look at, and only ours are looked at."""
        job = self._jobs[json.loads(body)["id"]]
        self._finish(job)

    # What the caller waits for

    def _await(self, job: Job, ends: float) -> Result:
        pauses, asked = iter(FALLBACK), 0.0
        pause = FALLBACK[0]
        while (left := ends - self._now()) > 0:
            pause = next(pauses, pause)
            self._sleep(min(left, max(pause, asked)))
            asked = self._finish(job)
            if job.error is not None:
                raise job.error
            if job.result is not None:
                return job.result
        self._stop(job)
        self._finish(job)
        if job.result is not None:
            # It ended while it was told to stop.
            return job.result
        raise StillRunning("the deadline passed, and the job was told to stop", job.id)

    def _stop(self, job: Job) -> None:
        """Cancel the job upstream. Whether RunPod hears it or not, the caller learns why."""
        with suppress(httpx.HTTPError):
            self._api.post(f"/{job.endpoint}/cancel/{job.id}")

    def _finish(self, job: Job) -> float:
        """Look at the job and, where it has ended, keep its end; returns for how long RunPod wants peace, in s."""
        with job.lock:
            if job.result is not None or job.error is not None:
                return 0.0
            try:
                look = self._look(job)
                if look.again:
                    return look.pause
                job.result = self._end(job, look)
            except ClientError as error:
                job.error = error
                return 0.0
            if job.result is not None:
                self._publish(job.result)
            return 0.0

    # RunPod's words

    def _start(self, endpoint: str, input: Mapping[str, Any]) -> Job:
        order: dict[str, Any] = {"input": dict(input)}
        if self._hook is not None:
            order["webhook"] = self._hook
        for wait in (2.0, 4.0, None):
            try:
                response = self._api.post(f"/{endpoint}/run", json=order)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise Refused(f"RunPod cannot be reached, so there is no job: {error!r}") from error
            except httpx.HTTPError as error:
                raise OutcomeUnknown(f"no answer came, and the job may run: {error!r}") from error
            answer = _decoded(response)
            if response.status_code != 429 or answer is None or wait is None:
                break
            pause = _pause(response)
            if pause > LONGEST_WAIT:
                # Its caller has not that much time.
                break
            self._sleep(pause or wait)
        if response.status_code in BUSY - {429} or response.status_code >= 500 or not isinstance(answer, dict):
            raise OutcomeUnknown(f"HTTP {response.status_code}: nobody can say whether there is a job")
        if response.status_code >= 300:
            reason = answer.get("detail") or answer.get("error") or answer
            raise Refused(self._clean(f"HTTP {response.status_code}: {reason}"))
        return Job(str(answer["id"]), endpoint, self._now())

    def _look(self, job: Job) -> Look:
        try:
            response = self._api.get(f"/{job.endpoint}/status/{job.id}")
        except httpx.HTTPError:
            return Look(again=True)
        code, body = response.status_code, _decoded(response)
        if code == 401:
            raise Refused("HTTP 401: the key is refused, and the job may go on", job.id)
        if code == 404 and self._now() - job.accepted > NEW:
            raise OutcomeUnknown("RunPod no longer knows the job, which may have ended well: HTTP 404", job.id)
        if code in BUSY or code in (403, 404) or not isinstance(body, dict):
            return Look(again=True, pause=_pause(response))
        return Look(state=str(body.get("status")), body=body)

    def _end(self, job: Job, look: Look) -> Result | None:
        if look.state in OVER:
            reason = look.body.get("error") or "no reason was given"
            raise Refused(self._clean(f"the job ended as {look.state}: {reason}"), job.id)
        if look.state != "COMPLETED":
            return None
        output = look.body.get("output")
        output = output if isinstance(output, dict) else {}
        url = output.get("result") or output.get("video_url")
        if not isinstance(url, str):
            raise Refused(f"the job is completed, but has no video: {output}", job.id)
        cost = output.get("cost")
        return Result((self._save(url, job.id),), job.id, None if cost is None else Decimal(str(cost)))

    # Files

    def _save(self, url: str, id: str) -> Path:
        address, own = httpx.URL(url), self._api.base_url
        if address.scheme != "https" and (address.host, address.port) != (own.host, own.port):
            raise NotDownloaded(f"the video is not at a public address: {url}", id)
        reason = "nothing was tried"
        for pause in (2.0, 5.0, 10.0, 20.0, None):
            try:
                reason = self._copy(url, self._folder / f"{id}.mp4")
            except httpx.HTTPError as error:
                reason = repr(error)
            if not reason:
                return self._folder / f"{id}.mp4"
            if pause is not None:
                self._sleep(pause)
        raise NotDownloaded(f"the video exists, but {url} could not be read: {reason}", id)

    def _copy(self, url: str, target: Path) -> str:
        with self._cdn.stream("GET", url, headers={"accept-encoding": "identity"}) as response:
            if response.status_code != 200:
                return f"HTTP {response.status_code}"
            with NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as file:
                part = Path(file.name)
                try:
                    for chunk in response.iter_raw():
                        file.write(chunk)
                    size, promised = file.tell(), int(response.headers.get("content-length", file.tell()))
                except BaseException:
                    part.unlink()
                    raise
        with part.open("rb") as file:
            start = file.read(12)
        if size != promised or start[4:8] != b"ftyp":
            part.unlink()
            return f"{size} bytes of {promised}, beginning with {start!r}"
        part.replace(target)
        return ""

    def _clean(self, text: str) -> str:
        return text.replace(self._key, "<key>")


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _pause(response: httpx.Response) -> float:
    after = response.headers.get("retry-after", "")
    return float(after) if after.isdecimal() else 0.0
