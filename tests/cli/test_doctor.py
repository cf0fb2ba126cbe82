"""``vidmock doctor`` in good and in hostile surroundings: sentences, lines to type, and never a traceback."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vidmock import MockServer
from vidmock.cli.doctor import tried_clients

if TYPE_CHECKING:
    from tests.cli.conftest import Said

TOP = Path(__file__).parents[2]
Examine = Callable[..., tuple[int, dict[str, list[dict[str, Any]]]]]


@pytest.fixture
def examine(say: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """The exit code, and what was found, by what it is about; in surroundings without anything."""
    for name in os.environ:
        if re.search(r"proxy|VIDMOCK|_URL$|_KEY$|CERT|BUNDLE|VIRTUAL_ENV", name, re.IGNORECASE):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
        code, out, err = say("doctor", "--format", "json", *(words or ("--port", "0")))
        assert err == ""
        found: dict[str, list[dict[str, Any]]] = {}
        for each in json.loads(out):
            found.setdefault(each["about"], []).append(each)
        return code, found

    return run


def test_where_nothing_is_wrong_the_exit_code_is_0(examine: Examine) -> None:
    code, found = examine()
    assert code == 0
    assert {"python", "state", "certificate", "models", "proxies", "clients", "tools", "port"} == found.keys()


def test_a_port_that_another_program_has_is_wrong(examine: Examine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        taken.settimeout(60)
        code, found = examine("--port", str(taken.getsockname()[1]))
    assert code == 1
    assert found["port"][0]["to_type"] == "vidmock serve --port 0"


def test_a_port_that_a_vidmock_has_is_well(examine: Examine) -> None:
    with MockServer() as mock:
        code, found = examine("--port", mock.url.rpartition(":")[2])
    assert code == 0
    assert "a vidmock is at" in found["port"][0]["what"]


def test_a_certificate_that_the_shell_does_not_trust_is_noted_and_one_that_it_does_is_well(
    examine: Examine, say: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = say("ca")
    _, found = examine()
    assert found["trust"][0]["to_type"] == 'eval "$(vidmock env)"'
    other = tmp_path / "other.pem"
    other.write_text("another")
    monkeypatch.setenv("SSL_CERT_FILE", out.strip())
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(other))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "gone.pem"))
    code, found = examine()
    told = {each["what"].split()[0]: each["state"] for each in found["trust"]}
    assert code == 1
    assert sorted(told.values()) == ["note", "ok", "wrong"]


@pytest.mark.parametrize(
    ("variable", "value", "about"),
    [
        ("HTTPS_PROXY", "http://proxy.corp.test:3128", "proxies"),
        ("http_proxy", "proxy.corp.test", "proxies"),
        ("RUNPOD_ENDPOINT_BASE_URL", "https://api.runpod.ai/v2", "variables"),
        ("VIDMOCK_MODELS", "/no/such/folder", "models"),
    ],
)
def test_a_variable_that_leads_elsewhere_is_wrong_with_what_to_type(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, about: str
) -> None:
    monkeypatch.setenv(variable, value)
    code, found = examine()
    assert code == 1
    (wrong,) = (each for listed in found.values() for each in listed if each["state"] == "wrong")
    assert wrong["about"] == about
    assert wrong["to_type"]
    assert value in wrong["what"]


def test_a_proxy_that_the_mock_is_exempt_from_is_well(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp.test:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    assert examine()[0] == 0


@pytest.mark.parametrize("state", ["/proc/vidmock", "/dev/null/vidmock"])
def test_a_folder_that_cannot_be_written_is_wrong(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", state)
    code, found = examine()
    assert code == 1
    assert "cannot be written" in found["state"][0]["what"]
    assert found["state"][0]["to_type"].startswith("export VIDMOCK_STATE=")


def test_a_machine_without_a_home_is_told_of_in_sentences(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vidmock", "doctor", "--port", "0"],
        env={"HOME": "", "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "PYTHONPATH": str(TOP / "mockserver")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert re.search(r"^ok +state +\S+ can be written$", done.stdout, re.MULTILINE), done.stdout + done.stderr


def test_clients_are_compared_with_those_that_the_tests_run(examine: Examine, tmp_path: Path) -> None:
    tried = tried_clients()
    wanted = json.loads((TOP / "tests" / "node" / "package.json").read_bytes())["devDependencies"]
    assert tried["@fal-ai/client"] == wanted["@fal-ai/client"]
    (tmp_path / "node_modules" / "@fal-ai" / "client").mkdir(parents=True)
    (tmp_path / "node_modules" / "@fal-ai" / "client" / "package.json").write_text('{"version": "0.1.0"}')
    _, found = examine()
    told = {each["what"] for each in found["clients"]}
    assert f"@fal-ai/client 0.1.0; the tests run {wanted['@fal-ai/client']}" in told
    assert f"fal-client {tried['fal-client']}, as in the tests" in told


def test_for_people_it_is_a_line_each_with_what_to_type_below(
    examine: Examine, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNPOD_ENDPOINT_BASE_URL", "https://api.runpod.ai/v2")
    code, out, _ = say("doctor", "--port", "0")
    assert code == 1
    assert re.search(r"^wrong  variables .*\n +type: unset RUNPOD_ENDPOINT_BASE_URL$", out, re.MULTILINE)
