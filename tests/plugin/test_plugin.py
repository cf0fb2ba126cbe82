"""The plugin as its users meet it: fixtures, marker, reports, summary, budget, many processes, nothing loaded."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.schema.own_models import changed, write_model

Run = Callable[..., pytest.RunResult]

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8").partition("## The plugin")[2]
PROGRAMS = [
    block for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) if "def test_" in block
]
"""The programs on the page that pytest runs; those before are in tests of their own."""

SUBMIT = """
import httpx, pytest, time

def submit(mock, prompt="a kite"):
    with httpx.Client(trust_env=False) as client:
        url = f"{mock.fal.queue_url}/fal-ai/kling-video/o1/reference-to-video"
        answer = client.post(url, json={"prompt": prompt}, headers={"Authorization": f"Key {mock.key}"})
        return answer.json().get("request_id"), answer.status_code

def collect(mock, job):
    with httpx.Client(trust_env=False) as client:
        url = f"{mock.fal.queue_url}/fal-ai/kling-video/requests/{job}"
        return client.get(url, headers={"Authorization": f"Key {mock.key}"}).status_code
"""


def test_pytest_finds_the_plugin() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"vidmock": "vidmock.pytest_plugin"}


def test_each_test_has_a_world_of_its_own_and_the_same_every_time(run: Run) -> None:
    program = (
        SUBMIT
        + """
def test_one(vidmock):
    print("\\nKEY", vidmock.key, submit(vidmock)[0])

def test_two(vidmock):
    assert len(vidmock.jobs) == 0
    print("\\nKEY", vidmock.key, submit(vidmock)[0])

def test_the_servers_other_worlds_are_gone(vidmock_server):
    assert not vidmock_server.worlds
"""
    )
    results = [run(program, "-s") for _ in range(2)]
    for result in results:
        result.assert_outcomes(passed=3)
    first, again = ([line for line in result.outlines if line.startswith("KEY")] for result in results)
    assert len(set(first)) == 2
    assert first == again


def test_the_marker_says_how_the_mock_behaves(run: Run) -> None:
    result = run(
        SUBMIT
        + """
pytestmark = pytest.mark.vidmock(seed=7, latency="15m")

def test_of_the_module(vidmock):
    began = time.time()
    job, _ = submit(vidmock)
    while collect(vidmock, job) != 200:
        time.sleep(1)
    assert time.time() - began == 900

@pytest.mark.vidmock(latency=10, budget="1.00")
def test_the_nearest_first(vidmock, vidmock_clock):
    assert submit(vidmock)[1] == 200
    assert submit(vidmock, "another")[1] == 403
    vidmock_clock.advance("10s")
    assert vidmock.jobs.one().state == "succeeded"

@pytest.mark.vidmock(scenario="gateway-page-on-poll")
def test_an_incident_by_name(vidmock):
    job, _ = submit(vidmock)
    assert {collect(vidmock, job) for _ in range(5)} - {400}

@pytest.mark.vidmock(clock="step")
def test_a_clock_that_flows_is_not_slept_on(vidmock):
    assert vidmock.clock.mode == "step"
    assert time.sleep.__module__ == "time"

@pytest.mark.vidmock(virtual=False)
def test_virtual_time_can_be_had_without(vidmock):
    assert time.sleep.__module__ == "time"
    assert vidmock.clock.mode == "manual"

@pytest.mark.vidmock(leap=False)
def test_each_sleep_can_be_as_long_as_it_says(vidmock):
    began = time.time()
    for _ in range(60):
        time.sleep(1)
    assert time.time() - began == 60

def test_virtual_time_is_begun_once(vidmock):
    with pytest.raises(RuntimeError, match="leap=False. changes it, and with virtual=False"):
        with vidmock.virtual_time():
            pass
