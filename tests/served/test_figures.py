"""What Prometheus is told."""

from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from prometheus_client.parser import text_string_to_metric_families

from tests.served.site import EVIL, Site

NAMES = {"route", "status", "le", "stream", "source", "scope", "quantile", "bound", "waste"}
UNITS = ("_seconds", "_ratio", "_total", "_bytes", "_per_week", "_progress", "_doubts", "_fds", "_ready", "_created")

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(site: Site) -> Samples:
    """Once every stream was looked at."""
    until = monotonic() + 60
    while len(site.desk.summaries) < len(site.desk.given.streams) and monotonic() < until:
        sleep(0.05)
    families = text_string_to_metric_families(site.ask("/metrics").text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_the_figures_are_those_of_the_analysis(site: Site) -> None:
    """In base units; shares of wastes as the ledger has them."""
    found, document = scraped(site), site.desk.summaries["Payments"].document
    lead, ratio = document.lead_time, document.value_added_ratio

    assert value(found, "gemba_stream_lead_time_seconds", stream="Payments", quantile="0.85") == (lead.p85 or 0) * 86400
    assert value(found, "gemba_stream_value_added_ratio", stream="Payments", bound="low") == ratio.low
    assert value(found, "gemba_stream_items_in_progress", stream="Payments") == document.wip
    assert value(found, "gemba_stream_doubts", stream="Payments") == len(document.doubts)
    for waste in document.wastes:
        assert value(found, "gemba_stream_waste_ratio", stream="Payments", waste=waste.waste) == waste.share


def test_it_says_how_old_everything_is(site: Site) -> None:
    """What was read, and what was looked at."""
    found, now = scraped(site), datetime.now(UTC).timestamp()  # noqa: TID251 - it is compared with the real clock
    scope = {"source": "jira.acme", "scope": "PAY"}
    read = value(found, "gemba_scope_last_complete_read_timestamp_seconds", **scope)

    assert abs(value(found, "gemba_scope_last_complete_read_age_seconds", **scope) - (now - read)) < 60
    assert 0 <= value(found, "gemba_stream_analysis_age_seconds", stream="Payments") < 3600
    assert value(found, "gemba_stream_analysis_duration_seconds", stream="Payments") > 0


def test_requests_are_counted_by_kind_of_page(site: Site) -> None:
    """No item and no person is a label."""
    site.ask("/streams/Payments/items/PAY-9999")
    found = scraped(site)
    labels = {told for _, pairs in found for told in pairs}

    assert value(found, "gemba_http_requests_total", route="item", status="404") >= 1
    assert not [told for _, told in labels if "PAY-" in told or "@" in told]
    assert {name for name, _ in labels} <= NAMES


def test_names_are_as_prometheus_wants_them(site: Site) -> None:
    """With their unit, counters as totals; each has its help."""
    text = site.ask("/metrics").text
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    helped = {line.split()[2] for line in text.splitlines() if line.startswith("# HELP") and len(line.split()) > 3}

    assert names == helped
    assert [name for name in names if not name.startswith("gemba_") or not name.endswith(UNITS)] == []


def test_hostile_names_stay_labels(hostile: Site) -> None:
    """The text can be read back."""
    assert value(scraped(hostile), "gemba_stream_items_in_progress", stream=EVIL) >= 0


def test_nothing_is_analysed_to_answer(site: Site, folder: Path) -> None:
    """A scrape is quick, however often."""
    scraped(site)
    started = monotonic()
    for _ in range(10):
        assert site.ask("/metrics").status == 200

    assert monotonic() - started < 5
