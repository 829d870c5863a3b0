"""What Prometheus is told: figures of what was studied last, and of the requests. No item and no person is named.

Names as prometheus.io/docs/practices/naming has them. Nothing is analysed to answer; the age says how old it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.serve.desk import Summary
from bot.serve.given import Read

DAY_S = timedelta(days=1).total_seconds()
BUCKETS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)

Samples = Iterable[tuple[tuple[str, ...], float | None]]
"""Labels and value; None: unknown, and left out."""


class Requests:
    """How many, and how long each took to answer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._answered = Counter(
            "gemba_http_requests", "Requests that were answered.", ("route", "status"), registry=registry
        )
        self._took = Histogram(
            "gemba_http_request_duration_seconds", "From the request to its answer.", ("route",),
            registry=registry, buckets=BUCKETS,
        )  # fmt: skip

    def answered(self, route: str, status: int, seconds: float) -> None:
        self._answered.labels(route, str(status)).inc()
        self._took.labels(route).observe(seconds)


class Figures(Collector):
    """Made anew for each scrape, from what is at hand."""

    def __init__(self, reads: Sequence[Read] | None, summaries: Mapping[str, Summary], now: datetime) -> None:
        """`reads`: None where the store cannot be read."""
        self._reads, self._summaries, self._now = reads, summaries, now

    def collect(self) -> Iterator[Metric]:
        yield from of_sources(self._reads, self._now)
        yield from self._of_analyses()
        yield from self._of_streams()

    def _of_analyses(self) -> Iterator[Metric]:
        yield self._gauge("gemba_stream_analysis_timestamp_seconds", "When a stream was analysed last.",
                          lambda one: one.at.timestamp())  # fmt: skip
        yield self._gauge("gemba_stream_analysis_age_seconds", "How long ago that was: of all figures of the stream.",
                          lambda one: (self._now - one.at).total_seconds())  # fmt: skip
        yield self._gauge("gemba_stream_analysis_duration_seconds", "How long it took.", lambda one: one.took)

    def _of_streams(self) -> Iterator[Metric]:
        every = self._summaries.items()
        leads = [
            ((name, q), days)
            for name, one in every
            for q, days in (("0.5", one.document.lead_time.p50), ("0.85", one.document.lead_time.p85))
        ]
        ratios = [(name, one.document.value_added_ratio) for name, one in every]
        yield gauge("gemba_stream_lead_time_seconds", "Elapsed time of items delivered in 13 weeks.",
            ("stream", "quantile"),
            [(labels, _seconds(days)) for labels, days in leads],
        )  # fmt: skip
        yield gauge("gemba_stream_value_added_ratio", "Value-added time by lead time, from low to high.",
            ("stream", "bound"),
            [((name, b), value) for name, ratio in ratios for b, value in (("low", ratio.low), ("high", ratio.high))],
        )  # fmt: skip
        yield gauge("gemba_stream_waste_ratio", "Share of all item time that is this waste.", ("stream", "waste"),
            [((name, waste.waste), waste.share) for name, one in every for waste in one.document.wastes],
        )  # fmt: skip
        yield self._gauge("gemba_stream_items_in_progress", "Items that were begun and are not delivered.",
                          lambda one: one.document.wip)  # fmt: skip
        yield self._gauge("gemba_stream_delivered_items_per_week", "Mean of the window of 13 weeks.",
                          lambda one: one.document.items.arrived / one.document.window.weeks)  # fmt: skip
        yield self._gauge("gemba_stream_doubts", "Doubts about the data.", lambda one: len(one.document.doubts))

    def _gauge(self, name: str, words: str, value: Callable[[Summary], float | None]) -> Metric:
        return gauge(name, words, ("stream",), [((stream,), value(one)) for stream, one in self._summaries.items()])


def of_sources(reads: Sequence[Read] | None, now: datetime) -> Iterator[Metric]:
    """How much of each scope is in the store; None: the store cannot be read."""
    scope = ("source", "scope")
    at = [((one.source, one.scope), one.at) for one in reads or ()]
    yield gauge("gemba_store_ready", "Whether the store can be read: 1 or 0.", (), [((), reads is not None)])
    yield gauge(
        "gemba_scope_last_complete_read_timestamp_seconds",
        "Until when everything of a scope is in the store.",
        scope,
        [(labels, found.timestamp() if found else None) for labels, found in at],
    )
    yield gauge(
        "gemba_scope_last_complete_read_age_seconds",
        "How long ago that was.",
        scope,
        [(labels, (now - found).total_seconds() if found else None) for labels, found in at],
    )


def exposed(registry: CollectorRegistry, figures: Collector) -> bytes:
    """In Prometheus' text format."""
    fresh = CollectorRegistry()
    fresh.register(figures)
    return generate_latest(registry) + generate_latest(fresh)


def new_registry() -> CollectorRegistry:
    """With what the process itself takes."""
    registry = CollectorRegistry()
    ProcessCollector(namespace="gemba", registry=registry)
    return registry


def gauge(name: str, words: str, labels: Sequence[str], samples: Samples) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for told, value in samples:
        if value is not None:
            family.add_metric(list(told), value)
    return family


def _seconds(days: float | None) -> float | None:
    return None if days is None else days * DAY_S
