"""What a client of any of the providers can do, in words that all four share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from vidmock.integrity.history import Sighting
from vidmock.integrity.http_client import HttpClient, Reply
from vidmock.media.formats import FORMATS

PICTURE = "https://pictures.example/cat.png"
CLIP = "https://clips.example/walk.mp4"
PICTURE_TYPE = FORMATS["png"].media_type


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a client knows of a submission: the answer, and the job's *id*, empty where it was not told."""

    reply: Reply
    id: str = ""


class VideoApi(ABC):
    """One provider. A job has *messages* webhooks, each tried at most *attempts* times.

    *cancels*, *retries* and *uploads* say what can be done; *cancel_webhooks* how many webhooks a cancelled job has.
    *life* is in seconds: a job that has not ended by then is cancelled, without a webhook.
    """

    name: str
    attempts: int
    messages: int
    cancels: bool
    retries: bool
    cancel_webhooks: int
    uploads: bool
    life: float

    @abstractmethod
    async def submit(
        self, http: HttpClient, key: str, prompt: str, task: str, webhook: str, patience: float
    ) -> Submitted:
        """Submit a job. *task* is an id for the providers whose clients make it, *webhook* a URL or empty."""

    @abstractmethod
    async def poll(self, http: HttpClient, key: str, job: str, patience: float) -> tuple[Reply, Sighting | None]:
        """Ask for a job; nothing is seen where the answer cannot be understood."""

    async def cancel(self, http: HttpClient, key: str, job: str) -> Reply:
        """Cancel a job. Nobody asks this of a provider that does not say *cancels*."""
        raise NotImplementedError

    async def retry(self, http: HttpClient, key: str, job: str) -> Reply:
        """Have a job run again. Nobody asks this of a provider that does not say *retries*."""
        raise NotImplementedError

    async def upload(self, http: HttpClient, key: str, data: bytes) -> tuple[Reply, str]:
        """Store *data*; also the URL that has it from then on, or the empty string.

        Nobody asks this of a provider that does not say *uploads*.
        """
        raise NotImplementedError

    @abstractmethod
    async def balance(self, http: HttpClient, key: str) -> str | None:
        """What is left of the account's money, in USD, as the provider tells it; ``None`` where it does not."""


NOT_FOUND = Sighting(found=False)
