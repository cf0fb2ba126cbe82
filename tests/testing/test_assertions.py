"""Assertions about money and calls, whose failure tells the whole story."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from vidmock import MockServer, Settings
from vidmock.problems import BadRequest

MODEL = "fal-ai/kling-video/o1/reference-to-video"

Ask = Callable[..., httpx.Response]
Submit = Callable[..., str]
Result = Callable[..., httpx.Response]


def test_a_job_that_was_paid_for_once_and_collected_pleases_all(
    mock: MockServer, submit: Submit, result: Result
) -> None:
    job = submit()
    mock.clock.advance("15m")
    result(job)
    mock.assert_charged_once()
    mock.assert_no_waste()
    mock.assert_no_orphans()
    mock.assert_all_requests_valid()
    mock.assert_no_lints()
    mock.assert_spend(at_most="0.56")
    mock.assert_called("fal", "submit", times=1)
    mock.assert_called(method="GET", path="*/requests/*", status=200)
    mock.assert_called("runpod", times=0)


def test_the_same_request_twice_is_charged_more_than_once(mock: MockServer, submit: Submit, result: Result) -> None:
    first, second = submit(), submit()
    mock.clock.advance("15m")
    result(second)
    with pytest.raises(AssertionError, match=f"{first} .* is {second} again"):
        mock.assert_charged_once()
    with pytest.raises(AssertionError, match=r"\$0\.56 of \$1\.12 was wasted: .*duplicate"):
        mock.assert_no_waste()
    assert mock.ledger.wasted == Decimal("0.56")


def test_nothing_charged_is_not_charged_once(mock: MockServer) -> None:
    with pytest.raises(AssertionError, match="nothing was charged") as caught:
        mock.assert_charged_once()
    assert "no request has reached the mock" in str(caught.value)


def test_requests_with_another_key_are_told_of_where_none_came_with_this_one(
    mock: MockServer, submit: Submit, result: Result
) -> None:
    world = mock.world("its-own")
    result(submit(key="my-app's"), key="my-app's")
    with pytest.raises(AssertionError) as caught:
        world.assert_charged_once()
    said = "2 requests reached this server with another key (my-a…): the app must use vidmock.key"
    assert said in str(caught.value)
    with pytest.raises(AssertionError, match="reached this server with another key"):
        world.webhooks.wait_for("no-such-job", within="1s")
    submit(key="its-own")
    assert "another key" not in world.timeline()
    assert "another key" not in mock.timeline()


def test_requests_that_need_no_key_or_came_before_the_world_are_not_told_of(
    mock: MockServer, ask: Ask, submit: Submit
) -> None:
    submit(key="of another test")
    assert ask("POST", f"{mock.fal.queue_url}/{MODEL}", key="").status_code == 401
    world = mock.world("its-own", Settings())
    assert ask("GET", f"{mock.url}/fal/rest/.well-known/jwks.json", key="").status_code == 200
    assert world.timeline() == "nothing happened: no request has reached the mock with this key"
    submit(key="of another test")
    assert "1 request reached this server with another key (of a…)" in world.timeline()
    assert ask("POST", f"{mock.fal.queue_url}/{MODEL}", key="").status_code == 401
    said = world.timeline()
    assert "2 requests reached this server with another key" in said
    assert "of a…" in said
    assert "none that is valid" in said


def test_a_failed_attempt_that_was_refunded_is_no_double_charge(
    mock: MockServer, submit: Submit, result: Result
) -> None:
    mock.faults.add("fail", times=1)
    submit()
    mock.clock.advance("15m")
    again = submit()
    mock.clock.advance("15m")
    result(again)
    mock.assert_charged_once()
    mock.assert_no_waste()


def test_another_worlds_same_request_is_no_duplicate(mock: MockServer, submit: Submit) -> None:
    submit(key="mine")
    submit(key="theirs")
    mock.assert_charged_once()


def test_a_result_that_nobody_collected_is_wasted_and_an_orphan(mock: MockServer, submit: Submit) -> None:
    job = submit()
    mock.assert_no_waste()
    with pytest.raises(AssertionError, match=f"{job} is still queued"):
        mock.assert_no_orphans()
    mock.clock.advance("15m")
    with pytest.raises(AssertionError, match="uncollected"):
        mock.assert_no_waste()
    with pytest.raises(AssertionError, match=f"{job} was collected by nobody"):
        mock.assert_no_orphans()


def test_an_answer_that_was_lost_collects_nothing(mock: MockServer, submit: Submit, result: Result) -> None:
    job = submit()
    mock.clock.advance("15m")
    mock.faults.add("edge_page", phase="poll", times=1)
    assert result(job).status_code == 502
    assert not mock.jobs[job].collected
    assert result(job).status_code == 200
    assert mock.jobs[job].collected


def test_the_file_alone_collects_its_job(mock: MockServer, ask: Ask, submit: Submit, result: Result) -> None:
    job = submit()
    mock.clock.advance("15m")
    url = result(job).json()["video"]["url"]
    mock.reset()
    job = submit()
    mock.clock.advance("15m")
    assert ask("HEAD", url.replace(url.split("/")[-1], f"{mock.jobs[job].job.outputs[0].id}_output.mp4")).is_success
    mock.assert_no_waste()


def test_a_result_that_was_read_is_not_yet_a_video_that_was_downloaded(
    mock: MockServer, ask: Ask, submit: Submit, result: Result
) -> None:
    first, second = submit("one kite"), submit("another")
    mock.assert_all_downloaded()
    mock.clock.advance("15m")
    url = result(first).json()["video"]["url"]
    with pytest.raises(AssertionError) as caught:
        mock.assert_all_downloaded()
    said = str(caught.value).splitlines()
    files = [f"{mock.jobs[job].outputs[0].id}.mp4 of job {job}: $0.56" for job in (first, second)]
    assert said[0] == "$1.12 of $1.12 was paid for files that were never downloaded:"
    assert said[1:3] == [f"  {files[0]}, its client was told of it", f"  {files[1]}, nobody was told of it"]
    assert any(line.endswith(f"→ 200   result {first[:8]}") for line in said)
    assert [(missed.job, missed.told) for missed in mock.ledger.missed_files()] == [(first, True), (second, False)]
    assert ask("GET", url).is_success
    assert ask("GET", result(second).json()["video"]["url"]).is_success
    mock.assert_all_downloaded()
    assert mock.ledger.undownloaded == 0
    assert [(job.collected, job.downloaded) for job in mock.jobs] == [(True, True)] * 2


def test_the_story_of_a_client_that_stops_at_the_first_of_several_videos(mock: MockServer, ask: Ask) -> None:
    task = {"taskType": "videoInference", "taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11", "numberResults": 3}
    size = {"model": "klingai:kling@o1-standard", "positivePrompt": "a kite", "width": 1280, "height": 720}
    bearer = {"Authorization": "Bearer a-key"}
    mock.faults.add("spread", seconds=60)
    with httpx.Client(transport=mock.transport(), headers=bearer) as client:
        client.post(mock.runware.url, json=[task | size])
        (record,) = mock.jobs
        first = min(output.ready for output in record.job.outputs if output.ready)
        mock.clock.advance(first - mock.clock.now)
        client.post(mock.runware.url, json=[{"taskType": "getResponse", "taskUUID": record.id}])
    mock.clock.advance("1h")
    with pytest.raises(AssertionError) as caught:
        mock.assert_no_waste()
    said = str(caught.value)
    assert said.startswith(f"$0.84 of $1.26 was wasted: {record.id} ($0.84, uncollected: 2 of 3 videos)")
    assert [output.collected for output in mock.jobs[record.id].outputs].count(True) == 1
    early = [output for output in mock.jobs[record.id].job.outputs if output.ready]
    assert all(f"video {output.id[:8]} of job {record.id[:8]} is ready" in said for output in early)
    assert len(early) == 2


def test_words_that_nobody_has_read_are_an_orphan_and_no_file(mock: MockServer, ask: Ask) -> None:
    job = ask("POST", f"{mock.fal.queue_url}/fal-ai/any-llm", json={"prompt": "why?"}).json()["request_id"]
    mock.clock.advance("15m")
    with pytest.raises(AssertionError, match="collected by nobody"):
        mock.assert_no_orphans()
    assert ask("GET", f"{mock.fal.queue_url}/fal-ai/any-llm/requests/{job}").is_success
    mock.assert_no_orphans()
    mock.assert_all_downloaded()


@pytest.mark.parametrize("limit", ["nan", "much", float("nan"), -1, None], ids=repr)
def test_a_limit_that_is_no_amount_is_refused(mock: MockServer, limit: Any) -> None:
    with pytest.raises(BadRequest, match=r"an amount in USD such as '5\.00'"):
        mock.assert_spend(at_most=limit)


def test_spending_more_is_told_with_the_story(mock: MockServer, submit: Submit) -> None:
    job = submit()
    mock.clock.advance("90s")
    with pytest.raises(AssertionError, match=r"\$0\.56 was spent, more than \$0\.50") as caught:
        mock.assert_spend(at_most="0.50")
    story = str(caught.value).splitlines()
    assert story[2:] == [
        f"     0.000 s  job {job[:8]} of fal {MODEL} is charged $0.56",
        f"     0.000 s  fal: POST /fal/queue/{MODEL} → 200   submit {job[:8]}",
        f"    90.000 s  job {job[:8]} is running",
    ]


def test_what_was_spent_cannot_be_told_where_a_price_is_unknown(mock: MockServer, ask: Ask, submit: Submit) -> None:
    submit()
    ask("POST", f"{mock.fal.queue_url}/fal-ai/any-llm", json={"prompt": "why?"})
    assert (mock.ledger.unpriced, mock.ledger.charged) == (1, Decimal("0.56"))
    with pytest.raises(AssertionError, match="cannot be told: unknown price: fal-ai/any-llm") as caught:
        mock.assert_spend(at_most="1.00")
    assert "of fal fal-ai/any-llm is charged nothing, unknown price" in str(caught.value)


def test_a_call_that_was_not_made_is_missed(mock: MockServer, submit: Submit) -> None:
    submit()
    with pytest.raises(AssertionError, match="calls of runpod submit: 0, not one or more"):
        mock.assert_called("runpod", "submit")
    with pytest.raises(AssertionError, match="calls of fal submit: 1, not 2"):
        mock.assert_called("fal", "submit", times=2)
    with pytest.raises(AssertionError, match="calls of any request: 1, not 0"):
        mock.assert_called(times=0)


def test_invalid_requests_are_named_even_where_the_provider_takes_them(mock: MockServer, ask: Ask) -> None:
    answer = ask("POST", f"{mock.fal.queue_url}/{MODEL}", json={"prompt": "x", "duration": 5})
    assert answer.status_code == 200
    with pytest.raises(AssertionError, match=r"invalid requests:\n.*duration"):
        mock.assert_all_requests_valid()


def test_what_was_probably_not_meant_is_named_and_is_in_the_story(mock: MockServer, ask: Ask) -> None:
    url = f"{mock.fal.queue_url}/{MODEL}"
    ask("POST", url, json={"prompt": "x"})
    ask("POST", url, json={"prompt": "x", "duration": 5, "image_url": "https://a.b/c.png"})
    mock.assert_no_lints()
    ask("POST", url, json={"prompt": "x", "image_url": "https://a.b/c.png"})
    lint = "image_url: is not a parameter here: the provider drops it silently. Did you mean 'image_urls'?"
    with pytest.raises(AssertionError) as caught:
        mock.assert_no_lints()
    said = str(caught.value)
    assert said.startswith(f"taken, and probably not meant:\n  POST /fal/queue/{MODEL}: {lint}\n\n")
    assert said.count(f"warning: {lint}") == mock.timeline().count("warning: ") == 1


def test_a_request_for_nothing_that_exists_is_invalid(mock: MockServer, ask: Ask) -> None:
    ask("POST", f"{mock.fal.queue_url}/no/such-model", json={})
    with pytest.raises(AssertionError, match="404"):
        mock.assert_all_requests_valid()


def test_a_valid_request_that_a_fault_refused_is_valid(mock: MockServer, ask: Ask) -> None:
    mock.faults.add("no_balance", phase="before")
    assert ask("POST", f"{mock.fal.queue_url}/{MODEL}", json={"prompt": "x"}).status_code == 403
    mock.assert_all_requests_valid()


def test_the_story_has_calls_states_deliveries_and_money_in_order(
    mock: MockServer, submit: Submit, result: Result
) -> None:
    job = submit(fal_webhook="http://127.0.0.1:9/hook")
    mock.faults.add("fail", phase="poll", times=1)
    result(job)
    result(job)
    mock.clock.advance("15m")
    name = job[:8]
    story = [line.split("  ", 1)[1].strip() for line in mock.timeline().strip().splitlines()]
    begun = [line.split("   ")[0] for line in story[:4]]
    assert begun[0].endswith(f"job {name} of fal {MODEL} is charged $0.56")
    assert begun[1].endswith(f"job {name} is failed (internal: the generation failed)")
    assert begun[2].endswith(f"job {name} is refunded $0.56")
    assert begun[3].endswith("→ 200")
    assert any("fault test-" in line for line in story)
    assert any(f"webhook of {name} to http://127.0.0.1:9/hook, attempt 1 → " in line for line in story)


def test_a_long_story_is_told_from_its_end(mock: MockServer, submit: Submit) -> None:
    for number in range(120):
        submit(f"kite {number}")
    lines = mock.timeline().splitlines()
    assert lines[0].strip() == "… 40 earlier lines"
    assert len(lines) == 201


@pytest.mark.parametrize(
    ("wrong", "words"), [(("fall",), "Did you mean 'fal'?"), (("fal", "sbmit"), "Did you mean 'submit'?")]
)
def test_a_call_that_there_cannot_be_is_no_assertion(mock: MockServer, wrong: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        mock.assert_called(*wrong, times=0)  # type: ignore[arg-type]  # the point of the test
    assert words in str(refused.value)
