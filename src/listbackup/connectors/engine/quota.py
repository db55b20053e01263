"""Quotas: how many calls a platform grants a connection in an hour, a day or a month, and how many of them are ours.

A quota is declared (``Limits.quotas``) or told by headers. Of a known quota at most a share is taken, in *any* window of its length: where the platform's own
window begins is mostly not known, and whoever keeps the share in each window keeps it in that one too. Who took how much is written down per connection, in
buckets, before the calls are sent, some at a time; what was not sent is given back. A crash therefore errs on the polite side.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

import msgspec

from listbackup.base.clock import Clock, iso
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.base.numbers import whole
from listbackup.connectors.engine.facts import Per, Quota

SHARE = 0.7
SPANS: Mapping[Per, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=31)}
_STEPS: Mapping[Per, int] = {"hour": 120, "day": 1800, "month": 43_200}  # how wide a bucket is [s]
_LONG_SECONDS = 600  # a window that is shorter is a rate, which the limiter keeps
_AT_ONCE, _PART = 100, 10  # calls booked at once: at most so many, and at most this part of what is left
_STALE_SECONDS = 60  # calls booked so long ago and not sent are booked anew
_LOOK_SECONDS = 0.05
_WORTH = 0.1  # of our share: from here on it is worth going on


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody who calls through a connection must know: calls booked, by window and bucket, quotas that headers told of, a rate, a silence."""

    booked: dict[str, dict[int, int]] = {}
    told: dict[str, int] = {}
    rate: float | None = None  # calls a second, where it is not declared and was learnt
    silent_until: float = 0.0  # the platform asked to be left alone until then [s since 1970]