"""
    )
    result.assert_outcomes(passed=7)


def test_a_marker_that_makes_no_sense_says_why(run: Run) -> None:
    wrong = {
        "sead=1": "has no 'sead'; it has seed, clock",
        "clock='fast'": "no such clock: 'fast'",
        "latency='soon'": "'soon' is no length of time",
        "budget='free'": "a budget is an amount",
        "1": "takes named values only",
        "scenario='bad-day'": "no scenario 'bad-day'",
    }
    tests = (f"@pytest.mark.vidmock({marker})\ndef test_{n}(vidmock): ..." for n, marker in enumerate(wrong))
    result = run("import pytest\n" + "\n".join(tests))
    result.assert_outcomes(errors=len(wrong))
    for said in wrong.values():
        assert said in result.stdout.str()
    assert len(re.findall(r"^E .*UsageError: @pytest.mark.vidmock", result.stdout.str(), re.MULTILINE)) == len(wrong)


def test_a_failure_brings_its_seed_and_its_story(run: Run) -> None:
    result = run(
        SUBMIT
        + """
@pytest.mark.vidmock(seed=42)
def test_plain(vidmock):
    submit(vidmock)
    assert 0

def test_ours(vidmock):
    submit(vidmock)
    vidmock.assert_spend(at_most=0)

def test_without(vidmock_server):
    assert 0
"""
    )
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*- vidmock -*", "seed 42, key vidmock:*", "*0.000 s  job * is charged $0.56"])
    # On CI pytest's closing summary repeats the whole message.
    text = result.stdout.str().partition("short test summary")[0]
    assert text.count("is charged $0.56") == 2
    assert text.count("- vidmock -") == 2
    assert "test_plain" in text


def test_a_failure_is_not_put_down_to_what_other_tests_sent(run: Run) -> None:
    result = run(
        SUBMIT
        + """
def test_before(vidmock_server):
    submit(vidmock_server.world("another test's"))

def test_plain(vidmock):
    httpx.get(f"{vidmock.url}/fal/rest/.well-known/jwks.json", trust_env=False).raise_for_status()
    assert 0

def test_with_another_key(vidmock, vidmock_server):
    submit(vidmock_server.world("my app's"))
    assert 0
"""
    )
    result.assert_outcomes(passed=1, failed=2)
    told = [line for line in result.outlines if line.startswith("nothing happened")]
    assert told == [
        "nothing happened: no request has reached the mock with this key",
        "nothing happened: 1 request reached this server with another key (my a…): the app must use vidmock.key",
    ]


def test_the_summary_tells_what_it_would_have_cost(run: Run) -> None:
    program = (
        SUBMIT
        + """
def test_wasteful(vidmock):
    for _ in range(2):
        job, _ = submit(vidmock)
    vidmock.clock.advance("1m")
    assert collect(vidmock, job) == 200

def test_elsewhere(vidmock_server):
    submit(vidmock_server.world("my own key"))
"""
    )
    result = run(program)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["vidmock: would have cost $1.68, wasted $0.56, never downloaded $1.12"])
    assert run(program, "--vidmock-budget", "1.68").ret == 0
    spent = run(program, "--vidmock-budget=1.67")
    assert spent.ret == pytest.ExitCode.TESTS_FAILED
    spent.stdout.fnmatch_lines(["vidmock: that is more than the budget of $1.67"])
    spent.assert_outcomes(passed=2, failed=1)


WAYS = """
import asyncio
from vidmock import AsyncMockServer, MockServer, Settings

class World:
    def __init__(self, mock, key):
        self.key, self.fal = key, mock.fal

@pytest.fixture
def fixed(vidmock_server):
    world = vidmock_server.world("the-key")
    with world.lead_clients(), world.virtual_time():
        yield world
    vidmock_server.close("the-key")

def test_a_fixed_key(fixed):
    submit(fixed)

def test_a_server_of_its_own():
    with MockServer(clock="manual") as mock:
        submit(World(mock, "a"))
        submit(World(mock, "b"))
        mock.clock.advance("1m")

def test_two_servers_and_a_reset():
    with MockServer() as one, MockServer() as two:
        submit(World(one, "a"))
        submit(World(two, "a"))
        one.reset()
        two.world("a").reset()

def test_in_the_running_loop():
    async def work():
        async with AsyncMockServer() as mock:
            await asyncio.to_thread(submit, World(mock, "a"))
    asyncio.run(work())

def test_what_was_given_back_is_not_spent(vidmock):
    vidmock.faults.add("fail")
    submit(vidmock)
    vidmock.clock.advance("1m")

def test_a_world_that_is_restored_costs_nothing_again(vidmock):
    submit(vidmock)
    with httpx.Client(trust_env=False) as client:
        url = f"{vidmock.url}/_vidmock/worlds/snapshot"
        saved = client.get(url, headers={"x-vidmock-key": vidmock.key}).json()
        for _ in range(3):
            assert client.put(url, json=saved).is_success
    assert len(vidmock.jobs) == 1

