"""What a simulated platform is asked to be."""

from __future__ import annotations

from dataclasses import dataclass

from listbackup.testing.saas.lies import Lie


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much there is, how the platform behaves, and where it lies. Everything follows from ``seed``."""

    records: int = 20_000  # over all streams
    seed: int = 1
    latency_seconds: float = 0.0  # before every answer under /v1
    rate_per_second: float | None = None  # None: no limit
    burst: int | None = None  # None: one second's worth
    daily_calls: int | None = None  # None: no quota; a day begins at midnight UTC
    tells_quota: bool = False  # headers name the quota
    gzip: bool = True  # if the client accepts it
    max_page_size: int = 200
    keeps_ids: bool = True  # companies, tags, deals and documents may be re-created under their old id
    forbidden: tuple[str, ...] = ()  # streams that answer 403
    lies: tuple[Lie, ...] = ()
    lie_on: int = 1  # the first listing answer (counted from 0) that lies
    lie_times: int = 1_000_000  # how many answers lie from then on
