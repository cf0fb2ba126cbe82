"""What Prometheus collects is what has happened, in a form that its own parser and promtool take."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict_families
from prometheus_client.parser import text_string_to_metric_families

from vidmock import resources

if TYPE_CHECKING:
    from tests.conftest import House, Wire
    from tests.control.conftest import Control

HOOK = "http://receiver.test/"
CACHE = Path(__file__).parents[1] / ".cache"


def samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    """The samples of that *name*, by the values of their labels, in the order of their names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def metrics(control: Control, **headers: str) -> str:
    answer = control.ask("GET", "/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_requests_jobs_and_webhooks_are_counted(control: Control, house: House, wire: Wire) -> None:
    house.receiver.statuses = [500, None, 200]
    wire.look(house, wire.submit(house, webhook=HOOK))
    before = metrics(control)
    assert samples(before, "vidmock_requests_total")["submit", wire.name, "200"] == 1
    assert samples(before, "vidmock_jobs") == {(wire.name, "queued"): 1}
    assert samples(before, "vidmock_webhook_attempts_total") == {}
    house.advance(100_000)
    house.world().journal.clear()
    after = metrics(control)
    assert samples(after, "vidmock_jobs") == {(wire.name, "succeeded"): 1}
    attempts = samples(after, "vidmock_webhook_attempts_total")
    assert attempts[wire.name, "500"] == 1
    assert {provider for provider, _ in attempts} == {wire.name}
    assert samples(after, "vidmock_requests_total") == samples(before, "vidmock_requests_total")
    assert samples(after, "vidmock_worlds") == {(): 1}
    assert samples(after, "vidmock_memory_held_bytes")[()] > 0


def test_what_is_refused_and_what_is_nowhere_are_counted_by_status(control: Control, house: House) -> None:
    house.post("/runpod/v2/kling-video-o1-r2v/run", {"input": {}}, key=None)
    house.get("/eachlabs/nowhere")
    counted = samples(metrics(control), "vidmock_requests_total")
    assert counted == {("submit", "runpod", "401"): 1, ("", "eachlabs", "404"): 1}


def test_no_key_prompt_or_id_is_told(control: Control, house: House, wire: Wire) -> None:
    job = wire.submit(house)
    text = metrics(control)
    assert not [secret for secret in ("a-key", job, house.world().id) if secret in text]


def test_one_who_asks_for_openmetrics_gets_it(control: Control, house: House, wire: Wire) -> None:
    wire.submit(house, webhook=HOOK)
    house.advance(100_000)
    house.app.engine.worlds.store_times.add(0.003)
    asked = "application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.5"
    told = strict_families(metrics(control, accept=asked))  # type: ignore[no-untyped-call]  # it has no types
    families = {family.name: family.type for family in told}
    assert (
        families.items()
        >= {
            "vidmock": "info",
            "vidmock_jobs": "gauge",
            "vidmock_requests": "counter",
            "vidmock_state_write_seconds": "histogram",
        }.items()
    )


def promtool(*arguments: str, said: str = "") -> tuple[int, str]:
    program = shutil.which("promtool") or shutil.which("promtool", path=CACHE / "promtool")
    assert program, "scripts/install has what the tests need"
    done = subprocess.run([program, *arguments], input=said, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_promtool_has_nothing_to_say(control: Control, house: House, wires: tuple[Wire, ...]) -> None:
    for wire in wires:
        wire.submit(house, webhook=HOOK)
    house.advance(100_000)
    house.app.engine.worlds.store_times.add(0.003)
    assert promtool("check", "metrics", said=metrics(control)) == (0, "")


def test_what_a_replica_counts_has_its_name_and_promtool_takes_it(control: Control, house: House, wire: Wire) -> None:
    counts = house.app.engine.worlds.replica
    assert "replica=" not in metrics(control)
    counts.join("10.0.0.7:8801")
    counts.move("taken_over")
    counts.send_on("connection")
    counts.send_on("connection")
    wire.submit(house)
    text = metrics(control)
    assert samples(text, "vidmock_world_moves_total")["taken_over", "10.0.0.7:8801"] == 1
    assert samples(text, "vidmock_world_moves_total")["lost", "10.0.0.7:8801"] == 0
    assert samples(text, "vidmock_sent_on_total")["10.0.0.7:8801", "connection"] == 2
    assert samples(text, "vidmock_jobs") == {(wire.name, "10.0.0.7:8801", "queued"): 1}
    lines = [line for line in text.splitlines() if line[0] != "#"]
    assert [line for line in lines if 'replica="10.0.0.7:8801"' not in line] == []
    assert promtool("check", "metrics", said=text) == (0, "")


def test_the_configuration_on_the_page_is_one_of_prometheus(tmp_path: Path) -> None:
    page = (resources.folder("docs") / "control.md").read_text()
    (found,) = re.findall(r"```text\n(scrape_configs:.*?)```", page, re.DOTALL)
    (tmp_path / "prometheus.yml").write_text(found)
    code, said = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert (code, "SUCCESS" in said) == (0, True), said


@pytest.mark.parametrize("seconds", [0.0, 0.0005, 0.003, 7.0])
def test_a_batch_counts_at_each_bound_that_it_does_not_exceed(control: Control, house: House, seconds: float) -> None:
    times = house.app.engine.worlds.store_times
    assert not samples(metrics(control), "vidmock_state_write_seconds_count")
    times.add(seconds)
    times.add(seconds)
    text = metrics(control)
    buckets = samples(text, "vidmock_state_write_seconds_bucket")
    assert buckets == {(bound,): 2 * (seconds <= float(bound)) for (bound,) in buckets}
    assert list(buckets)[-1] == ("+Inf",)
    assert samples(text, "vidmock_state_write_seconds_count") == {(): 2}
    assert samples(text, "vidmock_state_write_seconds_sum") == {(): 2 * seconds}
    times.fail()
    assert samples(metrics(control), "vidmock_state_write_failures_total") == {(): 1}
