"""What a job store tells an index over all worlds."""

from __future__ import annotations

from typing import Protocol

from vidmock.engine.jobs.job import Job


class JobListing(Protocol):
    """An index over all worlds, by which a job or output is found where its world is not known."""

    def add(self, job: Job, *, public: bool) -> None:
        """Add the outputs of *job* to the index, and its id where it is *public*."""

    def discard(self, job: Job) -> None:
        """Remove *job* and its outputs from the index."""

    def rest(self, *, idle: bool) -> None:
        """Note whether every job of the store has ended."""
