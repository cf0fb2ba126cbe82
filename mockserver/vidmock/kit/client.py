"""The interface of a client under test, and the errors with which it says that there is no video.

ClientError            carries the job's id, as far as it is known
├── Refused            the provider refused the request, or the job failed; says why
├── OutcomeUnknown     the job may exist and be paid for, and nobody can say: do not send it again by yourself
├── StillRunning       the deadline passed before the job ended: it may still be charged, and still succeed
└── NotDownloaded      the video exists and is paid for, but could not be fetched: fetch again, never generate again
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Result:
    """A finished job: its videos, as bytes or as files, and its cost in USD, ``None`` where it is not known."""

    videos: tuple[bytes | Path, ...]
    job_id: str
    cost: Decimal | None = None

    def read(self) -> tuple[bytes, ...]:
        """The videos' bytes."""
        return tuple(video if isinstance(video, bytes) else video.read_bytes() for video in self.videos)


class ClientError(Exception):
    """There is no video. ``str()`` has the provider's words; *job_id*, where it is known, is the provider's id."""

    def __init__(self, message: str, job_id: str | None = None) -> None:
        super().__init__(f"{message} (job {job_id})" if job_id else message)
        self.job_id = job_id

    def hide(self, secret: str) -> None:
        """Take *secret* out of what it says."""
        self.args = tuple(str(said).replace(secret, "***") for said in self.args)


class Refused(ClientError):
    """The provider refused. *fields* are the parameters that it names as wrong, apart from its text."""

    def __init__(self, message: str, job_id: str | None = None, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message, job_id)
        self.fields = fields


class OutcomeUnknown(ClientError):
    """The request was sent, and no answer came back that says whether it was accepted."""


class StillRunning(ClientError):
    """The deadline passed before the job ended."""


class NotDownloaded(ClientError):
    """The job succeeded, but its video could not be fetched whole."""


class Client(Protocol):
    """A client of one provider, as the kit calls it."""

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        """Have *model* make a video of *input*, within *deadline* seconds.

        Raises:
            ClientError: there is no video. Any other exception fails the check.
        """


class AsyncClient(Protocol):
    """A client whose calls are coroutines, which all run in one event loop. It may have ``async def close``."""

    async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        """As :meth:`Client.generate`."""


@runtime_checkable
class ResumesJobs(Protocol):
    """A client that also takes up jobs that another process has submitted."""

    def resume(self, job: str, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        """The result of *job*, which *model* makes of *input*; nothing is submitted. Raises ClientError."""


@runtime_checkable
class TakesWebhooks(Protocol):
    """A client that also receives webhooks."""

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Handle one webhook call, byte for byte. Called from any thread, also from several at once.

        A coroutine function is called so as well, and what it does runs in the event loop of the client's calls.

        Raises:
            Exception: the webhook is refused; which exception does not matter.
        """


class MakeClient(Protocol):
    """Makes a client: the callable that the command line names as ``module:callable``.

    *base_url* replaces the provider's (see :mod:`vidmock.kit.wire`). Files may be written to *folder*. *sleep* and
    *now* use the mock's seconds, which pass while the client sleeps; one that sleeps by itself says so by an attribute
    ``own_time`` of the callable that is true. A client whose ``generate`` is a coroutine function is given a *sleep*
    that is one, as ``asyncio.sleep`` is.
    The client calls *publish* once for each finished job: it stands for any effect that must not happen twice. Where
    *webhook_url* is given, the client asks the provider for webhooks there. A client may ignore the rest as ``**_``.
    """

    def __call__(
        self,
        *,
        base_url: str,
        api_key: str,
        folder: Path,
        sleep: Callable[[float], Any],
        now: Callable[[], float],
        publish: Callable[[Result], None],
        webhook_url: str | None,
    ) -> Client | AsyncClient: ...
