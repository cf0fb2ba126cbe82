"""Every accepted job is there, once, and as it was last seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from vidmock.integrity.breach import Breach
from vidmock.integrity.facts import RANKS, JobFact, WorldFacts
from vidmock.integrity.history import KeyHistory, PromptRecord

_STATES = {
    # Runware has one word for a task that has failed and for one that was cancelled.
    ("runware", "failed"): ("failed", "cancelled"),
    # Whether a task with some of its videos has failed is the server's own reading.
    ("runware", "partly"): ("succeeded", "failed", "cancelled"),
}
"""The states of a job that a provider's client sees end so, where they are not that word itself."""


def job_breaches(history: KeyHistory, facts: WorldFacts, *, interrupted: bool = False) -> Iterator[Breach]:
    """What is wrong with the jobs of a world, compared with what its clients know.

    Of what is only observed, a server that was *interrupted* may have forgotten the last moments.
    """
    by_name: defaultdict[str, list[JobFact]] = defaultdict(list)
    for job in facts.jobs:
        record = history.find(job.prompt)
        if record is None:
            yield Breach("unknown job", history.key, f"nobody has submitted {job.id} of prompt {job.prompt!r}")
            continue
        by_name[record.name].append(job)
        for rule, what in _wrong_with(record, job, facts.now, interrupted=interrupted):
            yield Breach(rule, history.key, what, record)
    for job_id, times in Counter(job.id for job in facts.jobs).items():
        if times > 1:
            yield Breach("one id", history.key, f"{times} jobs have the id {job_id}")
    for record in history:
        jobs = by_name[record.name]
        if not record.least <= len(jobs) <= record.most:
            expected = str(record.most) if record.least == record.most else f"{record.least} to {record.most}"
            rule = "lost job" if len(jobs) < record.least else "double job"
            yield Breach(rule, history.key, f"{len(jobs)} jobs where {expected} were accepted", record)
        for missing in {*record.ids} - {job.id for job in jobs}:
            if record.sure:
                yield Breach("lost job", history.key, f"{missing} was accepted, and is not there", record)


def is_that_end(provider: str, end: str, state: str) -> bool:
    """Whether a job that a client of *provider* saw end so, in the words of a sighting, may be in *state*."""
    return state in _STATES.get((provider, end), (end,))


def _wrong_with(record: PromptRecord, job: JobFact, now: float, *, interrupted: bool) -> Iterator[tuple[str, str]]:
    if job.provider != record.provider:
        yield "unknown job", f"{job.id} is said to be {job.provider}'s"
    if job.ended != (job.ends <= now):
        yield "state", f"{job.id} is {job.state} at {now}, and ends at {job.ends}"
    if not record.sure:
        return
    if job.ended and job.state not in record.ends and not job.deleted:
        yield "state", f"{job.id} has {job.state}, where it must be {' or '.join(sorted(record.ends)) or 'unfinished'}"
    for event in record.events:
        seen = event.seen
        if seen is None or not event.sure or event.job != job.id or event.band != record.band or seen.rank is None:
            continue
        if seen.rank > RANKS[job.state] and not record.rewinds:
            yield "state went back", f"{job.id} was seen further on than {job.state}: {event}"
        if seen.end and not is_that_end(job.provider, seen.end, job.state):
            yield "final state", f"{job.id} was seen as {seen.end}, and is {job.state}"
    if job.state == "succeeded" and job.id in record.files and not (job.collected or interrupted):
        yield "collected", f"a client has read the whole result of {job.id}, which is called not collected"
    if job.collected and not record.asked and not (record.box and any(a.status == 200 for a in record.box.arrivals)):
        yield "collected", f"nobody was told of {job.id}, which is called collected"
    if job.id in record.downloaded and not (job.downloaded or interrupted):
        yield "downloaded", f"a client has read all files of {job.id}, which is called not downloaded"
    if job.downloaded and not record.asked:
        yield "downloaded", f"nobody has asked for the files of {job.id}, which is called downloaded"
