"""Looking: at a job, at its files, and at jobs of other keys, which are not to be seen."""

from __future__ import annotations

from vidmock.integrity.actor import SHORT, Actor
from vidmock.integrity.checks.states import wrong_with_look
from vidmock.integrity.history import PromptRecord, Sighting, next_moment
from vidmock.integrity.http_client import ANSWER_SECONDS, Reply
from vidmock.integrity.registry import VIDEO_APIS


async def look_at_job(actor: Actor) -> None:
    """Ask for a job."""
    if record := actor.any(lambda record: bool(record.ids)):
        await _look(actor, record)


async def _look(actor: Actor, record: PromptRecord) -> Sighting | None:
    session, history, api = actor.session, actor.session.history, VIDEO_APIS[record.provider]
    job, fault = actor.random.choice(record.ids), record.fault
    began, epoch, band = next_moment(), history.epoch, record.band
    record.ask()
    reply, seen = await api.poll(session.http, session.key, job, SHORT if fault.waits else ANSWER_SECONDS)
    sure = actor.sure(record, epoch) and band == record.band
    if reply.broken:
        actor.note(record, began, "poll", reply, sure=False, job=job, band=band)
        return None
    if seen and seen.rank == 2 and not seen.end and fault.group != "poll":
        seen = Sighting(rank=2, end="failed")
    event = actor.note(record, began, "poll", reply, seen, sure=sure and not fault.bends, job=job, band=band)
    if not sure:
        return None
    if seen is None and fault.group != "poll" and not fault.waits and reply.status != 429:
        session.breach("unasked", f"a poll of {job} was answered with {reply}", record)
    if seen and not seen.found and not fault.bends:
        await _check_gone(actor, record, job, epoch)
    elif why := wrong_with_look(record, event):
        session.breach("state went back", f"{job}: {why}", record)
    if seen and seen.end in ("succeeded", "partly") and event.sure:
        record.find(job, seen.results)
    return seen


async def _check_gone(actor: Actor, record: PromptRecord, job: str, epoch: int) -> None:
    """A provider does not know a job: right only if it has expired."""
    reply = await actor.session.control.ask("GET", f"/jobs/{job}")
    told = reply.json or {}
    kept = told.get("retention")
    clock = await actor.session.control.clock()
    if not actor.sure(record, epoch) or not record.ids:
        return
    expired = reply.ok and kept is not None and told["ends"] + kept <= clock["now"]
    late = reply.ok and told.get("deadline") is not None and told["deadline"] <= clock["now"]
    if not expired and not late:
        actor.session.breach("lost job", f"the provider does not know {job} (any more)", record)


async def fetch_files(actor: Actor) -> None:
    """Fetch the files of a job that has succeeded, whole or only the beginning."""
    session = actor.session
    record = actor.any(lambda record: bool(record.files) and record.sure)
    if record is None:
        return
    job, urls = actor.random.choice([*record.files.items()])
    began, epoch, whole = next_moment(), session.history.epoch, 0
    for url in urls:
        reply = await session.http.ask("GET", url)
        whole += reply.status == 200 and b"ftyp" in reply.body[:16]
        sure = actor.sure(record, epoch)
        actor.note(record, began, f"download {url}", Reply(reply.status, b"", reply.why), sure=sure)
        refused = reply.status in (403, 404, 410)
        if sure and reply.status != 200 and not (refused or reply.broken) and record.fault.group != "media":
            session.breach("unasked", f"a file was answered with {reply.status} {reply.why}", record)
    if whole == len(urls) and actor.sure(record, epoch) and record.fault.group != "media":
        record.downloaded.add(job)


async def look_elsewhere(actor: Actor) -> None:
    """Ask for a job of another key: it is not to be seen."""
    session = actor.session
    other = actor.random.choice(actor.others)
    record = actor.any(lambda record: bool(record.ids), other)
    if other is session or record is None:
        return
    began, job = next_moment(), actor.random.choice(record.ids)
    reply, seen = await VIDEO_APIS[record.provider].poll(session.http, session.key, job, ANSWER_SECONDS)
    actor.note(record, began, f"poll by {session.key}", reply, sure=True, job=job)
    if not reply.broken and (seen is None or seen.found):
        session.breach("isolation", f"{session.key} saw {job} of {other.key}: {reply}", record)
