"""Makes the calls of a script, one after another or all at once, and keeps what each came to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from vidmock.contract.case import ClientScript
from vidmock.contract.given_result import as_result
from vidmock.contract.left_behind import let_go
from vidmock.contract.observed import ClientOutcome
from vidmock.contract.told_kinds import of_some_kind
from vidmock.kit.client import Result

AFTERWARDS: Final = 60.0
"""Of the mock's seconds, for which a client may go on when all its calls have come back, and is watched."""

Input = Mapping[str, Any]
MakeCall = Callable[[Input], ClientOutcome]


def calls_of(
    client: Any,
    provider: str,
    script: ClientScript,
    job: str | None,
    passed: Callable[[], float],
    accepted: Callable[[], int],
) -> MakeCall:
    """What makes one call of *script* with *client*, or resumes *job*, and keeps what it came to.

    *passed* and *accepted* are read for that: how many of the mock's seconds have passed, how many jobs were accepted.
    """
    model = script.paid_call(provider).model
    make = client.generate if job is None else partial(client.resume, job)

    def call(asked: Input) -> ClientOutcome:
        began = passed()
        answer: Result | BaseException
        try:
            answer = as_result(make(model, asked, deadline=script.deadline))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the caller was told
            let_go(error)
            answer = of_some_kind(error, script.told)
        return ClientOutcome(answer, passed() - began, accepted())

    return call


def call_at_once(call: MakeCall, asked: Sequence[Input], sleep: Callable[[float], None]) -> tuple[ClientOutcome, ...]:
    """What each of the calls for *asked* came to, all of them at once, each in a thread.

    Time does not pass before all have begun, for it waits for this thread as well. When all have come back, it *sleeps*
    as long as the client is watched.
    """
    outcomes: dict[int, ClientOutcome] = {}
    threads = [
        threading.Thread(target=lambda at, one: outcomes.update({at: call(one)}), args=(at, one), daemon=True)
        for at, one in enumerate(asked)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sleep(AFTERWARDS)
    return tuple(outcomes[at] for at in range(len(asked)))
