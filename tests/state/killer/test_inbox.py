"""It is told by the machine itself which process has sent a webhook."""

from __future__ import annotations

import os

import httpx
from tests.state.killer.inbox import Inbox
from tests.state.killer.troubles import EVERYBODY, TroubleLog


def test_a_webhook_has_the_process_that_has_sent_it() -> None:
    me = [os.getpid()]
    inbox = Inbox(lambda: me)
    with inbox.open():
        for _ in range(2):
            assert httpx.post(inbox.url, json={"request_id": "a-job"}).status_code == 200
            # It is looked for among those that may send.
            me.clear()
    assert [arrival.sender for arrival in inbox.about("a-job")] == [os.getpid(), 0]
    inbox.forget(["a-job"])
    assert inbox.about("a-job") == ()


def test_trouble_is_that_of_one_process_or_of_all() -> None:
    log = TroubleLog()
    one = log.begin(1)
    assert log.between(1, one.began + 1, one.began + 2)
    assert not log.between(2, one.began + 1, one.began + 2)
    one.ended = one.began + 1
    assert not log.between(1, one.began + 2, one.began + 3)
    assert log.between(1, one.began - 2, one.began)
    log.begin(EVERYBODY)
    assert log.between(2, one.began, one.began + 60)
