"""Instants as platforms write them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.connectors.engine.instants import read_instant, write_instant


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_the_date_of_a_header_is_written_as_the_library_of_letters_does_and_read_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    text = write_instant(moment, "http")
    assert text == format_datetime(moment, usegmt=True)
    assert read_instant(text) == moment


@pytest.mark.parametrize(
    "text", ["Sat, 31 Feb 2026 00:00:00 GMT", "Sat, 21 Foo 2026 00:00:00 GMT", "Sat, 21 Nov 2026 25:00:00 GMT", "soon"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_instant(text) is None


def test_a_date_with_another_zone_is_the_same_instant() -> None:
    assert read_instant("Sat, 21 Nov 2026 10:00:00 +0200") == datetime(2026, 11, 21, 8, tzinfo=UTC)
