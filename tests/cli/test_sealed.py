"""``vidmock run --sealed``: the command and its mock have a network of their own, in which nothing else is."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vidmock.cli.command import NOT_SEALED
from vidmock.interception import sealing

Said = tuple[int, str, str]
SEALED = (sys.executable, "-m", "vidmock", "run", "--sealed")
LOOKS = """
import os, socket, sys, httpx
print(socket.if_nameindex())
for address in ("192.0.2.1", "169.254.169.254"):
    with socket.socket() as outside:
        print(os.strerror(outside.connect_ex((address, 80))))
answer = httpx.post(
    "https://api.runpod.ai/v2/kling-video-o1-r2v/runsync",
    headers={"authorization": "Bearer k"},
    json={"input": {"prompt": "a kite", "images": ["https://example.com/kite.png"]}},
)
video = httpx.get(answer.json()["output"]["video_url"])
print(answer.json()["status"], video.status_code, os.getuid(), os.getgid())
open(sys.argv[1], "w").close()
"""
WAITS = """
import signal, sys
signal.signal(int(sys.argv[1]), lambda *_: sys.exit(9))
print("up", flush=True)
signal.pause()
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def can_seal() -> None:
    """Skips where the kernel lets nobody make namespaces, as in most containers; what is said there is tested below."""
    done = subprocess.run([*SEALED, "--", "true"], capture_output=True, text=True, timeout=60)
    if done.returncode == NOT_SEALED:
        pytest.skip(f"NOT TESTED HERE: {done.stderr.strip()}")


@pytest.mark.usefixtures("can_seal")
def test_a_job_is_finished_in_there_and_the_outside_is_not(tmp_path: Path) -> None:
    words = [*SEALED, "--clock", "scaled:50", "--", sys.executable, "-W", "ignore", "-c", LOOKS, str(tmp_path / "made")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    unreachable = os.strerror(errno.ENETUNREACH)
    finished = f"COMPLETED 200 {os.getuid()} {os.getgid()}"
    assert done.stdout.splitlines() == ["[(1, 'lo')]", unreachable, unreachable, finished], done.stderr
    made = (tmp_path / "made").stat()
    assert (made.st_uid, made.st_gid) == (os.getuid(), os.getgid())
    assert done.stderr.strip() == "vidmock: 1 job, which would have cost $0.56"


@pytest.mark.usefixtures("can_seal")
@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -TERM $$", 128 + signal.SIGTERM)])
def test_the_exit_code_is_passed_on(script: str, code: int) -> None:
    assert subprocess.run([*SEALED, "--quiet", "--", "sh", "-c", script], timeout=60).returncode == code


@pytest.mark.usefixtures("can_seal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_command(number: signal.Signals) -> None:
    words = [*SEALED, "--quiet", "--", sys.executable, "-c", WAITS, str(int(number))]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process.stdout:
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        assert process.wait(timeout=60) == 9


@pytest.mark.usefixtures("can_seal")
def test_ctrl_c_is_for_the_command_to_decide() -> None:
    words = [*SEALED, "--", sys.executable, "-c", WAITS, str(int(signal.SIGINT))]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    # As a terminal does: to all that are in the foreground.
    os.killpg(process.pid, signal.SIGINT)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 9
    assert "vidmock: 0 jobs" in told


def _refuse(number: int) -> Callable[[int], None]:
    def unshare(what: int) -> None:
        raise OSError(number, os.strerror(number))

    return unshare


def test_a_kernel_that_refuses_is_one_line_and_nothing_runs(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sealing, "_unshare", _refuse(errno.EPERM))
    code, out, told = say("run", "--sealed", "--", "touch", str(tmp_path / "made"))
    assert (code, out, told.count("\n")) == (NOT_SEALED, "", 1)
    assert "the kernel refuses one to this user (Operation not permitted). In a container, give it --cap-add" in told
    assert not (tmp_path / "made").exists()


def test_a_system_without_namespaces_is_one_line(say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    code, out, told = say("run", "--sealed", "--", "true")
    assert (code, out, told.count("\n")) == (NOT_SEALED, "", 1)
    assert "needs a network namespace of Linux, and this is darwin" in told


def test_who_is_not_root_gets_a_user_namespace_with_the_same_user(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    written: dict[str, str] = {}

    def unshare(what: int) -> None:
        asked.append(what)
        if len(asked) == 1:
            raise PermissionError(errno.EPERM, "no")

    monkeypatch.setattr(sealing, "_unshare", unshare)
    monkeypatch.setattr(sealing, "_bring_up_loopback", lambda: asked.append(0))
    monkeypatch.setattr(Path, "write_text", lambda path, text: written.update({str(path): text}))
    sealing.seal()
    assert asked == [0x40000000, 0x50000000, 0]
    user, group = os.getuid(), os.getgid()
    assert written == {
        "/proc/self/setgroups": "deny",
        "/proc/self/uid_map": f"{user} {user} 1",
        "/proc/self/gid_map": f"{group} {group} 1",
    }


def test_what_the_kernel_says_no_to_is_an_error() -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        sealing._unshare(-1)


def test_a_sealed_run_allows_no_host(say: Callable[..., Said]) -> None:
    code, _, told = say("run", "--sealed", "--allow-host", "example.com", "--", "true")
    assert code == 2
    assert "leave one of them out" in told
