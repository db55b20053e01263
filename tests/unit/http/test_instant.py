"""Moments in requests."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from listbackup.http.instant import Instant

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def test_a_moment_is_taken_in_any_zone_and_kept_in_utc() -> None:
    assert INSTANT.validate_python("2026-01-31T09:30:00+02:00") == datetime(2026, 1, 31, 7, 30, tzinfo=UTC)
    assert INSTANT.validate_python("2026-01-31T09:30:00+02:00").tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-31T09:30:00", "1769851800"])
def test_what_no_instant_can_tell_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(text)
