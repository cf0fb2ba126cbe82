"""Submitting: new prompts, prompts once more, and submits whose answer nobody waits for."""

from __future__ import annotations

from uuid import UUID

from vidmock.integrity.actor import SHORT, Actor
from vidmock.integrity.fault_menu import draw_fault
from vidmock.integrity.history import PromptRecord, next_moment
from vidmock.integrity.http_client import ANSWER_SECONDS, Reply
from vidmock.integrity.registry import VIDEO_APIS
from vidmock.integrity.webhook_inbox import RECEIVERS, ReceiverPlan


async def submit(actor: Actor) -> None:
    """Submit a new prompt, perhaps with a fault and a webhook."""
    await _send(actor, _new(actor))


async def submit_again(actor: Actor) -> None:
    """Submit a prompt that was submitted before: another job of it, paid for again."""
    if record := actor.any(lambda record: record.sure and record.provider != "runware"):
        await _send(actor, record)


async def give_up(actor: Actor) -> None:
    """Submit, and leave before the answer can have come: nobody knows whether there is a job."""
    await _send(actor, _new(actor), actor.random.choice((0.001, 0.004, 0.02)))


def _new(actor: Actor) -> PromptRecord:
    random, history = actor.random, actor.session.history
    api = VIDEO_APIS[random.choice(actor.options.providers)]
    fault = draw_fault(random, actor.options.faults, api.name)
    task = str(UUID(int=random.getrandbits(128), version=4))
    url, box = "", None
    if fault.group == "webhook" or random.random() < 0.5:
        # Two messages of a job may be the same: they cannot be told apart by a receiver that changes its mind.
        plans = [plan for plan in RECEIVERS if api.messages == 1 or len(plan.statuses) == 1]
        plan = ReceiverPlan() if fault.group == "webhook" else random.choice(plans)
        url, box = actor.session.inbox.open_box(task, plan)
    return PromptRecord(history.name(), api.name, fault, box, url, task, ends={*fault.ends})


async def _send(actor: Actor, record: PromptRecord, patience: float = ANSWER_SECONDS) -> None:
    session, history, api = actor.session, actor.session.history, VIDEO_APIS[record.provider]
    history.keep(record)
    waits = SHORT if record.fault.waits else ANSWER_SECONDS
    began, epoch = next_moment(), history.epoch
    record.submit()
    done = await api.submit(session.http, session.key, record.prompt, record.task, record.url, min(patience, waits))
    sure = actor.sure(record, epoch)
    if epoch != history.epoch:
        record.carry_over()
        history.keep(record)
    actor.note(record, began, "submit", done.reply, sure=sure, job=done.id)
    if not sure:
        return
    gave_up = done.reply.broken or (not done.reply.status and min(patience, waits) < ANSWER_SECONDS)
    if record.fault.refuses:
        if done.reply.ok:
            session.breach("fault", "a submit that a fault refuses was accepted", record)
    elif done.id:
        record.accept(done.id)
    elif gave_up:
        pass
    elif _is_limit(actor, done.reply):
        record.refuse()
    elif record.fault.group == "after":
        record.accept()
    else:
        session.breach("unasked", f"a submit was answered with {done.reply}", record)


def _is_limit(actor: Actor, reply: Reply) -> bool:
    """Whether the provider itself refuses a submit: too many at once, or a budget that is used up."""
    return reply.status == 429 or (reply.status in (402, 403) and actor.session.history.budget is not None)