class QuotaBook(Protocol):
    """The ledger of one connection, shared by everybody who calls through it: threads, processes, machines."""

    def edit(self, change: Callable[[Ledger], Ledger]) -> Ledger:
        """The ledger after this change, durable; the change is made again where somebody else was quicker."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLeft:
    """What is left of our share of the tightest quota. ``enough_at`` is when a tenth of the share will be free (now, where it is)."""

    calls: int
    of: int  # what the platform grants
    per: Per
    share: float
    enough_at: datetime


@runtime_checkable
class KnowsQuota(Protocol):
    """A session that knows how many calls it may still send."""

    def quota_left(self) -> QuotaLeft | None:
        """What is left of the tightest known quota, or None where none is known. Asks the platform nothing."""
        ...


class OwnBook:
    """A ledger in memory, for a session that shares its connection with nobody."""

    def __init__(self) -> None:
        self._ledger, self._lock = Ledger(), threading.Lock()

    def edit(self, change: Callable[[Ledger], Ledger]) -> Ledger:
        """See ``QuotaBook``."""
        with self._lock:
            self._ledger = change(self._ledger)
            return self._ledger


class Allowance:
    """What one session may still send. Safe from many threads."""

    def __init__(self, clock: Clock, declared: Sequence[Quota], book: QuotaBook | None, *, share: float = SHARE) -> None:
        self._clock, self._declared, self._share = clock, {one.per: one.calls for one in declared}, share
        self._book = book or OwnBook()
        self._lock = threading.Lock()
        self._told: dict[str, int] | None = None  # the ledger's, once it was looked at
        self._held = self._uncounted = 0  # calls booked and not sent; calls sent while no quota was known
        self._held_at = 0.0
        self._looked_at = self._silent_until = 0.0

    def spend(self) -> None:
        """One call is about to be sent. Raises PlatformError (quota_reached)."""
        with self._lock:
            known = self._known()
            if not known:
                self._uncounted += 1
                return
            if self._held and self._now() - self._held_at > _STALE_SECONDS:
                self._give_back()
            if not self._held:
                self._take(known)
            self._held -= 1

    def hear(self, headers: Mapping[str, str]) -> None:
        """What an answer tells of long windows; remembered for the connection."""
        told = told_by(headers, self._now())
        if not told or all((self._told or {}).get(per) == calls for per, calls in told.items()):
            return
        with self._lock:
            late, self._uncounted = self._uncounted, 0
            now = self._now()
            after = self._book.edit(lambda old: _add(msgspec.structs.replace(old, told={**old.told, **told}), late, now))
            self._told = after.told

    def hush(self, wait: timedelta) -> None:
        """The platform asked to be left alone for so long: everybody who calls through the connection will know."""
        until = self._now() + wait.total_seconds()
        with self._lock:
            self._book.edit(lambda old: msgspec.structs.replace(old, silent_until=until) if until > old.silent_until else old)

    def silence(self) -> float:
        """How long the platform is to be left alone [s], by whoever heard of it; what others heard is known a twentieth of a second later."""
        with self._lock:
            now = self._now()
            if not self._looked_at <= now < self._looked_at + _LOOK_SECONDS:
                self._looked_at, self._silent_until = now, self._book.edit(lambda old: old).silent_until
            return max(0.0, self._silent_until - now)

    def known_rate(self) -> float | None:
        """The undeclared rate that an earlier session learnt."""
        return self._book.edit(lambda old: old).rate

    def remember_rate(self, rate: float | None) -> None:
        """Have later sessions begin with this rate."""
        if rate is not None:
            kept = float(f"{rate:.2g}") if rate < 10 else float(round(rate))
            if kept > 0:
                self._book.edit(lambda old: msgspec.structs.replace(old, rate=min(kept, rate)))

    def left(self) -> QuotaLeft | None:
        """What is left of the tightest quota."""
        with self._lock:
            known = self._known()
            if not known:
                return None
            ledger, now = self._book.edit(lambda old: old), self._now()
            per = min(known, key=lambda one: self._room(known, one, ledger, now))
            room = self._room(known, per, ledger, now) + self._held
            return QuotaLeft(calls=room, of=known[per], per=per, share=self._share, enough_at=self._enough_at(known, ledger, now))

    def close(self) -> None:
        """Give back what was booked and not sent; idempotent."""
        with self._lock:
            self._give_back()

    def _known(self) -> dict[Per, int]:
        if self._told is None:
            self._told = self._book.edit(lambda old: old).told
        return {per: calls for per in SPANS if (calls := self._told.get(per, self._declared.get(per, 0)))}

    def _take(self, known: dict[Per, int]) -> None:
        now, taken = self._now(), 0

        def book(ledger: Ledger) -> Ledger:
            nonlocal taken
            room = min(self._room(known, per, ledger, now) for per in known)
            taken = min(room, max(1, min(_AT_ONCE, room // _PART)))
            return _add(ledger, taken, now) if taken > 0 else ledger

        ledger = self._book.edit(book)
        if taken <= 0:
            raise self._reached(known, ledger, now)
        self._held, self._held_at = taken, now

    def _give_back(self) -> None:
        if self._held:
            held, self._held = self._held, 0
            self._book.edit(lambda old: _add(old, -held, self._held_at))

    def _room(self, known: dict[Per, int], per: Per, ledger: Ledger, now: float) -> int:
        return self._ours(known[per]) - used(ledger, per, now)

    def _ours(self, calls: int) -> int:
        return max(1, int(calls * self._share + 1e-9))

    def _enough_at(self, known: dict[Per, int], ledger: Ledger, now: float) -> datetime:
        """When every quota has a tenth of our share free."""
        at = max(_free_at(ledger, per, now, self._ours(calls) - max(1, int(self._ours(calls) * _WORTH))) for per, calls in known.items())
        return datetime.fromtimestamp(at, UTC)

    def _reached(self, known: dict[Per, int], ledger: Ledger, now: float) -> PlatformError:
        per = min(known, key=lambda one: self._room(known, one, ledger, now))
        at = self._enough_at(known, ledger, now)
        text = f"{self._ours(known[per]):,} of the {known[per]:,} calls that the platform grants in {_ARTICLES[per]} are used, which is our share of {self._share:.0%}"
        wait = timedelta(seconds=max(1.0, at.timestamp() - now))
        hint = f"it goes on after {iso(at)}, where it stopped"
        return PlatformError(text, fault=PlatformFault.QUOTA_REACHED, hint=hint, retry_after=wait)

    def _now(self) -> float:
        return self._clock.now().timestamp()


_ARTICLES: Mapping[Per, str] = {"hour": "an hour", "day": "a day", "month": "a month"}


def used(ledger: Ledger, per: Per, now: float) -> int:
    """How many calls were booked in the window that ends now; a bucket counts until its end has left the window."""
    since = now - SPANS[per].total_seconds()
    return sum(count for bucket, count in ledger.booked.get(per, {}).items() if (bucket + 1) * _STEPS[per] > since)


def _free_at(ledger: Ledger, per: Per, now: float, most: int) -> float:
    """When no more than ``most`` calls of the window will be booked."""
    left, at = used(ledger, per, now), now
    for bucket, count in sorted(ledger.booked.get(per, {}).items()):
        leaves = (bucket + 1) * _STEPS[per] + SPANS[per].total_seconds()
        if left <= most:
            break
        if leaves > now:
            left, at = left - count, leaves
    return at


def _add(ledger: Ledger, calls: int, now: float) -> Ledger:
    """The ledger with so many more calls, without the buckets that have left their window."""
    booked: dict[str, dict[int, int]] = {}
    for per, step in _STEPS.items():
        here, since = int(now // step), now - SPANS[per].total_seconds()
        kept = {bucket: count for bucket, count in ledger.booked.get(per, {}).items() if (bucket + 1) * step > since}
        kept[here] = max(0, kept.get(here, 0) + calls)
        booked[per] = {bucket: count for bucket, count in kept.items() if count}
    return msgspec.structs.replace(ledger, booked=booked)


_PERIOD = re.compile(r"(?:^|[^a-z])(hour|day|dai|month)(?:ly|[^a-z]|$)")
_WINDOW = re.compile(r"(?:q=)?(?<!\d)(\d{1,18})(?!\d)[^,]*?;\s*w=(\d{1,18})(?!\d)")
_LIMITS = ("x-ratelimit-limit", "ratelimit-limit", "x-rate-limit-limit")
_RESETS = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")
_EPOCH = 1_000_000_000


def told_by(headers: Mapping[str, str], now: float) -> dict[str, int]:
    """Quotas of long windows that an answer names: by the period in a header's name, by ``w=`` seconds, or by a reset that is far away."""
    told: dict[str, int] = {}
    if "limit" not in "".join(headers):  # most answers tell of none
        return told
    for name, text in headers.items():
        if "limit" not in name or "rate" not in name:
            continue
        period = _PERIOD.search(name)
        if period is not None:
            calls = whole(text.strip())
            if calls is not None and not any(word in name for word in ("remaining", "reset", "used", "left")):
                told["day" if period[1] == "dai" else period[1]] = calls
        elif name.endswith(("-limit", "-policy", "ratelimit")):
            for calls, seconds in _WINDOW.findall(text):
                if (per := _per(float(seconds))) is not None:
                    told[per] = int(calls)
    if not told:
        limit, reset = _first(headers, _LIMITS), _first(headers, _RESETS)
        if limit and reset is not None and (per := _per(reset - now if reset > _EPOCH else reset)) is not None:
            told[per] = limit
    return {per: calls for per, calls in told.items() if calls > 0}


def _per(seconds: float) -> Per | None:
    if seconds < _LONG_SECONDS:
        return None
    return next((per for per, span in SPANS.items() if seconds <= span.total_seconds() * 1.01), None)


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    text = next((headers[name] for name in names if name in headers), "").strip()
    return whole(text, most_digits=11)
