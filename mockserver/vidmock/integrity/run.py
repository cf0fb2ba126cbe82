"""A run of the checker: clients, their keys, the receiver of webhooks, and the last audit of every key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from vidmock.integrity.actor import Actor
from vidmock.integrity.breach import Breach
from vidmock.integrity.control_client import ControlRefused
from vidmock.integrity.http_client import HttpClient
from vidmock.integrity.key_session import KeySession
from vidmock.integrity.options import CheckOptions
from vidmock.integrity.own_server import own_server
from vidmock.integrity.report import CheckReport
from vidmock.integrity.webhook_inbox import WebhookInbox
from vidmock.integrity.worker import act


def check_own_server(
    options: CheckOptions, say: Callable[[str], None] = print, show: Callable[[str], None] = lambda text: None
) -> CheckReport:
    """Check a server that is started for it; whatever that prints of a defect of its own is a breach as well."""
    with own_server() as server:
        report = asyncio.run(check_server(replace(options, url=server.url), say, show))
        for defect in server.defects():
            report.breach(Breach("defect", "", defect))
    return report


async def check_server(
    options: CheckOptions, say: Callable[[str], None] = print, show: Callable[[str], None] = lambda text: None
) -> CheckReport:
    """Check the server of *options*, and *say* each breach and the figures; *show* how far it is.

    Raises:
        ControlRefused: the server has no control API that this program may use.
    """
    inbox, report = WebhookInbox(), CheckReport(options, say)
    clients: list[HttpClient] = []

    def new_client() -> HttpClient:
        clients.append(HttpClient(options.url, options.interrupted))
        return clients[-1]

    began = time.monotonic()
    await inbox.open()
    try:
        # Every fourth client shares the key of the one before it.
        numbers = [number - (number % 4 == 1) for number in range(options.clients)]
        sessions = {
            number: KeySession(number, options, new_client(), inbox, report) for number in dict.fromkeys(numbers)
        }
        await asyncio.gather(*(session.open() for session in sessions.values()))
        others = [*sessions.values()]
        actors = [Actor(number, options, sessions[key], others) for number, key in enumerate(numbers)]
        ends = None if options.operations else began + 60 * options.minutes
        async with asyncio.TaskGroup() as tasks:
            for actor in actors:
                tasks.create_task(_work(actor, options.operations, ends, report, show))
        for session in others:
            async with session.history.gate.alone():
                await session.audit(idle=True)
                await session.control.reset()
    except* ControlRefused as refused:
        raise _first(refused) from None
    finally:
        for client in clients:
            await client.close()
        await inbox.close()
    say(report.summary(time.monotonic() - began))
    return report


async def _work(
    actor: Actor, operations: int, ends: float | None, report: CheckReport, show: Callable[[str], None]
) -> None:
    done = 0
    while not report.over and (time.monotonic() < ends if ends is not None else done < operations):
        try:
            await act(actor)
        except ControlRefused as refused:
            actor.session.breach("control", str(refused))
        done += 1
        show(report.progress(None if ends is None else ends - time.monotonic()))


def _first(group: BaseExceptionGroup[ControlRefused]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
