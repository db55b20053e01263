"""A retention as it comes over the wire, for whoever keeps one: sources and jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body
from listbackup.store.policy import Policy

_Count = Annotated[int, Field(ge=0, le=10_000)]
_LONGEST = timedelta(days=36_500)


class PolicyIn(Body):
    """How many snapshots stay; the rules add up, and no rule at all keeps everything."""

    hourly: _Count = 0
    daily: _Count = 0
    weekly: _Count = 0
    monthly: _Count = 0
    yearly: _Count = 0
    last: _Count = 0
    within: Annotated[timedelta, Field(ge=timedelta(0), le=_LONGEST)] | None = None
    min_good: Annotated[int, Field(ge=3, le=10_000)] = 3
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] = "UTC"

    def policy(self) -> Policy:
        """As the service takes it. Raises InputError."""
        return Policy(
            hourly=self.hourly,
            daily=self.daily,
            weekly=self.weekly,
            monthly=self.monthly,
            yearly=self.yearly,
            last=self.last,
            within=self.within,
            min_good=self.min_good,
            time_zone=self.time_zone,
        )
