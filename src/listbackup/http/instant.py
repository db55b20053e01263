"""Moments in requests: RFC 3339 with a time zone, and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")


def _check(value: object) -> object:
    """pydantic alone also takes seconds since 1970 for a moment."""
    if isinstance(value, str) and _RFC_3339.fullmatch(value) is None:
        raise ValueError("give a moment as 2026-01-31T09:30:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first hours of the year 1, or the last of 9999, once the zone is reckoned in
        raise ValueError("this moment is further away than dates go") from None


Instant = Annotated[AwareDatetime, BeforeValidator(_check), AfterValidator(_in_utc)]

__all__ = ["Instant"]
