"""What the kit asks of a client, and how a client says that there is no video.

ClientError            carries the job's id, as far as it is known
├── Refused            the provider said no, at once or later, and why
├── OutcomeUnknown     a generation may have been paid for, and nobody can say; never to be sent again unasked
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
    """A finished job: its videos as bytes or as files, and its cost in USD where the provider tells it."""

    videos: tuple[bytes | Path, ...]
    job_id: str
    cost: Decimal | None = None

    def read(self) -> tuple[bytes, ...]:
        """The videos' bytes."""
        return tuple(video if isinstance(video, bytes) else video.read_bytes() for video in self.videos)


class ClientError(Exception):
    """No video. ``str()`` is for a person and holds the provider's words; *job_id* is what to ask the provider for."""

    def __init__(self, message: str, job_id: str | None = None) -> None:
        super().__init__(f"{message} (job {job_id})" if job_id else message)
        self.job_id = job_id


class Refused(ClientError):
    """The provider said no. *fields* are the parameters that it blames, where it names them apart from its words."""

    def __init__(self, message: str, job_id: str | None = None, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message, job_id)
        self.fields = fields


class OutcomeUnknown(ClientError):
    """The request went out and no answer that can be understood came back."""


class StillRunning(ClientError):
    """The deadline passed before the job ended."""


class NotDownloaded(ClientError):
    """The job succeeded, but its video could not be fetched whole."""


class Client(Protocol):
    """A client of one provider, as the kit calls it."""

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        """Have *model* make a video of *input*, within *deadline* seconds.

        Raises:
            ClientError: there is none, and why. Any other exception is a finding.
        """


@runtime_checkable
class Hooked(Protocol):
    """A client that also takes webhooks."""

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Take one delivery, as it came; called from any thread, perhaps from several at once. Refuse by raising."""


class MakeClient(Protocol):
    """Makes a client; ``module:callable`` on the command line leads to one.

    *base_url* stands in for the provider's (see :mod:`vidmock.kit.wire`), *folder* is where files may go. *sleep* and
    *now* count the mock's seconds, which are shorter than real ones: a client that cannot take them will do, slowly.
    *publish* is to be called once for each finished job: it stands for whatever must not happen twice. With
    *webhook_url* the client asks for webhooks at that URL. What a client has no use for, it takes as ``**_``.
    """

    def __call__(
        self,
        *,
        base_url: str,
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None],
        now: Callable[[], float],
        publish: Callable[[Result], None],
        webhook_url: str | None,
    ) -> Client: ...
