"""The guard of the plugin: a test that was not led to the mock does not reach a provider, with whatever client."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from vidmock.engine.world.settings import Settings
from vidmock.interception.preload.vidmock_names import is_public_name, provider_of
from vidmock.server.app import App
from vidmock.server.webhook_client import WebhookClient

Run = Callable[..., pytest.RunResult]

ASKED = """
import socket, sys

def asked(event, given):
    if event == "socket.getaddrinfo" and given[0] != "127.0.0.1":
        raise OSError(f"{given[0]} would be asked")

sys.addaudithook(asked)
"""
"""Nothing is looked up here either, if the guard lets it through."""

CLIENTS = {
    "httpx": "httpx.get(URL)",
    "httpx-async": "asyncio.run(httpx_async())",
    "httpx-async-uvloop": "uvloop.run(httpx_async())",
    "requests": "requests.get(URL)",
    "urllib3": "urllib3.PoolManager(retries=False).request('GET', URL)",
    "http.client": "http.client.HTTPSConnection('QUEUE.fal.run.').request('GET', '/')",
    "aiohttp": "asyncio.run(ask_aiohttp())",
    "aiohttp-uvloop": "uvloop.run(ask_aiohttp())",
    "asyncio": "asyncio.run(asyncio.open_connection('queue.fal.run', 443, ssl=True))",
    "uvloop": "uvloop.run(asyncio.open_connection(b'queue.fal.run', 443, ssl=True))",
    "uvloop-names": "uvloop.run(names())",
    "pycares": "pycares.Channel().query('queue.fal.run', pycares.QUERY_TYPE_A, callback=print)",
    "websockets": "websockets.sync.client.connect('wss://queue.fal.run/')",
    "a name imported before": "getaddrinfo('queue.fal.run', 443)",
    "another way to resolve": "socket.gethostbyname('queue.fal.run')",
    "a socket that resolves": "with_socket(lambda each: each.connect(('queue.fal.run', 443)))",
    "a socket with a code": "with_socket(lambda each: each.connect_ex(('queue.fal.run', 443)))",
    "a host that is not emulated": "socket.getaddrinfo('gateway.queue.fal.run', 443)",
}
HEAD = """
import asyncio, http.client, socket
from socket import getaddrinfo
import aiohttp, httpx, pycares, pytest, requests, urllib3, uvloop, websockets.sync.client

URL = "https://queue.fal.run/fal-ai/kling-video"

async def httpx_async():
    async with httpx.AsyncClient() as client:
        await client.get(URL)

async def ask_aiohttp():
    async with aiohttp.ClientSession() as session:
        await session.get(URL)

async def names():
    await asyncio.get_running_loop().getaddrinfo("queue.fal.run", 443)

def with_socket(ask):
    with socket.socket() as each:
        ask(each)
"""


def test_every_emulated_host_is_guarded() -> None:
    hosts = App(Settings(), WebhookClient()).hosts
    assert [host for host in hosts if is_public_name(host) and not provider_of(host)] == []
    assert provider_of("notfal.run") == ""


@pytest.mark.parametrize(
    ("provider", "host"),
    [
        ("fal", "queue.fal.run"),
        ("runpod", "api.runpod.ai"),
        ("runware", "api.runware.ai"),
        ("eachlabs", "api.eachlabs.ai"),
    ],
)
def test_it_names_the_address_of_the_provider_that_was_asked_for(run: Run, provider: str, host: str) -> None:
    result = run(
        f"""
import socket

def test_kept(vidmock):
    socket.getaddrinfo("{host}", 443)

def test_told(vidmock):
    assert vidmock.{provider}.url.startswith(f"{{vidmock.url}}/{provider}/")
