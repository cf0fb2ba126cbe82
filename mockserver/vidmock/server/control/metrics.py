"""The route of metrics: what Prometheus collects, in its text format, by its own client library."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from math import inf
from typing import TYPE_CHECKING, get_args

from starlette.responses import Response

from vidmock.engine.service.engine import Engine
from vidmock.engine.world.replica_counts import ReplicaCounts, SentOn, WorldMove
from vidmock.engine.world.store_times import StoreTimes
from vidmock.schema.catalog import providers
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.registry import Collector


async def show_metrics(request: ControlRequest) -> Response:
    """Show what Prometheus collects: requests, jobs, webhooks, memory, and how long the state takes to be kept.

    Those of one of several replicas are labelled with its name.
    """
    from prometheus_client import CollectorRegistry, ProcessCollector
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
    from prometheus_client.openmetrics import exposition as openmetrics

    registry, name = CollectorRegistry(auto_describe=False), request.engine.worlds.replica.name
    for collector in (_EngineCollector(request.engine), ProcessCollector(registry=None)):
        registry.register(_Labelled(collector, {"replica": name}) if name else collector)
    if "application/openmetrics-text" in request.http.headers.get("accept", ""):
        told: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]  # it has no types
        return Response(told, headers={"content-type": openmetrics.CONTENT_TYPE_LATEST})
    return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})


class _EngineCollector:
    """What *engine* has counted anyhow, as metrics. Nothing is kept for them but sums."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

        engine, worlds, memory = self._engine, self._engine.worlds, self._engine.worlds.memory
        yield InfoMetricFamily(
            "vidmock", "The version of this server.", {"version": sys.modules["vidmock"].__version__}
        )

        requests = CounterMetricFamily(
            "vidmock_requests",
            "Requests to providers that were answered. The operation is empty where there is no such path.",
            labels=("provider", "operation", "status"),
        )
        for (provider, operation, status), count in sorted(worlds.answered.items()):
            requests.add_metric((provider, operation, str(status)), count)
        yield requests

        jobs = GaugeMetricFamily("vidmock_jobs", "Jobs that are held, by state.", labels=("provider", "state"))
        for (provider, state), count in sorted(_jobs(engine).items()):
            jobs.add_metric((provider, state), count)
        yield jobs

        attempts = CounterMetricFamily(
            "vidmock_webhook_attempts",
            "Webhooks that were sent, by their receiver's status, which is empty where it did not answer.",
            labels=("provider", "status"),
        )
        for (provider, answered), count in engine.webhooks.attempted.items():
            attempts.add_metric((provider, "" if answered is None else str(answered)), count)
        yield attempts

        yield GaugeMetricFamily("vidmock_worlds", "Worlds: one for each API key.", len(worlds))
        yield GaugeMetricFamily("vidmock_memory_held_bytes", "What all worlds hold, on the high side.", memory.held)
        yield GaugeMetricFamily("vidmock_memory_most_bytes", "What all worlds may hold.", memory.most)
        yield CounterMetricFamily(
            "vidmock_memory_refused", "Requests that were refused because memory was full.", memory.refused
        )
        if worlds.store_times:
            yield from _store_metrics(worlds.store_times)
        if worlds.replica.name:
            yield from _replica_metrics(worlds.replica)


class _Labelled:
    """What *collector* collects, each sample with *labels* too: who scrapes several by one address tells them apart."""

    def __init__(self, collector: Collector, labels: Mapping[str, str]) -> None:
        self._collector, self._labels = collector, labels

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import Metric

        for metric in self._collector.collect():
            labelled = Metric(metric.name, metric.documentation, metric.type, metric.unit)
            for one in metric.samples:
                labels = {**one.labels, **self._labels}
                labelled.add_sample(one.name, labels, one.value, one.timestamp, one.exemplar)
            yield labelled


def _jobs(engine: Engine) -> Counter[tuple[str, str]]:
    """How many jobs of which provider are in which state, each by the clock of its world."""
    found: Counter[tuple[str, str]] = Counter()
    for _, world in engine.worlds.accepted:
        now = world.clock.now()
        for provider in providers():
            found.update({(provider, str(state)): count for state, count in world.jobs.states(now, provider).items()})
    return found


def _store_metrics(times: StoreTimes) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    buckets = [("+Inf" if bound == inf else str(bound), count) for bound, count in times]
    said = "Real seconds from when a batch of changes is begun until it is kept."
    yield HistogramMetricFamily("vidmock_state_write_seconds", said, buckets, times.seconds)
    yield CounterMetricFamily(
        "vidmock_state_write_failures", "Batches of changes that could not be kept.", times.failed
    )


def _replica_metrics(counts: ReplicaCounts) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    said = "Worlds that came to this replica, new or as they were kept, and that went, or are to be read again."
    moves = CounterMetricFamily("vidmock_world_moves", said, labels=("move",))
    for move in get_args(WorldMove):
        moves.add_metric((move,), counts.moves[move])
    yield moves
    said = "Requests, WebSockets and whole connections that another replica answers, which has their world."
    sent_on = CounterMetricFamily("vidmock_sent_on", said, labels=("what",))
    for what in get_args(SentOn):
        sent_on.add_metric((what,), counts.sent_on[what])
    yield sent_on


METRICS_ROUTES = (ControlRoute("GET", "/metrics", show_metrics),)
