"""The guide about costs says what was counted and what the price list says, and every price says where it was read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bench import cost_page  # noqa: E402


def test_the_page_is_made_of_the_figures() -> None:
    results = json.loads((ROOT / "bench" / "results.json").read_text())
    assert cost_page.PAGE.read_text() == cost_page.page(results), "write it anew: python -m bench cost"


def test_every_price_names_its_page_and_the_day() -> None:
    for name, price in cost_page.prices().items():
        assert price["page"].startswith("https://"), name
        assert price["read"].isoformat() >= "2026-01-01", name
        assert price["dollars"] > 0, name


def test_a_source_more_costs_more_and_nothing_is_counted_that_has_no_price() -> None:
    measured = json.loads((ROOT / "bench" / "results.json").read_text())["cost"]["result"]
    listed = cost_page.prices()
    stage, source = cost_page.stage_month(measured), cost_page.source_month(measured)
    assert (stage.keys() | source.keys()) <= listed.keys()
    assert all(value >= 0 for value in source.values())
    assert sum(cost_page.dollars(source, listed).values()) > 0
