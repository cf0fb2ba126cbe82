"""Where the certificates are kept: also where there is no home, and never in a folder that others can write."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from vidmock.cli import main
from vidmock.server import trust_files
from vidmock.server.certificates import CertificateAuthority
from vidmock.server.server import ThreadedServer
from vidmock.server.state_folder import NoStateFolder, find_state_folder
from vidmock.server.tls import ServerCertificate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has neither HOME nor such modes")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, and a folder for temporary files."""
    for name in ("VIDMOCK_STATE", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "home"


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    return tmp_path / "tmp" / f"vidmock-{os.getuid()}"


def no_user() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_the_users_folder_is_the_platforms(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_state_folder("ca.key") == home / ".local" / "state" / "vidmock"
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "x"))
    assert find_state_folder("ca.key") == home / "x" / "vidmock"
    monkeypatch.setenv("XDG_STATE_HOME", "x")
    assert find_state_folder("ca.key") == home / ".local" / "state" / "vidmock"
    monkeypatch.setenv("VIDMOCK_STATE", str(home / "y"))
    assert find_state_folder("ca.key") == home / "y"


def test_a_folder_that_is_chosen_is_the_same_from_wherever_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDMOCK_STATE", "here")
    assert CertificateAuthority().certificate == tmp_path / "here" / "ca.pem"
    monkeypatch.delenv("VIDMOCK_STATE")
    monkeypatch.setenv("HOME", "home")
    assert find_state_folder("ca.key") == tmp_path / "home" / ".local" / "state" / "vidmock"


def test_what_wget_and_curl_are_given_is_not_taken_for_the_users_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WGETRC", "SYSTEM_WGETRC", "CURL_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(trust_files, "_SYSTEM", home / "etc-wgetrc")
    (home / "etc-wgetrc").write_text("passive_ftp = on\nhttps_proxy = corp\n")
    (home / ".wgetrc").write_text("timeout = 5\nHTTPS_proxy=corp\nuse-proxy = off\nproxy_user = me")
    (home / ".curlrc").write_text("max-time = 5\n--proxy corp\n  -x corp\nproxy-header = a\nsocks5: corp")
    folder = CertificateAuthority().certificate.parent
    wanted = {"wgetrc": f"timeout = 5\nproxy_user = me\nca_certificate = {folder / 'ca.pem'}\n"}
    wanted |= {"system-wgetrc": "passive_ftp = on\n"}
    wanted |= {".curlrc": "max-time = 5\nproxy-header = a\n"}
    assert {name: (folder / name).read_text() for name in wanted} == wanted
    # As in a run within a run.
    monkeypatch.setenv("WGETRC", str(folder / "wgetrc"))
    monkeypatch.setenv("SYSTEM_WGETRC", str(folder / "system-wgetrc"))
    monkeypatch.setenv("CURL_HOME", str(folder))
    assert CertificateAuthority().certificate.parent == folder
    assert {name: (folder / name).read_text() for name in wanted} == wanted


@pytest.mark.parametrize("kind", ["no user", "no HOME", "not a folder"])
def test_without_a_home_there_is_a_folder_for_temporary_files_and_a_line(
    home: Path, temporary: Path, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if kind == "no user":
        monkeypatch.setattr(Path, "home", no_user)
    elif kind == "no HOME":
        monkeypatch.setenv("HOME", "")
    else:
        # As a file system that is read-only, which a test cannot have: nothing can be made below it.
        home.rmdir()
        home.write_text("")
    authority = CertificateAuthority()
    assert authority.certificate == temporary / "ca.pem"
    assert temporary.stat().st_mode & 0o777 == 0o700
    assert CertificateAuthority().certificate.read_bytes() == authority.certificate.read_bytes()
    reason = f"{home}/.local/state/vidmock cannot be written" if kind == "not a folder" else "there is no home folder"
    line = f"vidmock: {reason}: its certificates are in {temporary}. Set VIDMOCK_STATE to keep them elsewhere"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [line, line]


def test_a_server_says_once_where_its_certificates_are(
    home: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HOME", "")
    for _ in range(2):
        caplog.clear()
        tls = ServerCertificate(["queue.fal.run"])
        assert tls.file() == temporary / "ca.pem"
        tls.context()
        assert len(caplog.records) == 1


def test_a_home_that_cannot_be_written_does_if_it_has_the_authority(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = CertificateAuthority().certificate
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)
    assert CertificateAuthority().certificate == made
    assert caplog.records == []


@pytest.mark.parametrize("kind", ["others can write", "a link", "a file"])
def test_a_temporary_folder_that_somebody_else_could_have_made_is_refused(
    home: Path, temporary: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "")
    if kind == "others can write":
        temporary.mkdir()
        temporary.chmod(0o777)
    elif kind == "a link":
        temporary.symlink_to(home)
    else:
        temporary.write_text("")
    with pytest.raises(NoStateFolder, match=f"{temporary}: others can write to it. Set VIDMOCK_STATE to a folder"):
        CertificateAuthority()


@pytest.mark.parametrize("has_home", [True, False], ids=["that cannot be written", "none"])
def test_without_a_home_and_a_folder_for_temporary_files_both_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, has_home: bool
) -> None:
    def no_folder() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", no_folder)
    home.rmdir()
    home.write_text("")
    if not has_home:
        monkeypatch.setenv("HOME", "")
    with pytest.raises(NoStateFolder) as caught:
        CertificateAuthority()
    reason = f"{home}/.local/state/vidmock cannot be written" if has_home else "there is no home folder"
    assert str(caught.value) == (
        f"cannot keep the certificates: {reason}, and no usable temporary directory found in ['/tmp']. "
        "Set VIDMOCK_STATE to a folder that you can write to"
    )


def test_no_folder_at_all_is_one_clear_line(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("VIDMOCK_STATE", str(file / "state"))
    commands = (["ca"], ["env"], ["serve", "--port", "0"], ["run", "--", "true"])
    for command in commands:
        assert main(command) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    line = f"vidmock: cannot keep the certificates in {file}/state: {file}/state/ca.key: not a directory. "
    assert printed.err == (line + "Set VIDMOCK_STATE to a folder that you can write to\n") * len(commands)


def test_a_server_whose_folder_is_lost_says_so_to_who_asks_for_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("VIDMOCK_STATE", str(file / "state"))
    with ThreadedServer() as server:
        port = server.url.rpartition(":")[2]
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--noproxy", "*", f"https://127.0.0.1:{port}/"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 35
        with pytest.raises(NoStateFolder):
            server.certificate()


def test_a_lost_folder_for_temporary_files_is_a_problem_as_well(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = CertificateAuthority()
    (tmp_path / "tmp").rmdir()
    with pytest.raises(NoStateFolder, match="no such file or directory"):
        authority.context(["localhost"])
