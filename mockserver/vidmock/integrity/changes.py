"""Changing: jobs are cancelled, run again and forced to an end, webhooks sent again, files stored, and time passes."""

from __future__ import annotations

from vidmock.integrity.actor import Actor
from vidmock.integrity.history import next_moment
from vidmock.integrity.registry import VIDEO_APIS

_FORCED = {
    "fail": {"failed"},
    "moderated": {"failed"},
    "succeed": {"succeeded"},
    "cancelled": {"cancelled", "failed"},
    # 900 s, which is longer than some providers let a job run.
    "slow": {"succeeded", "failed"},
}


async def cancel(actor: Actor) -> None:
    """Cancel a job."""
    session = actor.session
    record = actor.any(lambda record: bool(record.ids) and VIDEO_APIS[record.provider].cancels)
    if record is None:
        return
    job = actor.random.choice(record.ids)
    began, epoch = next_moment(), session.history.epoch
    record.cancel()
    reply = await VIDEO_APIS[record.provider].cancel(session.http, session.key, job)
    sure = actor.sure(record, epoch)
    actor.note(record, began, "cancel", reply, sure=sure, job=job)
    if sure and record.fault.group != "cancel" and not reply.broken and (not reply.status or reply.status >= 500):
        session.breach("unasked", f"a cancellation was answered with {reply}", record)


async def retry(actor: Actor) -> None:
    """Have a failed job run again."""
    session = actor.session
    record = actor.any(lambda record: bool(record.ids) and VIDEO_APIS[record.provider].retries and record.sure)
    if record is None or record.fault.group == "poll":
        return
    job = actor.random.choice(record.ids)
    began, epoch = next_moment(), session.history.epoch
    record.turn()
    reply = await VIDEO_APIS[record.provider].retry(session.http, session.key, job)
    sure = actor.sure(record, epoch)
    record.turn()
    actor.note(record, began, "retry", reply, sure=sure, job=job, band=record.band)
    if reply.broken:
        record.doubt()
    elif sure and reply.ok:
        record.run_again(job)
    elif sure and (not reply.status or reply.status >= 500):
        session.breach("unasked", f"a retry was answered with {reply}", record)


async def force(actor: Actor) -> None:
    """Decide how a job ends."""
    session = actor.session
    record = actor.any(lambda record: bool(record.ids))
    if record is None:
        return
    effect, job = actor.random.choice([*_FORCED]), actor.random.choice(record.ids)
    began, epoch = next_moment(), session.history.epoch
    record.force(_FORCED[effect])
    reply = await session.control.ask("POST", f"/jobs/{job}/outcome", {"effect": effect})
    sure = actor.sure(record, epoch)
    actor.note(record, began, f"outcome {effect}", reply, sure=sure, job=job)
    if sure and not reply.ok and reply.status != 409:
        session.breach("unasked", f"an outcome was answered with {reply}", record)


async def send_again(actor: Actor) -> None:
    """Have a webhook sent once more."""
    session, history = actor.session, actor.session.history
    epoch, deliveries = history.epoch, await session.control.deliveries()
    owners = {job: record for record in history for job in record.ids if record.box and record.sure}
    deliveries = [delivery for delivery in deliveries if delivery["job"] in owners and not delivery["planned"]]
    if not deliveries or not history.unbroken(epoch):
        return
    delivery = actor.random.choice(deliveries)
    record = owners[delivery["job"]]
    began, broken = next_moment(), session.control.broken
    record.send_again()
    reply = await session.control.ask("POST", f"/deliveries/{delivery['number']}/redeliver")
    sure = actor.sure(record, epoch)
    actor.note(record, began, "redeliver", reply, sure=sure, job=delivery["job"])
    if broken != session.control.broken:
        record.doubt()
    elif sure and not reply.ok:
        session.breach("unasked", f"a redelivery was answered with {reply}", record)


async def upload(actor: Actor) -> None:
    """Store a file, and read it again."""
    session = actor.session
    apis = [VIDEO_APIS[name] for name in actor.options.providers if VIDEO_APIS[name].uploads]
    if not apis:
        return
    api, data = actor.random.choice(apis), b"\x89PNG\r\n\x1a\n" + actor.random.randbytes(200)
    epoch = session.history.epoch
    reply, url = await api.upload(session.http, session.key, data)
    read = await session.http.ask("GET", url) if url else reply
    session.report.count("uploads")
    broken = reply.broken or read.broken
    if session.history.unbroken(epoch) and read.body != data and reply.status != 429 and not broken:
        said = f"{read.status} {read.why or read.body[:80]!r}"
        session.breach("upload", f"a file that was stored at {api.name} ({url or 'nowhere'}) came back as {said}")


async def advance(actor: Actor) -> None:
    """Let time pass."""
    seconds = actor.random.choice((0.5, 2, 2, 5, 15, 15, 40, 40, 90, 700))
    await actor.session.control.advance(seconds)
    actor.session.report.count("advances")