SERVER = MockServer()

def test_a_server_that_is_never_ended():
    SERVER.__enter__()
    submit(World(SERVER, "a"))
"""


def test_every_world_of_the_process_counts_however_it_was_made(run: Run) -> None:
    result = run(SUBMIT + WAYS, "--vidmock-budget=4.47")
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(
        [
            "the tests would have cost $4.48, more than the budget of $4.47 (--vidmock-budget)",
            "vidmock: would have cost $4.48, wasted $1.12, never downloaded $1.12",
        ]
    )
    assert run(SUBMIT + WAYS, "--vidmock-budget=4.48").ret == 0


@pytest.mark.parametrize("processes", [(), ("-pxdist", "-n2")], ids=["one", "several"])
def test_a_budget_that_was_exceeded_is_a_failure_in_the_reports_of_ci(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    result = run(
        SUBMIT + "def test_one(vidmock): submit(vidmock)", "--vidmock-budget=0.5", "--junitxml=junit.xml", *processes
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (suite,) = ET.parse(pytester.path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    (case,) = (case for case in suite if case.find("failure") is not None)
    assert (case.get("classname"), case.get("name")) == ("vidmock", "budget")
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == "the tests would have cost $0.56, more than the budget of $0.50 (--vidmock-budget)"


def test_nothing_is_said_where_nothing_was_asked(run: Run) -> None:
    assert "vidmock:" not in run("def test(): ...").stdout.str()


def test_jobs_whose_price_is_unknown_are_told_at_the_end(run: Run) -> None:
    program = SUBMIT.replace("kling-video/o1/reference-to-video", "any-llm", 1)
    result = run(f"{program}\ndef test_words(vidmock):\n    submit(vidmock)\n")
    said = "vidmock: would have cost $0.00, wasted $0.00; not counted, unknown price: 1 of 1 jobs"
    result.stdout.fnmatch_lines([said])


@pytest.mark.parametrize("text", ["much", "nan", "inf", "-1", "1e3", ""])
def test_a_budget_that_is_no_amount_is_refused(run: Run, text: str) -> None:
    result = run("def test(): ...", f"--vidmock-budget={text}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "an amount in USD such as 5.00" in result.stderr.str()


def test_processes_of_xdist_do_not_see_each_other_and_count_together(run: Run) -> None:
    result = run(
        SUBMIT
        + """
@pytest.mark.parametrize("number", range(8))
def test_many(vidmock, number):
    submit(vidmock, f"kite {number}")
    assert vidmock.jobs.one().prompt == f"kite {number}"
""",
        "-pxdist",
        "-n2",
        "--vidmock-budget=4",
    )
    assert result.parseoutcomes()["passed"] == 8
    result.stdout.fnmatch_lines(["vidmock: would have cost $4.48, wasted $0.00"])
    assert result.parseoutcomes()["failed"] == 1
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_the_variables_are_set_for_the_test_only(run: Run) -> None:
    result = run(
        """
import os, subprocess, sys

def test_set(vidmock, vidmock_env):
    assert os.environ["FAL_KEY"] == vidmock.key == vidmock_env["FAL_KEY"]
    code = "import os; print(os.environ['RUNPOD_ENDPOINT_BASE_URL'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == vidmock.runpod.url

def test_unset():
    assert "VIDMOCK_URL" not in os.environ
"""
    )
    result.assert_outcomes(passed=2)


def test_without_a_folder_for_the_certificate_the_fixture_says_so_in_a_line(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pytester.path / "file").write_text("")
    monkeypatch.setenv("VIDMOCK_STATE", str(pytester.path / "file" / "state"))
    result = run("def test(vidmock_env): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["cannot keep the certificates in */state: *not a directory. Set VIDMOCK_STATE to *"])
    assert "Traceback" not in result.stdout.str()
    assert "state_folder.py" not in result.stdout.str()


def test_the_seed_and_the_packages_are_options_of_the_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nvidmock_packages = json.decoder")
    result = run(
        """
import time, json.decoder
json.decoder.sleep = time.sleep

