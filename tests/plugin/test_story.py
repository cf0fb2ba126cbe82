"""What the plugin tells of tests beside the terminal: JUnit's properties, a page, and what GitHub Actions shows."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

Run = Callable[..., pytest.RunResult]

PROGRAM = """
import httpx, pytest

def submit(mock, prompt="a kite"):
    url = f"{mock.fal.queue_url}/fal-ai/kling-video/o1/reference-to-video"
    headers = {"Authorization": f"Key {mock.key}"}
    httpx.post(url, json={"prompt": prompt}, headers=headers, trust_env=False).raise_for_status()

@pytest.mark.vidmock(seed=7)
def test_good(vidmock):
    submit(vidmock)

@pytest.mark.parametrize("what", ["<script>alert(1)</script>"])
def test_bad(vidmock, what):
    submit(vidmock, what)
    vidmock.clock.advance("1h")
    assert what == "```", what

def test_of_nothing():
    pass
"""


def test_junit_has_money_and_seed(run: Run, pytester: pytest.Pytester) -> None:
    run(PROGRAM, "--junitxml", "junit.xml")
    cases = ET.parse(pytester.path / "junit.xml").getroot().iter("testcase")
    found = {
        case.get("name"): {each.get("name"): each.get("value") for each in case.iter("property")} for case in cases
    }
    good = {"vidmock_seed": "7", "vidmock_jobs": "1", "vidmock_spent": "0.56", "vidmock_wasted": "0"}
    assert found["test_good"] == good
    assert found["test_of_nothing"] == {}


@pytest.mark.parametrize("processes", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "several"])
def test_the_page_has_each_test_with_its_money_and_story(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    result = run(PROGRAM, "--vidmock-html", "page.html", *processes)
    result.stdout.fnmatch_lines(["vidmock: the page is page.html"])
    page = (pytester.path / "page.html").read_text("utf-8")
    assert "<dt>spent</dt><dd>$1.12</dd>" in page
    assert "<dt>wasted</dt><dd>$0.56</dd>" in page
    assert page.count("is charged $0.56") == 2
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http://" not in page.replace("http://127.0.0.1", "").replace("http://localhost", "")
    assert "test_of_nothing" not in page


def test_a_page_that_cannot_be_written_is_told_at_once(run: Run) -> None:
    result = run(PROGRAM, "--vidmock-html", "no/such/page.html")
    result.stderr.fnmatch_lines(["*--vidmock-html: there is no folder *no/such"])


def test_under_actions_failures_are_annotations_and_the_summary_has_their_stories(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = run(PROGRAM)
    (line,) = [line for line in result.outlines if line.startswith("::")]
    file = "test_under_actions_failures_are_annotations_and_the_summary_has_their_stories.py"
    assert line.startswith(f"::error file={file},line=16,title={file}%3A%3Atest_bad[<script>alert(1)</script>]::")
    assert "$0.56 spent, $0.56 wasted, seed 0" in line
    summary = (pytester.path / "summary.md").read_text("utf-8")
    assert "| 2 | 1 | $1.12 | $0.56 |" in summary
    assert "is charged $0.56" in summary
    fences = [line for line in summary.splitlines() if line.startswith("````")]
    assert len(fences) == 2
    assert fences[1] not in summary.partition(fences[0])[2].rpartition(fences[1])[0]
