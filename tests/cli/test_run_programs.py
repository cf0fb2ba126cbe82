"""Programs of other languages, unmodified and with hard-coded hosts, under ``vidmock run``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
BUN = TESTS / "node" / "node_modules" / ".bin" / "bun"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder whose name has a space, as many home folders have."""
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "the state"))
    return tmp_path / "the state"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "vidmock", "run", "--clock", "scaled:50", "--", *command]
    return subprocess.run(words, capture_output=True, text=True, timeout=300)


def test_java_makes_a_video(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shutil.which("java"), "scripts/install has what the tests need"
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dtheirs=kept")
    done = run("java", str(TESTS / "java" / "Led.java"))
    video, socket, refusal = done.stdout.splitlines()
    assert video.startswith("https://video.runpod.ai/")
    assert video.endswith(" 200")
    assert socket == "a WebSocket was opened"
    assert "403" in refusal
    picked, *_, told = done.stderr.splitlines()
    assert picked.startswith("Picked up JAVA_TOOL_OPTIONS: -Dtheirs=kept ")
    assert "vidmock: 1 job, which would have cost $0.56" in told
    assert told.endswith("; refused to contact example.com")


def test_php_makes_a_video_with_streams_and_with_curl() -> None:
    assert shutil.which("php"), "scripts/install has what the tests need"
    done = run("php", str(TESTS / "php" / "led.php"))
    video, status, *others = done.stdout.splitlines()
    assert video.startswith("https://video.runpod.ai/"), done.stdout
    assert int(video.split()[1]) > 5000
    assert status == "HTTP/1.1 200 OK"
    assert others == ["the same file", "curl as well", "this machine is asked without the proxy", "refused"]
    assert "vidmock: 1 job, which would have cost $0.56" in done.stderr
    assert done.stderr.endswith("; refused to contact example.com\n")


def test_wget_trusts_the_mock_and_keeps_its_own_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    assert shutil.which("wget"), "scripts/install has what the tests need"
    own = tmp_path / "wgetrc"
    own.write_text("https_proxy = http://127.0.0.1:9\nheader = X-Theirs: kept")
    monkeypatch.setenv("WGETRC", str(own))
    machine = tmp_path / "etc-wgetrc"
    machine.write_text("https_proxy = http://127.0.0.1:9\nheader = X-Machine: kept")
    monkeypatch.setenv("SYSTEM_WGETRC", str(machine))
    done = run("wget", "--debug", "--output-document=-", "https://api.eachlabs.ai/v1/models")
    assert done.stdout.startswith("["), done.stderr
    assert "X-Theirs: kept" in done.stderr
    assert "X-Machine: kept" in done.stderr
    assert (state / "wgetrc").stat().st_mode & 0o077 == 0
    refused = run("wget", "--output-document=-", "https://example.com/")
    assert "example.com is not emulated: nothing leaves this machine" in refused.stderr


def test_curl_keeps_its_own_settings_but_for_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".curlrc").write_text('proxy = "http://127.0.0.1:9"\n-xhttp://127.0.0.1:9\nuser-agent = theirs\n')
    monkeypatch.setenv("CURL_HOME", str(tmp_path))
    done = run("curl", "-sSv", "-o", str(tmp_path / "models"), "https://api.eachlabs.ai/v1/models")
    assert (tmp_path / "models").read_text().startswith("["), done.stderr
    assert "user-agent: theirs" in done.stderr.lower()
    refused = run("curl", "-sS", "https://example.com/")
    assert "CONNECT tunnel failed" in refused.stderr or "403" in refused.stderr


def test_bun_opens_its_web_sockets_through_the_mock() -> None:
    if not BUN.exists():
        pytest.skip("npm has brought no Bun for this system")
    done = run(str(BUN), str(TESTS / "node" / "led.bun.mjs"))
    assert done.stdout.splitlines() == ["fetch 200", "WebSocket open", "refused"], done.stderr
    assert done.stderr.strip().endswith("; refused to contact example.com")