"""
    )
    result.assert_outcomes(failed=1, passed=1)
    assert "vidmock_names.py" not in result.stdout.str(), "the story ends where the host was asked for"
    result.stdout.fnmatch_lines([f"E*{host} was not contacted*a URL such as vidmock.{provider}.url. *"])


def test_no_client_reaches_a_provider_or_has_its_name_looked_up(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(ASKED)
    asks = "".join(f"    {name!r}: lambda: {code},\n" for name, code in CLIENTS.items())
    result = run(
        f"{HEAD}\nCLIENTS = {{\n{asks}}}\n@pytest.mark.parametrize('name', CLIENTS)\ndef test(name): CLIENTS[name]()",
        "--tb=line",
        timeout=60,
    )
    result.assert_outcomes(failed=len(CLIENTS))
    said = result.stdout.str()
    assert "would be asked" not in said
    told = re.findall(r"was kept from ((?:gateway\.)?queue\.fal\.run)$", said, re.MULTILINE)
    assert len(told) == len(CLIENTS)


RETRYING = {
    "fal_client": "fal_client.submit(MODEL, {'prompt': 'a kite'})",
    "fal_client-subscribe": "fal_client.subscribe(MODEL, {'prompt': 'a kite'})",
    "fal_client-run": "fal_client.run(MODEL, {'prompt': 'a kite'})",
    "fal_client-upload": "fal_client.upload(b'a', 'text/plain')",
    "fal_client-async": "asyncio.run(fal_client.submit_async(MODEL, {'prompt': 'a kite'}))",
    "runpod": "runpod.Endpoint('kling-video-o1-r2v', api_key='any').run_sync({'input': {}})",
    "runware-rest": "asyncio.run(ask_runware('rest'))",
    "runware-websocket": "asyncio.run(ask_runware('websocket'))",
    "requests": "with_retries().get('https://api.runpod.ai/')",
    "httpx": "httpx.Client(transport=httpx.HTTPTransport(retries=9)).get('https://queue.fal.run/')",
    "aiohttp": "asyncio.run(ask_aiohttp())",
    "a loop around all errors": "for_ever(lambda: urllib.request.urlopen('https://queue.fal.run/'))",
}
"""Clients that try again what does not resolve."""
RETRYING_HEAD = """
import asyncio, time, urllib.request
import aiohttp_retry, fal_client, httpx, pytest, requests, runpod
from runware import Runware

MODEL = "fal-ai/kling-video/o1/reference-to-video"

async def ask_runware(transport):
    async with Runware(api_key="any", transport=transport) as client:
        await client.run({"taskType": "ping", "ping": True})

def with_retries():
    session = requests.Session()
    retries = requests.adapters.Retry(9, backoff_factor=9)
    session.mount("https://", requests.adapters.HTTPAdapter(max_retries=retries))
    return session

async def ask_aiohttp():
    async with aiohttp_retry.RetryClient(retry_options=aiohttp_retry.ExponentialRetry(9)) as client:
        await client.get("https://queue.fal.run/")

def for_ever(ask):
    while True:
        try:
            return ask()
        except Exception:
            time.sleep(9)

class Slept(BaseException): ...

@pytest.fixture(autouse=True)
def no_sleep(monkeypatch):
    def sleep(seconds, *more):
        if seconds:
            raise Slept
    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(asyncio, "sleep", sleep)
"""


def test_no_client_tries_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "a-real:key")
    asks = "".join(f"    {name!r}: lambda: {code},\n" for name, code in RETRYING.items())
    result = run(
        f"{RETRYING_HEAD}\nCLIENTS = {{\n{asks}}}\n"
        "@pytest.mark.parametrize('name', CLIENTS)\ndef test(name): CLIENTS[name]()",
        "--tb=line",
        timeout=60,
    )
    result.assert_outcomes(failed=len(RETRYING))
    said = result.stdout.str()
    assert "Slept" not in said
    assert len(re.findall(r"Failed: \S+ was not contacted", said)) >= len(RETRYING)


def test_with_the_fixture_alone_and_a_real_key_the_story_says_what_was_forgotten(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "a-real:key")
    pytester.makeconftest(ASKED)
    result = run(
        """
import fal_client

