"""The command of ``vidmock run``: when a server is loaded for it, and which signals it gets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from vidmock.cli import command
from vidmock.cli.command import running
from vidmock.server.port import bind

TRUE = (sys.executable, "-c", "")
SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def port() -> Iterator[socket.socket]:
    with closing(bind("127.0.0.1", 0)) as listener:
        yield listener


def test_a_command_that_has_ended_and_asked_nothing_is_not_served(port: socket.socket) -> None:
    with running(TRUE, os.environ) as one:
        assert one.wait() == 0
        assert not one.outlasts(port)


def test_one_that_has_ended_and_left_a_question_is_served(port: socket.socket) -> None:
    with running(TRUE, os.environ) as one, socket.create_connection(port.getsockname()):
        one.wait()
        assert one.outlasts(port)


def test_one_that_asks_is_served_at_once(port: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "LOOKS", (600.0,))
    with running(SLEEP, os.environ) as one, socket.create_connection(port.getsockname()):
        assert one.outlasts(port)


def test_one_that_takes_longer_is_served_before_it_asks(port: socket.socket) -> None:
    with running(SLEEP, os.environ) as one:
        assert one.outlasts(port)


def test_a_command_that_is_left_is_ended_and_signals_mean_again_what_they_meant() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with pytest.raises(ZeroDivisionError), running(SLEEP, os.environ) as one:
        raise ZeroDivisionError
    assert one.wait() == 128 + signal.SIGKILL
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_signal_that_comes_before_the_command_is_there_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    start = subprocess.Popen

    def interrupted(*given: Any, **named: Any) -> subprocess.Popen[bytes]:
        os.kill(os.getpid(), signal.SIGTERM)
        return start(*given, **named)

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with running(SLEEP, os.environ) as one:
        assert one.wait() == 128 + signal.SIGTERM


def test_a_terminals_interrupt_is_the_commands_to_answer(tmp_path: Path) -> None:
    with running(TRUE, os.environ) as one:
        os.kill(os.getpid(), signal.SIGINT)
        assert one.wait() == 0
