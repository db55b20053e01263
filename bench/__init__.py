"""Benchmarks: figures and ratios, measured in one run on one machine. ``make bench`` writes ``RESULTS.md`` and ``results.json``."""
