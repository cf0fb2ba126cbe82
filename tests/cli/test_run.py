"""``vidmock run``, ``env`` and ``ca``: an unmodified program finds the mock and nothing else."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vidmock.cli import main
from vidmock.interception.environment import CLIENT_VARIABLES, JAVA_LATER, PRELOAD, PYTHON_PRELOAD, client_environment
from vidmock.server.server import ThreadedServer

VIDMOCK = (sys.executable, "-m", "vidmock")
FAST = ("--clock", "scaled:50")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def run(*command: str, options: tuple[str, ...] = FAST) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*VIDMOCK, "run", *options, "--", *command], capture_output=True, text=True, timeout=60)


def python(code: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-W", "ignore", "-c", code)


SUBMIT = """
import httpx
answer = httpx.post(
    "https://api.runpod.ai/v2/kling-video-o1-r2v/runsync",
    headers={"authorization": "Bearer k"},
    json={"input": {"prompt": "a kite", "images": ["https://example.com/kite.png"]}},
)
print(answer.json()["output"]["video_url"])
print(len(httpx.get(answer.json()["output"]["video_url"]).content))
"""


def test_a_hard_coded_host_is_served_and_the_run_ends_with_its_cost() -> None:
    done = python(SUBMIT)
    url, size = done.stdout.split()
    assert url.startswith("https://video.runpod.ai/")
    assert int(size) > 5000
    assert done.stderr.strip() == "vidmock: 1 job, which would have cost $0.56"


def test_other_hosts_are_refused_and_named_at_the_end() -> None:
    done = python("import httpx\ntry: httpx.get('https://example.com/')\nexcept httpx.ProxyError as e: print(e)")
    assert "403" in done.stdout
    assert done.stderr.strip().endswith("; refused to contact example.com")


def test_plain_http_hosts_are_refused_and_named_as_well() -> None:
    done = python("import httpx\nfor h in ('minio:9000', 'example.com'): print(httpx.get(f'http://{h}/').status_code)")
    assert done.stdout.split() == ["421", "421"]
    assert done.stderr.strip().endswith("; refused to contact example.com, minio")


def test_a_neighbour_that_is_allowed_is_asked_without_us() -> None:
    hosts = [word for name in ("minio", "example.com", "run") for word in ("--allow-host", name)]
    done = run(sys.executable, "-c", "import os; print(os.environ['no_proxy'])", options=tuple(hosts))
    assert done.stdout == "localhost,127.0.0.1,::1,minio\n"


def test_node_is_led_here_without_a_proxy() -> None:
    done = run(
        "node",
        "--input-type=module",
        "-e",
        """
        const key = {authorization: "Bearer k"};
        const health = await fetch("https://api.runpod.ai/v2/kling-video-o1-r2v/health", {headers: key});
        console.log(health.status);
        console.log((await fetch("https://api.eachlabs.ai./v1/models", {headers: key})).status);
        try { await fetch("https://example.com/"); } catch (error) { console.log(error.cause.message); }
        """,
    )
    assert done.stdout.splitlines()[:2] == ["200", "200"], done.stderr
    assert "example.com is not emulated: nothing leaves this machine" in done.stdout
    assert "refused to contact example.com" in done.stderr


NODE_CONNECTS = """
import net from "node:net";
const server = net.createServer((socket) => socket.end()).listen(0, "::", async () => {
  for (const host of process.argv.slice(1))
    await new Promise((done) => {
      const socket = net.connect({ host, port: server.address().port });
      socket.on("connect", () => console.log(host, "let through"));
      socket.on("error", (error) => console.log(host, /not emulated/.test(error.message) ? "refused" : "let through"));
      socket.on("close", done);
    });
  server.close();
});
"""


@pytest.mark.parametrize(
    ("options", "endings"),
    [
        (
            (),
            {
                "0.0.0.0": "let through",
                "127.9.9.9": "let through",
                "::ffff:127.0.0.1": "let through",
                "::ffff:7f00:1": "let through",
                "::1": "let through",
                "::1%lo": "let through",
                "db.invalid": "refused",
                "::ffff:8.8.8.8": "refused",
                "127.0.0.1.example.com": "refused",
            },
        ),
        (("--allow-host", "Db.invalid"), {"db.invalid": "let through"}),
        (("--allow-host", "invalid"), {"db.invalid": "refused"}),
    ],
    ids=["nothing allowed", "allowed", "another allowed"],
)
def test_node_reaches_this_machine_and_what_is_allowed(options: tuple[str, ...], endings: dict[str, str]) -> None:
    done = run("node", "--input-type=module", "-e", NODE_CONNECTS, *endings, options=options)
    assert dict(line.split(" ", 1) for line in done.stdout.splitlines()) == endings, done.stderr


PYTHON_LOOKS_UP = """
import socket, sys

