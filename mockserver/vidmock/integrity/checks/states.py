"""No state goes back, and an end is final: each look at a job is compared with those that were over before it."""

from __future__ import annotations

from vidmock.integrity.history import ClientEvent, PromptRecord, Sighting


def wrong_with_look(record: PromptRecord, event: ClientEvent) -> str:
    """What *event*, a look at a job of *record*, contradicts of earlier looks; empty where it fits them."""
    if event.seen is None or not event.sure:
        return ""
    for earlier in reversed(record.events):
        if (
            earlier.seen is not None
            and earlier.sure
            and earlier.ended < event.began
            and (earlier.job, earlier.band) == (event.job, event.band)
            and (why := _contradiction(earlier.seen, event.seen, rewinds=record.rewinds))
        ):
            return f"{why}, after {earlier}"
    return ""


def _contradiction(before: Sighting, after: Sighting, *, rewinds: bool) -> str:
    if before.rank is None or after.rank is None:
        return ""
    if before.rank == 2 and (after.rank != 2 or (before.end and after.end and before.end != after.end)):
        return f"a job that had {before.end or 'ended'} is {after.end or after.rank}"
    if after.rank < before.rank and not rewinds:
        return f"a job went back from {before.rank} to {after.rank}"
    if not set(before.results) <= set(after.results):
        return f"results {before.results} became {after.results}"
    return ""
