"""Figures of one process: counters, gauges and histograms by labels, written as Prometheus reads them. Source: the text exposition format 0.0.4."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_MOST_SERIES = 2000  # of one metric: labels come from the code's own words, and this is the net below them

Labels: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric and its series. ``samples`` are (suffix of the name, labels, value)."""

    name: str
    about: str
    kind: str  # counter, gauge or histogram
    samples: Sequence[tuple[str, Labels, float]]


class Counter:
    """Counts that only grow, by labels."""

    def __init__(self, name: str, about: str) -> None:
        self._name, self._about = name, about
        self._counts: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        """So many more."""
        key = _key(labels)
        with self._lock:
            if key in self._counts or len(self._counts) < _MOST_SERIES:
                self._counts[key] = self._counts.get(key, 0) + amount

    def collect(self) -> Metric:
        """What was counted so far."""
        with self._lock:
            samples = [("", labels, count) for labels, count in self._counts.items()]
        return Metric(name=self._name, about=self._about, kind="counter", samples=samples)


class Histogram:
    """How often something took how long [s], by labels."""

    def __init__(self, name: str, about: str, bounds: Sequence[float] = SECONDS) -> None:
        self._name, self._about, self._bounds = name, about, tuple(bounds)
        self._series: dict[Labels, tuple[list[int], list[float]]] = {}
        self._lock = threading.Lock()

    def observe(self, seconds: float, **labels: str) -> None:
        """It took this long once."""
        key = _key(labels)
        with self._lock:
            if key not in self._series and len(self._series) >= _MOST_SERIES:
                return
            counts, total = self._series.setdefault(key, ([0] * (len(self._bounds) + 1), [0.0]))
            counts[bisect_left(self._bounds, seconds)] += 1
            total[0] += seconds

    def collect(self) -> Metric:
        """What was observed so far, cumulative by bound."""
        samples: list[tuple[str, Labels, float]] = []
        with self._lock:
            for labels, (counts, total) in self._series.items():
                running = 0
                for bound, count in zip((*self._bounds, float("inf")), counts, strict=True):
                    running += count
                    samples.append(("_bucket", (*labels, ("le", "+Inf" if bound == float("inf") else _number(bound))), running))
                samples += [("_sum", labels, total[0]), ("_count", labels, running)]
        return Metric(name=self._name, about=self._about, kind="histogram", samples=samples)


def gauge(name: str, about: str, values: Mapping[Labels, float] | float) -> Metric:
    """A value as it is now; by labels where there are several."""
    given = values if isinstance(values, Mapping) else {(): values}
    return Metric(name=name, about=about, kind="gauge", samples=[("", labels, value) for labels, value in given.items()])


def total(name: str, about: str, values: Mapping[Labels, float]) -> Metric:
    """A counter that is kept elsewhere."""
    return Metric(name=name, about=about, kind="counter", samples=[("", labels, value) for labels, value in values.items()])


def exposition(metrics: Iterable[Metric]) -> str:
    """The page that Prometheus scrapes."""
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {_escape(metric.about)}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [f"{metric.name}{suffix}{_shown(labels)} {_number(value)}" for suffix, labels, value in metric.samples]
    return "\n".join(lines) + "\n"


def _key(labels: Mapping[str, str]) -> Labels:
    return tuple(sorted(labels.items()))


def _shown(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value, quoted=True)}"' for name, value in labels) + "}"


def _escape(text: str, *, quoted: bool = False) -> str:
    plain = text.replace("\\", "\\\\").replace("\n", "\\n")
    return plain.replace('"', '\\"') if quoted else plain


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