def asked(event, given):
    if event == "socket.getaddrinfo" and given[0] != "127.0.0.1":
        raise OSError(f"{given[0]} would be asked")

sys.addaudithook(asked)
for host in sys.argv[1:]:
    try:
        print(socket.getaddrinfo(host, 80)[0][4][0])
    except OSError as refusal:
        print(refusal)
"""


def test_python_looks_no_other_public_name_up_whatever_its_clients_think_of_proxies() -> None:
    hosts = ("fal.run", "example.com", "Db.invalid", "db.internal", "minio")
    done = run(sys.executable, "-c", PYTHON_LOOKS_UP, *hosts, options=("--allow-host", "Db.invalid"))
    emulated, refused, *others = done.stdout.splitlines()
    assert emulated == "127.0.0.1"
    assert "example.com is not emulated: nothing leaves this machine (vidmock run --allow-host example.com)" in refused
    assert others == [f"{host} would be asked" for host in ("Db.invalid", "db.internal", "minio")]
    assert done.stderr.strip().endswith("; refused to contact example.com")


def test_node_is_led_to_a_server_at_an_ipv6_address() -> None:
    code = "fetch('https://fal.run/').then((answer) => console.log(answer.status))"
    assert run("node", "-e", code, options=("--host", "::1")).stdout.strip().isdecimal()


@pytest.mark.parametrize("code", [0, 1, 42])
def test_the_exit_code_is_passed_on(code: int) -> None:
    assert run("sh", "-c", f"exit {code}").returncode == code


def test_death_by_a_signal_is_reported_as_shells_do() -> None:
    assert run("sh", "-c", "kill -9 $$").returncode == 128 + signal.SIGKILL


def test_a_signal_reaches_the_command() -> None:
    code = """if True:
        import signal, sys
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("up", flush=True)
        signal.pause()
    """
    process = subprocess.Popen(
        [*VIDMOCK, "run", "--quiet", "--", sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process.stdout:
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 7


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("no-such-command-here",), 127, "no-such-command-here: command not found"),
        ((os.devnull,), 126, "cannot be executed: permission denied"),
        ((os.sep,), 126, "cannot be executed: permission denied"),
        ((), 2, "there is no command to run"),
    ],
    ids=["missing", "not executable", "a folder", "nothing"],
)
def test_a_command_that_cannot_run_is_one_line(command: tuple[str, ...], code: int, words: str) -> None:
    for options in ((), ("--quiet",)):
        done = run(*command, options=options)
        assert (done.returncode, done.stderr.count("\n")) == (code, 1)
        assert words in done.stderr


@pytest.mark.parametrize("shell", ["bash", "fish", "powershell", "dotenv", "json"])
def test_env_prints_for_every_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--shell", shell, "--url", "http://127.0.0.1:9999/"]) == 0
    printed = capsys.readouterr().out
    assert "http://127.0.0.1:9999/runpod/v2" in printed
    if shell == "json":
        assert json.loads(printed)["FAL_KEY"]


def test_the_printed_lines_are_the_shells_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--url", "http://127.0.0.1:9999"]) == 0
    script = capsys.readouterr().out + '\nprintf \'%s %s\' "$RUNPOD_ENDPOINT_BASE_URL" "$FAL_RUN_HOST"'
    printed = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed == "http://127.0.0.1:9999/runpod/v2 fal.run"


@pytest.mark.parametrize("client", CLIENT_VARIABLES)
def test_env_for_one_client_prints_only_what_it_needs(client: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", client, "--shell", "json"]) == 0
    needed = tuple(name for name in CLIENT_VARIABLES[client] if name not in JAVA_LATER)
    assert tuple(json.loads(capsys.readouterr().out)) == needed


@pytest.mark.parametrize("words", [["env"], ["env", "java"]], ids=" ".join)
def test_env_has_java_led_where_it_reads_a_proxy_of_the_users_later(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_JAVA_OPTIONS", "-Dhttps.proxyHost=corp")
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-Xmx1g")
    assert main([*words, "--shell", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["_JAVA_OPTIONS"] == f"-Dhttps.proxyHost=corp{printed['JAVA_TOOL_OPTIONS']}"
    assert "JDK_JAVA_OPTIONS" not in printed


def test_env_for_an_unknown_client_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "fal-cleint"]) == 2
    assert "Did you mean 'fal-client'?" in capsys.readouterr().err


def test_the_users_own_node_options_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--title=theirs")
    done = run("node", "-e", "console.log(process.title); fetch('https://fal.run/').then((a) => console.log(a.status))")
    title, status = done.stdout.split()
    assert (title, status.isdecimal()) == ("theirs", True), done.stderr


def test_the_users_no_proxy_stays_but_for_what_leads_past_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "db.corp, *,fal.run,.runpod.ai:443,*.eachlabs.ai,un .corp")
    monkeypatch.setenv("no_proxy", "cache:6379")
    done = python("import os; print(os.environ['NO_PROXY'], os.environ['no_proxy'])")
    expected = "localhost,127.0.0.1,::1,db.corp,.corp,cache:6379"
    assert done.stdout.split() == [expected, expected]


def test_a_base_url_is_asked_without_a_proxy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "curl", "--shell", "json", "--url", "http://mock:8787"]) == 0
    assert "mock" in json.loads(capsys.readouterr().out)["NO_PROXY"].split(",")


def test_env_keeps_what_the_shell_has(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NO_PROXY", "db.corp,*")
    assert main(["env"]) == 0
    lines = capsys.readouterr().out
    script = f'{lines}\nprintf \'%s|\' "$NODE_OPTIONS" "$NO_PROXY" "$PYTHONPATH"'

    def told(options: str, path: str = "") -> list[str]:
        environ = os.environ | {"NODE_OPTIONS": options, "PYTHONPATH": path}
        done = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, check=True, env=environ)
        return done.stdout.split("|")

    ours = f"--import={PRELOAD.as_uri()}"
    assert told("--title=theirs  --trace-uncaught")[0] == f"{ours} --title=theirs  --trace-uncaught"
    assert told("")[:3] == [ours, "localhost,127.0.0.1,::1,db.corp", str(PYTHON_PRELOAD)]
    assert told("", "/theirs")[2] == f"{PYTHON_PRELOAD}{os.pathsep}/theirs"


@pytest.mark.parametrize("client", [None, "aiohttp", "runware-sdk", "huggingface-hub"])
def test_the_printed_environment_leads_plain_aiohttp_here(
    client: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadedServer() as mock:
        assert main(["env", *filter(None, [client]), "--url", mock.url]) == 0
        lines = capsys.readouterr().out
        code = """if True:
            import asyncio, aiohttp
            async def ask():
                async with aiohttp.ClientSession() as session, session.get("https://fal.run/") as answer:
                    print("fal:", answer.status)
            asyncio.run(ask())
        """
        script = f"{lines}\nexec {shlex.join([sys.executable, '-c', code])}"
        done = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("fal: "), done.stderr


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("fish", "set -gx NODE_OPTIONS {} $NODE_OPTIONS"),
        ("powershell", "$env:NODE_OPTIONS = ('{}', $env:NODE_OPTIONS | Where-Object {{ $_ }}) -join ' '"),
        ("dotenv", 'NODE_OPTIONS="{}"'),
    ],
)
def test_each_shell_has_its_own_way_to_keep_what_there_is(
    shell: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["env", "node", "--shell", shell]) == 0
    assert line.format(f"--import={PRELOAD.as_uri()}") in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("url", "instead"),
    [
        ("127.0.0.1:8787", "127.0.0.1:8787"),
        ("ftp://mock:99", "mock:99"),
        ("https://127.0.0.1:1234", "127.0.0.1:1234"),
        ("http://mock.test:1/fal/queue", "mock.test:1"),
        ("nonsense", "127.0.0.1:8787"),
        ("http://a:b", "127.0.0.1:8787"),
        ("http://127.0.0.1:99999", "127.0.0.1:8787"),
        ("http://me:secret@mock.test:1", "127.0.0.1:8787"),
        ("http://", "127.0.0.1:8787"),
        ("", "127.0.0.1:8787"),
    ],
)
def test_env_for_what_is_no_address_says_what_to_type(
    url: str, instead: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["env", "--url", url]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.endswith(f"Try: vidmock env --url http://{instead}\n")


@pytest.mark.parametrize("url", ["http://[::1]:8787/", "http://mock", "HTTP://mock:80"])
def test_env_takes_every_address_and_names_its_port(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "node", "--shell", "json", "--url", url]) == 0
    expected = "http://[::1]:8787" if "[" in url else "http://mock:80"
    assert json.loads(capsys.readouterr().out)["VIDMOCK_URL"] == expected


def test_no_key_in_the_environment_could_be_real(tmp_path: Path) -> None:
    variables = client_environment("http://127.0.0.1:1", tmp_path, ["fal.run"])
    keys = [value for name, value in variables.items() if name.endswith("_KEY")]
    assert len(keys) == 5
    assert all("vidmock" in key for key in keys)


def test_ca_names_the_certificate(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ca"]) == 0
    assert Path(capsys.readouterr().out.strip()) == state / "ca.pem"
