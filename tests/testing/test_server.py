"""The mock as one object: a server in a thread or in the loop, and a handle for everything on it."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

import vidmock
from vidmock import AsyncMockServer, MockServer
from vidmock.engine.jobs.job import State
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.problems import BadRequest, NoSuchJob
from vidmock.server.port import PortTaken
from vidmock.testing.vocabulary import OutcomeName

MODEL = "fal-ai/kling-video/o1/reference-to-video"

Ask = Callable[..., httpx.Response]
Submit = Callable[..., str]


def test_the_public_names_are_imported_when_first_used() -> None:
    assert {"MockServer", "AsyncMockServer", "MockWorld"} <= set(dir(vidmock))
    assert vidmock.MockServer is MockServer


def test_every_provider_has_its_address(mock: MockServer) -> None:
    assert mock.fal.url == mock.fal.queue_url == f"{mock.url}/fal/queue"
    assert mock.fal.run_url == f"{mock.url}/fal/run"
    assert mock.runpod.url == f"{mock.url}/runpod/v2"
    assert mock.runware.url == f"{mock.url}/runware/v1"
    assert mock.eachlabs.url == f"{mock.url}/eachlabs/v1"
    with urllib.request.urlopen(mock.url) as answer:
        assert answer.status == 200


def test_a_port_that_is_taken_is_told_before_anything_starts(mock: MockServer) -> None:
    with pytest.raises(PortTaken):
        MockServer(port=int(mock.url.rpartition(":")[2]))


def test_a_job_is_followed_from_its_handle(mock: MockServer, submit: Submit, result: Callable[[str], object]) -> None:
    job = submit("a red kite")
    assert mock.jobs[job].state is State.QUEUED
    mock.clock.advance("90s")
    assert mock.jobs[0].state == "running"
    mock.clock.advance("15m")
    seen = mock.jobs.one(provider="fal", model=MODEL, state="succeeded")
    assert (seen.id, seen.prompt, seen.input) == (job, "a red kite", {"prompt": "a red kite"})
    assert (seen.cost, seen.refunded) == (Decimal("0.56"), Decimal(0))
    assert [step.state.value for step in seen.history] == ["queued", "running", "succeeded"]
    assert not seen.collected
    result(job)
    assert mock.jobs[-1].collected
    assert len(mock.jobs) == 1


def test_a_job_that_is_not_there_says_so(mock: MockServer, submit: Submit) -> None:
    with pytest.raises(NoSuchJob, match="nope"):
        mock.jobs["nope"]
    with pytest.raises(AssertionError, match="wanted one job, and there are 0"):
        mock.jobs.one()
    submit()
    submit("another")
    with pytest.raises(AssertionError, match="there are 2"):
        mock.jobs.one(state="queued")


@pytest.mark.parametrize(
    ("effect", "arguments", "state"),
    [("fail", {"code": "moderated"}, "failed"), ("cancelled", {}, "cancelled"), ("stuck", {}, "queued")],
    ids=["fail", "cancelled", "stuck"],
)
def test_the_fate_of_a_running_job_can_be_forced(
    mock: MockServer, submit: Submit, effect: OutcomeName, arguments: dict[str, str], state: str
) -> None:
    forced = mock.jobs.force(submit(), effect, **arguments)
    mock.clock.advance("1d")
    assert mock.jobs[forced.id].state == state


def test_only_what_can_happen_to_a_job_can_be_forced(mock: MockServer, submit: Submit) -> None:
    with pytest.raises(BadRequest, match="nothing that can happen to a job"):
        mock.jobs.force(submit(), "edge_page")  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(NoSuchJob):
        mock.jobs.force("nope", "fail")


def test_the_journal_is_filtered(mock: MockServer, submit: Submit, result: Ask) -> None:
    job = submit()
    assert result(job).status_code == 400
    assert len(mock.journal) == 2
    assert [exchange.status for exchange in mock.journal] == [200, 400]
    assert mock.journal[0].operation == "submit"
    for filtered in (
        mock.journal.filter(operation="result"),
        mock.journal.filter(method="get"),
        mock.journal.filter(path="*/requests/*"),
        mock.journal.filter(status=400, provider="fal", job=job),
    ):
        assert filtered == [mock.journal[-1]]
    assert mock.journal.filter(provider="runpod") == []


def test_a_word_that_there_is_not_is_refused_and_finds_not_nothing(mock: MockServer) -> None:
    questions: list[tuple[Callable[..., object], dict[str, str], str]] = [
        (mock.jobs.filter, {"state": "suceeded"}, "no state 'suceeded'. Did you mean 'succeeded'? One of queued, "),
        (mock.jobs.filter, {"state": "done"}, "no state 'done'. One of queued, running, succeeded, failed, cancelled"),
        (mock.jobs.one, {"provider": "fall"}, "unknown provider 'fall'. Did you mean 'fal'?"),
        (mock.jobs.one, {"model": MODEL[:-1]}, f"Did you mean {MODEL!r}? See: vidmock models"),
        (mock.jobs.filter, {"provider": "runpod", "model": MODEL}, f"runpod has no model {MODEL!r} here."),
        (mock.journal.filter, {"operation": "pol"}, "no operation 'pol'. Did you mean 'poll'?"),
        (mock.journal.filter, {"provider": "fall"}, "unknown provider 'fall'. Did you mean 'fal'?"),
    ]
    for question, words, said in questions:
        with pytest.raises(BadRequest) as refused:
            question(**words)
        assert said in str(refused.value)


def test_jobs_are_found_by_the_other_names_of_their_model(mock: MockServer) -> None:
    task = {
        "taskType": "videoInference",
        "taskUUID": "0f6dcf5c-0000-4000-8000-000000000001",
        "model": "klingai:kling@o1",
        "positivePrompt": "a kite",
        "duration": 5,
        "width": 1920,
        "height": 1080,
    }
    with httpx.Client(transport=mock.transport(), headers={"Authorization": "Bearer k"}) as client:
        assert client.post(mock.runware.url, json=[task]).is_success
    (job,) = mock.jobs.filter(model="klingai-video-o1-pro")
    assert (job.id, job.model) == (task["taskUUID"], task["model"])


def test_the_journal_is_exported_without_its_secrets(mock: MockServer, submit: Submit) -> None:
    submit(key="a-secret-key")
    (entry,) = mock.journal.to_har()["log"]["entries"]
    assert entry["request"]["url"] == f"{mock.fal.queue_url}/{MODEL}"
    assert "a-secret-key" not in str(entry)
    assert "a-secret-key" in str(mock.journal.to_har(secrets=True))


def test_money_is_told_as_it_is_charged_and_given_back(mock: MockServer, submit: Submit) -> None:
    kept, failed = submit("one"), submit("two")
    mock.jobs.force(failed, "fail")
    mock.clock.advance("15m")
    assert (mock.ledger.charged, mock.ledger.refunded, mock.ledger.spent) == (
        Decimal("1.12"),
        Decimal("0.56"),
        Decimal("0.56"),
    )
    assert [line.job for line in mock.ledger.lines()] == [kept, failed]


def test_a_budget_that_is_used_up_is_an_answer_of_the_provider(mock: MockServer, ask: Ask, submit: Submit) -> None:
    submit("one")
    mock.set_budget("1.00")
    answer = ask("POST", f"{mock.fal.queue_url}/{MODEL}", json={"prompt": "two"})
    assert answer.status_code == 403
    assert "balance" in answer.text.lower()
    assert mock.ledger.spent == Decimal("0.56")


def test_a_world_is_called_what_it_is_labelled_also_after_a_reset(mock: MockServer, ask: Ask) -> None:
    world = mock.world("mine")
    world.set_label("test_app.py::test_a")
    world.reset()
    assert ask("GET", f"{mock.url}/_vidmock/worlds").json()["worlds"][0]["label"] == "test_app.py::test_a"
    with pytest.raises(BadRequest, match="300 characters at most"):
        world.set_label("x" * 301)


def test_each_key_has_its_world_and_the_servers_clock_moves_all(mock: MockServer, submit: Submit) -> None:
    mock.clock.advance("1h")
    mine, theirs = submit(key="mine"), submit(key="theirs")
    assert mock.worlds.keys() == {"mine", "theirs"}
    assert [job.id for job in mock.world("mine").jobs] == [mine]
    assert {job.id for job in mock.jobs} == {mine, theirs}
    assert (mock.key, mock.world("mine").key) == (None, "mine")
    mock.clock.advance("15m")
    assert {job.state for job in mock.jobs} == {State.SUCCEEDED}
    assert mock.clock.now == mock.world("theirs").clock.now == mock.world("new").clock.now
    assert mock.clock.now - mock.jobs[0].job.created == 900


def test_a_worlds_clock_moves_that_one_only(mock: MockServer, submit: Submit) -> None:
    mine, theirs = mock.world("mine"), mock.world("theirs")
    before = theirs.clock.now
    mine.clock.advance("1h")
    assert (theirs.clock.now, mine.clock.now, mock.clock.now) == (before, before + 3600, before + 3600)
    jobs = submit(key="mine"), submit(key="theirs")
    mock.clock.advance("14m")
    assert {mock.jobs[job].state.value for job in jobs} == {"running"}
    mock.clock.advance("1m")
    assert {mock.jobs[job].state.value for job in jobs} == {"succeeded"}
    assert (theirs.clock.now, mine.clock.now) == (before + 900, before + 4500)


def test_what_is_due_in_several_worlds_happens_in_one_order(mock: MockServer, submit: Submit) -> None:
    ended: list[str] = []
    submit(key="first")
    mock.clock.advance("1m")
    submit(key="second")
    for key in ("second", "first"):
        world = mock._server.engine.worlds.world(key)
        (job,) = world.jobs.unfinished()
        mock._server.call(lambda world=world, when=job.ends: world.clock.at(when, lambda: ended.append(world.key)))  # type: ignore[misc]
    mock.clock.run_until_idle()
    assert ended == ["first", "second"]


def test_the_clock_runs_until_nothing_is_planned(mock: MockServer, submit: Submit) -> None:
    began = mock.clock.now
    submit()
    mock.clock.run_until_idle()
    assert mock.clock.now - began == 900
    mock.faults.add("stuck")
    submit("another")
    mock.clock.run_until_idle()
    assert [job.state.value for job in mock.jobs] == ["succeeded", "queued"]


def test_the_clock_takes_another_mode(mock: MockServer, submit: Submit) -> None:
    assert mock.clock.mode == "manual"
    before = mock.clock.now
    mock.clock.mode = "scaled:100000"
    submit()
    assert mock.webhooks.filter() == []
    assert mock.clock.now > before
    mock.clock.mode = "manual"
    assert mock.clock.now == mock.clock.now
    with pytest.raises(BadRequest, match="no such clock"):
        mock.clock.mode = "fast"


def test_reset_forgets_all() -> None:
    with MockServer(clock="manual") as mock, httpx.Client(transport=mock.transport()) as client:
        url, headers = f"{mock.fal.queue_url}/{MODEL}", {"Authorization": "Key a-key"}
        mock.faults.add("stuck")
        client.post(url, json={"prompt": "a kite"}, headers=headers)
        mock.reset()
        assert (len(mock.jobs), len(mock.journal), mock.ledger.spent) == (0, 0, Decimal(0))
        assert list(mock.faults) == []
        client.post(url, json={"prompt": "a kite"}, headers=headers)
        mock.clock.advance("1h")
        assert mock.jobs.one().state == "succeeded"


def test_a_world_can_have_settings_of_its_own(mock: MockServer, submit: Submit) -> None:
    quick = mock.world("quick", Settings(clock=Mode("manual"), latency=Latency((0, 0), (1, 1))))
    submit(key="quick")
    submit(key="slow")
    mock.clock.advance(1)
    assert (quick.jobs.one().state, mock.world("slow").jobs.one().state) == (State.SUCCEEDED, State.QUEUED)
    mock.close("quick")
    assert mock.worlds.keys() == {"slow"}


def test_one_world_is_reset_by_itself(mock: MockServer, submit: Submit) -> None:
    submit(key="mine")
    theirs = submit(key="theirs")
    mock.world("mine").reset()
    assert [job.id for job in mock.jobs] == [theirs]
    mock.clock.advance("15m")
    assert mock.jobs.one().state == "succeeded"


def test_faults_stand_for_worlds_to_come_and_count(mock: MockServer, ask: Ask, submit: Submit) -> None:
    rule = mock.faults.add("rate_limit", phase="before", provider="fal", nth=2, retry_after=30)
    for key, wanted in (("one", [200, 429, 200]), ("two", [200, 429, 200])):
        url = f"{mock.fal.queue_url}/{MODEL}"
        assert [ask("POST", url, key, json={"prompt": "x"}).status_code for _ in range(3)] == wanted
    ((held, tally),) = mock.faults
    assert (held.id, tally.seen, tally.fired) == (rule, 6, 2)
    assert mock.faults.remove(rule)
    assert not mock.faults.remove(rule)
    assert list(mock.faults) == []


def test_a_fault_of_one_world_is_not_anothers(mock: MockServer, submit: Submit) -> None:
    mock.world("mine").faults.add("fail")
    submit(key="mine")
    submit(key="theirs")
    mock.clock.advance("15m")
    assert {world: view.jobs.one().state.value for world, view in mock.worlds.items()} == {
        "mine": "failed",
        "theirs": "succeeded",
    }
    mock.faults.clear()
    assert list(mock.world("mine").faults) == []


@pytest.mark.parametrize(
    ("effect", "more", "said"),
    [
        ("edge_pag", {}, "Did you mean 'edge_page'"),
        ("edge_page", {"phase": "pol"}, "it can in before, after, poll, .*Did you mean 'poll'"),
        ("edge_page", {"code": 1}, "no argument 'code'"),
        ("edge_page", {"nth": 0}, "count from 1"),
    ],
    ids=["effect", "phase", "argument", "nth"],
)
def test_a_fault_that_makes_no_sense_is_refused(
    mock: MockServer, effect: str, more: dict[str, object], said: str
) -> None:
    with pytest.raises(BadRequest, match=said):
        mock.faults.add(effect, **more)  # type: ignore[arg-type]  # the point of the test
    assert list(mock.faults) == []


def test_handles_work_before_the_beginning_and_after_the_end() -> None:
    mock = MockServer(clock="manual")
    mock.faults.add("fail")
    with mock, httpx.Client(transport=mock.transport()) as client:
        client.post(f"{mock.fal.queue_url}/{MODEL}", json={"prompt": "x"}, headers={"Authorization": "Key k"})
        mock.clock.run_until_idle()
    assert mock.jobs.one().state == "failed"
    assert mock.ledger.refunded == Decimal("0.56")


def test_an_error_in_the_servers_loop_is_the_callers(mock: MockServer) -> None:
    with pytest.raises(ZeroDivisionError):
        mock._server.call(lambda: 1 / 0)


def test_switches_and_what_is_known_of_files_are_said_in_words(tmp_path: Path) -> None:
    about = {"https://clips.example/walk.mp4": {"seconds": 12}}
    (tmp_path / "media.json").write_text(json.dumps(about))
    for media in (about, tmp_path / "media.json", str(tmp_path / "media.json")):
        with MockServer(behaviours={"fal.retention": "stored"}, media=media) as mock:
            assert mock.settings.behaviours == {"fal.retention": "stored"}
            assert mock.settings.media("https://clips.example/walk.mp4").seconds == 12


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"behaviours": {"fal.retension": "stored"}}, "Did you mean 'fal.retention'?"),
        ({"behaviours": {"fal.retention": "stord"}}, "stored"),
        ({"media": {"https://x.example/a.mp4": {"second": 1}}}, "Did you mean 'seconds'?"),
        ({"media": "no-such-file.json"}, "no-such-file.json"),
    ],
    ids=["switch", "value", "fact", "file"],
)
def test_what_makes_no_sense_is_refused_with_what_would(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        MockServer(**asked)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("latency", "ranges"),
    [("10s", Latency((1.0, 1.0), (9.0, 9.0))), (Latency((0, 0), (5, 6)), Latency((0, 0), (5, 6))), (None, Latency())],
    ids=["whole", "ranges", "default"],
)
def test_settings_are_said_in_words(latency: str | Latency | None, ranges: Latency) -> None:
    mock = MockServer(Settings(keys=frozenset({"k"})), seed=7, clock="step", latency=latency)
    settings = mock.settings
    assert (settings.seed, str(settings.clock), settings.latency, settings.keys) == (
        7,
        "step",
        ranges,
        frozenset({"k"}),
    )
    with mock:
        pass


def test_an_incident_can_be_lived_through_again() -> None:
    with (
        MockServer(scenario="stuck-in-queue", clock="manual") as mock,
        httpx.Client(transport=mock.transport()) as client,
    ):
        client.post(f"{mock.fal.queue_url}/{MODEL}", json={"prompt": "x"}, headers={"Authorization": "Key k"})
        mock.clock.advance("1d")
        assert mock.jobs.one().state == "queued"
    with pytest.raises(BadRequest, match="no scenario 'stuck'"):
        MockServer(scenario="stuck")


def test_the_same_calls_make_the_same_bytes() -> None:
    def journal() -> list[tuple[bytes, float]]:
        with MockServer(seed=3, clock="manual") as mock, httpx.Client(transport=mock.transport()) as client:
            headers = {"Authorization": "Key k", "Host": "queue.fal.run"}
            answer = client.post(f"https://queue.fal.run/{MODEL}", json={"prompt": "x"}, headers=headers)
            mock.clock.advance("1m")
            client.get(answer.json()["status_url"], headers=headers)
            return [(exchange.response_body, exchange.at) for exchange in mock.journal]

    assert journal() == journal()


def test_the_variables_lead_here_and_carry_the_worlds_key(
    mock: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path_factory.mktemp("state")))
    everywhere, mine = mock.environment(), mock.world("mine").environment()
    assert everywhere["RUNPOD_ENDPOINT_BASE_URL"] == mine["RUNPOD_ENDPOINT_BASE_URL"] == mock.runpod.url
    assert {mine[name] for name in ("FAL_KEY", "RUNPOD_API_KEY", "RUNWARE_API_KEY", "EACH_API_KEY")} == {"mine"}
    assert everywhere["FAL_KEY"] != "mine"


def test_the_async_server_runs_in_the_callers_loop() -> None:
    async def work() -> None:
        async with AsyncMockServer(seed=1, clock="manual", latency="15m") as mock:
            headers = {"Authorization": "Key mine"}
            async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
                answer = await client.post(f"{mock.fal.queue_url}/{MODEL}", json={"prompt": "x"})
                assert mock.jobs.one().id == answer.json()["request_id"]
                await mock.clock.advance("15m")
                assert (await client.get(answer.json()["status_url"])).json()["status"] == "COMPLETED"
            async with httpx.AsyncClient(headers=headers, transport=mock.transport()) as client:
                assert (await client.get(answer.json()["status_url"])).status_code == 200
            with pytest.raises(RuntimeError, match="AsyncClient"):
                mock.transport().handle_request(httpx.Request("GET", mock.url))
            assert list(mock.worlds) == ["mine"]
            mock.world("mine").assert_charged_once()
            await mock.clock.run_until_idle()
            assert mock.world("quick", Settings(seed=2)).key == "quick"
            mock.close("mine")
            assert list(mock.worlds) == ["quick"]

    asyncio.run(work())


def test_an_async_server_that_was_not_begun_says_so() -> None:
    async def work() -> None:
        mock = AsyncMockServer()
        with pytest.raises(RuntimeError, match="begin it with 'async with'"):
            mock.virtual_time()
        async with mock:
            mock.virtual_time()

    asyncio.run(work())


def test_the_transport_serves_async_clients_of_a_server_in_a_thread(mock: MockServer) -> None:
    async def work() -> int:
        async with httpx.AsyncClient(transport=mock.transport()) as client:
            return (await client.get("https://queue.fal.run/a/b/requests/c/status")).status_code

    assert asyncio.run(work()) == 404


def test_the_transport_breaks_connections_as_a_network_does(mock: MockServer, ask: Ask) -> None:
    mock.faults.add("reset", phase="after")
    with pytest.raises(httpx.ReadError):
        ask("POST", f"{mock.fal.queue_url}/{MODEL}", json={"prompt": "x"})
    assert len(mock.jobs) == 1


def test_a_url_without_a_host_is_what_it_is_to_httpx(mock: MockServer) -> None:
    said = set()
    for transport in (mock.transport(), httpx.HTTPTransport()):
        with httpx.Client(transport=transport) as client, pytest.raises(httpx.UnsupportedProtocol) as caught:
            client.get("/fal/queue")
        said.add(str(caught.value))
    assert len(said) == 1


def test_the_memory_of_all_keys_is_an_argument() -> None:
    with MockServer(memory=64) as mock:
        assert httpx.get(f"{mock.url}/_vidmock/memory", trust_env=False).json()["most"] == 64 * 2**20
    with pytest.raises(BadRequest, match="memory must be at least 1 MB, not 0"):
        MockServer(memory=0)
