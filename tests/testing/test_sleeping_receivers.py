"""Receivers of webhooks that live in virtual time: time passes beside a delivery, and decides what became of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from vidmock import MockServer
from vidmock.testing import scope
from vidmock.testing.virtual_time import autojump
from vidmock.testing.virtual_time.blocking_reads import is_taken_here
from vidmock.testing.virtual_time.standstill import TimeStandsStill

if TYPE_CHECKING:
    from tests.testing.conftest import Receiver

Submit = Callable[..., str]
Pass = Callable[[float], None]


@pytest.fixture(params=["asleep", "advanced"])
def let_pass(request: pytest.FixtureRequest, mock: MockServer) -> Pass:
    """Lets virtual time pass: by a sleep, or by the handle."""

    def sleep(seconds: float) -> None:
        time.sleep(seconds)

    return sleep if request.param == "asleep" else mock.clock.advance


def test_a_receiver_may_sleep_before_it_answers(
    mock: MockServer, submit: Submit, receiver: Receiver, let_pass: Pass
) -> None:
    receiver.on_post = lambda path: time.sleep(3)
    began = mock.clock.now
    with mock.virtual_time():
        submit(fal_webhook=receiver.url)
        let_pass(1000)
    (delivery,) = mock.webhooks
    assert [attempt.status for attempt in delivery.attempts] == [200]
    assert mock.clock.now - began == 1000


def test_a_receiver_that_sleeps_too_long_has_not_taken_it(
    mock: MockServer, submit: Submit, receiver: Receiver, let_pass: Pass
) -> None:
    naps = [20.0, 0.0]
    receiver.on_post = lambda path: time.sleep(naps.pop(0))
    began = mock.clock.now
    with mock.virtual_time():
        submit(fal_webhook=receiver.url)
        let_pass(1000)
    (delivery,) = mock.webhooks
    told = [(attempt.at - began, attempt.status, attempt.error) for attempt in delivery.attempts]
    assert told == [(900, None, "no complete answer within 15 s"), (925, 200, "")]


def test_a_receiver_that_never_answers_holds_nobody_up(
    mock: MockServer, submit: Submit, receiver: Receiver, let_pass: Pass
) -> None:
    answered = threading.Event()
    receiver.on_post = lambda path: answered.wait()
    with mock.virtual_time():
        submit(fal_webhook=receiver.url)
        let_pass(920)
        assert [attempt.status for attempt in mock.webhooks[0].attempts] == [None]
        answered.set()
        let_pass(60)
    assert mock.webhooks[0].accepted


def test_time_does_not_pass_while_another_process_has_a_webhook(
    mock: MockServer, submit: Submit, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can see there whether it is at work; this one sleeps, and so never answers."""

    def is_elsewhere(url: str) -> bool:
        # Not before: on a busy machine, any thread can be at the same place twice.
        monkeypatch.setattr(autojump, "PATIENCE", 0.0)
        return False

    monkeypatch.setattr(scope, "is_taken_here", is_elsewhere)
    receiver.on_post = lambda path: time.sleep(1)
    submit(fal_webhook=receiver.url)
    with pytest.raises(TimeStandsStill, match=f"{receiver.url} is not of this process"), mock.virtual_time():
        time.sleep(1000)


def test_a_receiver_of_this_process_is_known_by_its_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_taken_here(f"http://127.0.0.1:{port}/hook")
        assert is_taken_here(f"http://localhost:{port}")
        assert not is_taken_here(f"http://receiver.test:{port}/hook")
        assert not is_taken_here("http://127.0.0.1/")
        assert not is_taken_here("http://127.0.0.1:x/")
    assert not is_taken_here(f"http://127.0.0.1:{port}/hook")
