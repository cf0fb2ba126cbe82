"""The log of a running server: what is told of jobs, webhooks and errors, in which form, and to whom."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vidmock.cli.activity_log import ActivityLog
from vidmock.cli.line_writer import MOST_WAITING, LineWriter

if TYPE_CHECKING:
    from tests.conftest import House, Wire

RUNPOD = "/runpod/v2/kling-video-o1-r2v"
GOOD = {"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}


@pytest.fixture
def log(house: House) -> list[str]:
    """What is said of *house*, without the time."""
    lines: list[str] = []
    house.app.engine.worlds.listen(ActivityLog(lambda line: lines.append(line[9:])))
    return lines


def test_a_job_is_followed_from_its_submission_to_its_end(house: House, wire: Wire, log: list[str]) -> None:
    job = wire.submit(house)
    (made,) = house.world().jobs.values()
    assert log[0] == f"{wire.name:<8} submit    {made.model}, ${made.cost:.2f}: job {job}"
    running = next(step.at for step in made.timeline if step.state == "running")
    house.advance(running - made.created)
    for _ in range(2):
        wire.look(house, job)
    assert log[1:] == [f"{wire.name:<8} running   job {job}"]
    house.advance(900)
    assert log[2] == f"{wire.name:<8} succeeded job {job}, {len(made.outputs)} file{'s'[len(made.outputs) == 1 :]}"


def test_a_job_whose_price_no_source_names_is_said_to_have_an_unknown_one(house: House, log: list[str]) -> None:
    job = house.post("/fal/queue/fal-ai/any-llm", {"prompt": "why?"}).json()["request_id"]
    assert log == [f"fal      submit    fal-ai/any-llm, unknown price: job {job}"]


def test_each_attempt_of_a_webhook_is_told_with_its_answer(house: House, log: list[str]) -> None:
    house.receiver.statuses = [None, 200]
    answer = house.post(f"{RUNPOD}/run", GOOD | {"webhook": "https://me:secret@hooks.example/a?key=b"})
    job = answer.json()["id"]
    house.advance(900)
    assert [line for line in log if "webhook" in line] == [
        f"runpod   webhook   no answer (connection refused) from hooks.example/a, attempt 1: job {job}",
        f"runpod   webhook   200 from hooks.example/a, attempt 2: job {job}",
    ]


def test_what_is_refused_and_what_is_odd_is_told_with_its_place(house: House, log: list[str]) -> None:
    house.post("/fal/queue/fal-ai/kling-video/o1/reference-to-video", {"prompt": "a kite", "durration": 5})
    house.post("/eachlabs/v1/prediction", {"model": "kling-o1-video-to-video-reference", "input": {}})
    house.get(f"{RUNPOD}/status/nobody?token=secret")
    house.get("/fal/rest/nothing/there")
    submit, warning, refused, poll, unknown = log
    assert submit.startswith("fal      submit    ")
    assert warning.startswith("fal      warning   durration: is not a parameter")
    assert refused.startswith("eachlabs refused   400 to POST /eachlabs/v1/prediction: ")
    assert "prompt" in refused
    assert poll.startswith(f"runpod   poll      404 to GET {RUNPOD}/status/nobody: {{")
    assert (
        unknown == 'fal      request   404 to GET /fal/rest/nothing/there: {"detail":"Path /nothing/there not found"}'
    )


def test_a_failure_is_told_with_its_reason_and_what_is_given_back(house: House, log: list[str]) -> None:
    house.post(f"{RUNPOD}/run", {"input": GOOD["input"] | {"prompt": "a kite [[vidmock: moderated]]"}})
    house.advance(900)
    assert "failed    job " in log[-1]
    assert log[-1].endswith(", $0.56 given back")


def test_a_fault_that_strikes_is_told(house: House, log: list[str]) -> None:
    rule = {"id": "the-edge", "phase": "poll", "effect": "edge_page", "arguments": {"status": 502}}
    house.post("/_vidmock/faults?key=a-key", rule)
    job = house.post(f"{RUNPOD}/run", GOOD).json()["id"]
    house.get(f"{RUNPOD}/status/{job}")
    assert log[1] == "runpod   fault     fault the-edge struck poll, which was answered with 502"


def test_an_upload_is_told(house: House, log: list[str]) -> None:
    given = house.post("/fal/rest/storage/upload/initiate", {"file_name": "cat.png", "content_type": "image/png"})
    house.ask("PUT", given.json()["upload_url"], content=b"abc", headers={"content-type": "image/png"})
    assert any(line.startswith("fal      upload    PUT ") and line.endswith(", 3 bytes") for line in log)


def test_programs_get_json(house: House) -> None:
    lines: list[str] = []
    house.app.engine.worlds.listen(ActivityLog(lines.append, as_json=True))
    job = house.post(f"{RUNPOD}/run", GOOD).json()["id"]
    said = json.loads(lines[0])
    assert said.pop("time")
    assert said == {
        "event": "submit",
        "provider": "runpod",
        "world": house.world().id,
        "job": job,
        "model": "kling-video-o1-r2v",
        "cost": "0.56",
        "message": f"kling-video-o1-r2v, $0.56: job {job}",
    }


def test_a_terminal_gets_colours_and_no_codes_of_a_client(house: House) -> None:
    lines: list[str] = []
    house.app.engine.worlds.listen(ActivityLog(lines.append, coloured=True))
    house.get("/fal/rest/%1b%5b2J" + "x" * 1000)
    house.post(f"{RUNPOD}/run", GOOD)
    assert "\x1b[31mrequest  \x1b[0m" in lines[0]
    assert "\x1b[2J" not in lines[0]
    assert len(lines[0]) < 500
    assert "\x1b[32msubmit   \x1b[0m" in lines[1]


def test_a_program_that_collects_what_is_printed_gets_each_line_as_it_comes() -> None:
    stream = io.StringIO()
    log = LineWriter(stream)
    log.write("a line")
    assert stream.getvalue() == "a line\n"
    assert log.close()


def test_whoever_has_read_and_goes_costs_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        log = LineWriter(stream)
        for number in range(3):
            log.write(f"line {number}")
        assert not log.close()


def test_a_stream_that_is_stuck_holds_nobody_up() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        log = LineWriter(stream)
        for _ in range(2 * MOST_WAITING):
            log.write("x" * 1_000)
        assert not log.close()
    os.close(reader)


def test_lines_that_a_slow_stream_does_not_take_are_counted() -> None:
    reader, writer = os.pipe()
    written = 5 * MOST_WAITING
    with ThreadPoolExecutor(1) as pool, os.fdopen(reader) as read, os.fdopen(writer, "w") as stream:
        log = LineWriter(stream)
        for _ in range(written):
            log.write("x" * 1_000)
        lines = pool.submit(read.readlines)
        assert log.close()
        stream.close()
        said = lines.result()
    counts = [int(line.split()[1]) for line in said if line.startswith("…")]
    assert counts
    assert len(said) - len(counts) + sum(counts) == written


def test_run_logs_on_stderr_where_it_is_asked_to(tmp_path: Path) -> None:
    program = (
        "import os, urllib.request as r; "
        f"r.urlopen(r.Request(os.environ['RUNPOD_ENDPOINT_BASE_URL'] + '/kling-video-o1-r2v/run', "
        f"json.dumps({GOOD!r}).encode(), {{'authorization': 'Bearer k'}}))"
    )
    command = [sys.executable, "-m", "vidmock", "run", "--log", "--", sys.executable, "-c", f"import json; {program}"]
    done = subprocess.run(
        command,
        env=os.environ | {"VIDMOCK_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == ""
    assert re.search(
        r"^\d\d:\d\d:\d\d runpod   submit    kling-video-o1-r2v, \$0.56: job \S+$", done.stderr, re.MULTILINE
    )
