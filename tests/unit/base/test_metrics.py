"""Figures are written as Prometheus reads them; the reader is Prometheus's own."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from listbackup.base.metrics import Counter, Histogram, exposition, gauge


def test_every_metric_comes_back_from_prometheus_own_parser() -> None:
    counter, histogram = Counter("lb_requests_total", "How many."), Histogram("lb_seconds", "How long.", bounds=(0.1, 1.0))
    counter.add(method="GET", route='/v2/"odd"\\path\nx')
    counter.add(2, method="PUT", route="/")
    for seconds in (0.05, 0.1, 0.5, 3.25):
        histogram.observe(seconds, route="/")
    page = exposition([counter.collect(), histogram.collect(), gauge("lb_up", "Line one\nline two.", 1.0)])
    found = {family.name: family for family in text_string_to_metric_families(page)}
    assert {(sample.labels["method"], sample.labels["route"]): sample.value for sample in found["lb_requests"].samples} == {
        ("GET", '/v2/"odd"\\path\nx'): 1,
        ("PUT", "/"): 2,
    }
    buckets = {s.labels["le"]: s.value for s in found["lb_seconds"].samples if s.name.endswith("_bucket")}
    assert buckets == {"0.1": 2, "1": 3, "+Inf": 4}
    assert {s.name: s.value for s in found["lb_seconds"].samples if "le" not in s.labels} == {"lb_seconds_sum": 3.9, "lb_seconds_count": 4}
    assert found["lb_up"].documentation == "Line one\nline two."
    assert found["lb_seconds"].type == "histogram"


def test_labels_cannot_grow_without_end() -> None:
    counter = Counter("lb_x_total", "x")
    for number in range(5000):
        counter.add(name=str(number))
    assert len(counter.collect().samples) == 2000