def test(vidmock):
    fal_client.submit("fal-ai/kling-video/o1/reference-to-video", {"prompt": "a kite"})
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*queue.fal.run was not contacted: vidmock keeps tests, *vidmock_env*",
            "*- vidmock kept this test from real hosts -*",
            "*@pytest.mark.vidmock(live=True)*",
            "vidmock: test_with_*.py::test was kept from queue.fal.run",
        ]
    )


def test_the_story_names_the_hosts_that_the_mock_refused_in_this_test(run: Run) -> None:
    result = run(
        """
import httpx, pytest

def ask(*hosts):
    for host in hosts:
        with pytest.raises(httpx.ProxyError, match=f"403 {host} is not emulated"):
            httpx.get(f"https://{host}/")

def test_before(vidmock, vidmock_env):
    ask("example.com", "example.org")

def test_again(vidmock, vidmock_env):
    ask("example.com")
    assert 0

def test_without(vidmock):
    assert 0
"""
    )
    result.assert_outcomes(passed=1, failed=2)
    told = [line for line in result.outlines if line.endswith("not emulated, and not among allow_hosts")]
    assert told == ["'example.com' was not contacted: it is not emulated, and not among allow_hosts"]


LIVE = """
import os, socket, pytest

def ask():
    with pytest.raises((OSError, pytest.fail.Exception)) as told:
        socket.getaddrinfo("queue.fal.run", 443)
    return str(told.value)

@pytest.mark.vidmock(live=True)
def test_live():
    assert "would be asked" in ask()
    assert "VIDMOCK_KEPT_FROM" not in os.environ
    assert os.environ.get("NODE_OPTIONS", "") == "--title=theirs"

def test_not_live():
    assert "was not contacted" in ask()
    assert os.environ["VIDMOCK_KEPT_FROM"]
    assert os.environ["NODE_OPTIONS"].endswith(" --title=theirs")
"""