def test(vidmock):
    began = vidmock.clock.now
    json.decoder.sleep(1e6)
    assert vidmock.clock.now - began == 1e6
    assert 0
""",
        "--vidmock-seed=99",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*assert 0", "seed 99, key*", "nothing happened*"])


@pytest.mark.parametrize("url", ["https://queue.fal.run", "http://queue.fal.run"])
def test_a_client_that_keeps_its_connections_does_not_keep_a_strict_run_from_ending(
    run: Run, pytester: pytest.Pytester, url: str
) -> None:
    pytester.makeini("[pytest]\nfilterwarnings = error")
    result = run(
        f"""
import requests

SESSION = requests.Session()

def test(vidmock, vidmock_env):
    key = {{"Authorization": f"Key {{vidmock.key}}"}}
    answer = SESSION.post("{url}/fal-ai/kling-video/o1/reference-to-video", json={{"prompt": "a kite"}}, headers=key)
    assert answer.status_code == 200
""",
        timeout=60,
    )
    result.assert_outcomes(passed=1)
    assert result.ret == 0


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: re.findall(r"def (test_\w+)", program)[0])
def test_the_tests_on_the_page_pass(program: str, run: Run) -> None:
    result = run(program, timeout=60)
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] >= 1


def test_the_plugin_loads_nothing_until_a_test_asks(run: Run) -> None:
    result = run(
        """
import sys

def test():
    ours = {name for name in sys.modules if name.partition(".")[0] == "vidmock"}
    guard = {"pytest_guard", "interception", "interception.environment", "interception.preload"}
    guard = {f"vidmock.{name}" for name in (*guard, "interception.preload.vidmock_names")}
    parts = {f"vidmock.pytest_{name}" for name in ("plugin", "story", "worlds")}
    assert ours == {"vidmock", *parts, *guard}
    heavy = {"starlette", "uvicorn", "httpx", "jsonschema", "hypothesis", "cryptography", "asyncio"}
    assert not heavy & {*sys.modules}
"""
    )
    result.assert_outcomes(passed=1)


def test_our_modules_are_not_rewritten_by_pytest(run: Run) -> None:
    result = run(
        """
def test(vidmock, request):
    import vidmock.engine.service.engine
    hook = request.config.pluginmanager.rewrite_hook
    assert not hook._is_marked_for_rewrite("vidmock.engine.service.engine", hook)
"""
    )
    result.assert_outcomes(passed=1)


OWN = """
def submit_own(mock, model="acme/pictures"):
    with httpx.Client(trust_env=False) as client:
        headers = {"Authorization": f"Key {mock.key}"}
        return client.post(f"{mock.fal.queue_url}/{model}", json={"prompt": "x"}, headers=headers).status_code
"""


@pytest.mark.parametrize("way", ["marker", "option", "ini", "variable"])
def test_own_models_are_served_to_the_tests_that_ask(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    write_model(pytester.path / "models" / "pictures.json")
    marker = "@pytest.mark.vidmock(models='models')\n" if way == "marker" else ""
    if way == "ini":
        pytester.makeini("[pytest]\nvidmock_models = models\n")
    if way == "variable":
        monkeypatch.setenv("VIDMOCK_MODELS", "models")
    program = f"""{SUBMIT}{OWN}
{marker}def test_with_them(vidmock):
    assert submit_own(vidmock) == 200

def test_without(vidmock):
    assert submit_own(vidmock) == {404 if way == "marker" else 200}
"""
    run(program, *(("--vidmock-models", "models") if way == "option" else ())).assert_outcomes(passed=2)


def test_a_wrong_model_is_told_to_the_test_that_asks_for_it(run: Run, pytester: pytest.Pytester) -> None:
    write_model(pytester.path / "m.json", changed("type", "array"))
    result = run(f"{SUBMIT}@pytest.mark.vidmock(models='m.json')\ndef test_it(vidmock):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*m.json, line *: /type must be*"])


def test_any_model_is_served_to_the_tests_that_ask(run: Run) -> None:
    program = f"""{SUBMIT}{OWN}
@pytest.mark.vidmock(any_model=True)
def test_with_them(vidmock):
    assert submit_own(vidmock, "fal-ai/flux/dev") == 200

def test_without(vidmock):
    assert submit_own(vidmock, "fal-ai/flux/dev") == 404
"""
    run(program).assert_outcomes(passed=2)
