"""Moments in requests: RFC 3339 with a time zone, and nothing else."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator

_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")


def _check(value: object) -> object:
    """pydantic alone also takes seconds since 1970 for a moment."""
    if isinstance(value, str) and _RFC_3339.fullmatch(value) is None:
        raise ValueError("give a moment as 2026-01-31T09:30:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_check)]

__all__ = ["Instant"]