def test_a_test_may_say_that_it_is_live(run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--title=theirs")
    pytester.makeconftest(ASKED)
    run(LIVE).assert_outcomes(passed=2)
    run(LIVE, "--vidmock-live").assert_outcomes(passed=1, failed=1)


def test_hosts_that_the_server_may_contact_are_not_refused(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(ASKED)
    result = run(
        """
import socket, pytest
from vidmock import MockServer, Settings

@pytest.fixture(scope="session")
def vidmock_server():
    with MockServer(Settings(allow_hosts=frozenset({"api.runpod.io"})), clock="manual") as server:
        yield server

def test(vidmock):
    with pytest.raises(OSError, match="would be asked"):
        socket.getaddrinfo("api.runpod.io", 443)
    with pytest.raises(pytest.fail.Exception, match="was not contacted"):
        socket.getaddrinfo("api.runpod.ai", 443)
"""
    )
    result.assert_outcomes(passed=1)


def test_programs_that_a_test_starts_are_kept_away_as_well(run: Run) -> None:
    result = run(
        """
import subprocess, sys

def ask(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    return done.returncode, done.stderr

def test_python():
    code, told = ask(sys.executable, "-c", "import urllib.request as u; u.urlopen('https://queue.fal.run/')")
    assert code and "queue.fal.run was not contacted" in told

def test_python_does_not_try_again():
    code = '''
import urllib.request
for _ in range(3):
    try:
        urllib.request.urlopen("https://api.runware.ai/")
    except Exception as error:
        print(error)
'''
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode and not done.stdout
    assert "KeptFromProvider: api.runware.ai was not contacted" in done.stderr
    assert "a URL such as vidmock.runware.url." in done.stderr

def test_python_leaves_others_alone():
    assert ask(sys.executable, "-c", "import socket; socket.getaddrinfo('localhost', 80)") == (0, "")

def test_node():
    for host in ("queue.fal.run", "queue.fal.run."):
        code, told = ask("node", "-e", f"fetch('https://{host}/')")
        assert code and "queue.fal.run was not contacted" in told
        assert "a URL such as vidmock.fal.url." in told

def test_node_leaves_others_alone():
    code, told = ask("node", "-e", "require('net').connect({host: '192.0.2.300', port: 1})")
    assert code and "was not contacted" not in told and "not emulated" not in told
"""
    )
    result.assert_outcomes(passed=5)


def test_the_proxies_of_the_shell_are_not_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "theirs.example")
    result = run(
        """
import os, httpx, pytest, requests, urllib.request

@pytest.mark.parametrize("ask", [httpx.get, requests.get, urllib.request.urlopen])
def test(ask):
    with pytest.raises(pytest.fail.Exception, match="queue.fal.run was not contacted"):
        ask("https://queue.fal.run/")

def test_theirs():
    assert os.environ["NO_PROXY"].startswith("theirs.example,")
    assert "fal.run" in os.environ["no_proxy"].split(",")
"""
    )
    result.assert_outcomes(passed=4)


def test_led_clients_find_the_mock_by_whatever_way(run: Run) -> None:
    result = run(
        """
import asyncio, http.client, socket, subprocess, sys
import aiohttp, httpx, pytest, uvloop

URL = "https://queue.fal.run/fal-ai/kling-video/requests/none/status"

async def ask_aiohttp():
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
        async with session.get(URL, headers={"authorization": "Key none"}) as answer:
            return answer.status

async def ask_sockets():
    reader, writer = await asyncio.open_connection("queue.fal.run", 80)
    writer.write(b"GET / HTTP/1.1\\r\\nhost: queue.fal.run\\r\\nconnection: close\\r\\n\\r\\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer

async def ask_tls():
    import ssl
    reader, writer = await asyncio.open_connection("queue.fal.run", 443, ssl=ssl.create_default_context())
    writer.close()
    await writer.wait_closed()

def test(vidmock, vidmock_env):
    status = httpx.get(URL, headers={"authorization": "Key none"}).status_code
    assert asyncio.run(ask_aiohttp()) == uvloop.run(ask_aiohttp()) == status
    assert asyncio.run(ask_sockets()).startswith(b"HTTP/1.1 4")
    uvloop.run(ask_tls())
    with socket.socket() as each:
        each.connect(("queue.fal.run", 443))
        assert f":{each.getpeername()[1]}" in vidmock.url
    with pytest.raises(OSError, match="give this client the mock's own URL"):
        socket.gethostbyname("queue.fal.run")
    code = "import urllib.request as u; u.urlopen('https://queue.fal.run/')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "HTTP Error 4" in done.stderr

def test_afterwards():
    with pytest.raises(pytest.fail.Exception, match="was not contacted"):
        socket.getaddrinfo("queue.fal.run", 443)
"""
    )
    result.assert_outcomes(passed=2)


def test_processes_of_xdist_tell_what_they_were_kept_from(run: Run) -> None:
    code = """
import socket, pytest

@pytest.mark.parametrize("host", ["fal.run", "ws-api.runware.ai"])
def test(host):
    with pytest.raises(pytest.fail.Exception, match="not contacted"):
        socket.getaddrinfo(host, 443)
"""
    result = run(code, "-pxdist", "-n2")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(
        ["vidmock: *[[]fal.run] was kept from fal.run", "vidmock: *from ws-api.runware.ai"]
    )


def test_what_is_asked_for_outside_of_tests_is_told_as_well(run: Run) -> None:
    result = run("import socket\ntry: socket.getaddrinfo('fal.run', 443)\nexcept OSError: ...\ndef test(): ...")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["vidmock: outside of tests was kept from fal.run"])


def test_at_the_end_everything_is_as_it_was(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
import atexit, os, socket

def look():
    assert socket.getaddrinfo.__code__.co_filename == socket.__file__
    assert "connect" not in vars(socket.socket)
    assert "VIDMOCK_KEPT_FROM" not in os.environ
    print("as it was")

atexit.register(look)
"""
    )
    assert "as it was" in run("def test(): ...", "-s").stdout.str()
