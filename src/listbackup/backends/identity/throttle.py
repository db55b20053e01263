"""Throttling: who guesses waits longer and longer; an address that asks often waits for the next minute.

A try is counted before anything is looked at, and forgiven when it was right: 64 guesses at once are 64 guesses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from listbackup.backends.identity.opaque import digest
from listbackup.backends.identity.port import TooManyTries, Writes
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.table import TRIES
from listbackup.backends.table.port import Absent, ConditionFailed, Delete, Equals, Scalar, Tables, Update
from listbackup.base.clock import Clock, unix_ms
from listbackup.base.errors import BusyError

_REMEMBERED = timedelta(days=30)
_MINUTE = 60
_HOUR = 3600
_TRIES = 200


class Throttle:
    """Counters in the table ``TRIES``; names are kept as hashes."""

    def __init__(self, tables: Tables, clock: Clock, settings: IdentitySettings) -> None:
        self._table = tables.open(TRIES)
        self._clock, self._figures = clock, settings

    def begin(self, name: str) -> None:
        """Counts a guess at this name's password. Raises TooManyTries when it comes too early or is one too many."""
        key = _name_key(name)
        for _ in range(_TRIES):
            row = self._table.find(key, "tries")
            count, last_ms = (_int(row["count"]), _int(row["last_ms"])) if row is not None else (0, 0)
            now_ms = unix_ms(self._clock.now())
            self._judge(count, last_ms, now_ms)
            grown: dict[str, Scalar] = {"count": count + 1, "last_ms": now_ms, "ends": (now_ms // 1000) + int(_REMEMBERED.total_seconds())}
            as_read = Equals({"count": count, "last_ms": last_ms}) if row is not None else Absent()
            try:
                self._table.put({"pk": key, "sk": "tries", **grown}, if_=as_read)
            except ConditionFailed:  # another guess was counted at this moment
                continue
            return
        raise BusyError("too many tries at once", hint="try again in a second")

    def forgive(self, name: str) -> Writes:
        """The write that forgets the guesses: one was right, or the password was reset."""
        return [(self._table, Delete(pk=_name_key(name), sk="tries"))]

    def hit(self, address: str) -> None:
        """Counts a request from this address and its network. Raises TooManyTries until the minute is over."""
        for key, most in self._networks(address):
            self._hit(key, most, _MINUTE, "too many requests from this address")

    def hit_hourly(self, name: str, most: int) -> None:
        """Counts one of at most so many in an hour. Raises TooManyTries."""
        self._hit(f"hourly/{digest(name)}", most, _HOUR, "too many in one hour")

    def _hit(self, key: str, most: int, seconds: int, message: str) -> None:
        now = self._clock.now().timestamp()
        window = int(now) // seconds
        for _ in range(_TRIES):
            try:
                row = self._table.update(Update(pk=key, sk=f"{window:012d}", add={"count": 1}))
            except ConditionFailed:
                try:
                    self._table.put({"pk": key, "sk": f"{window:012d}", "count": 0, "ends": (window + 2) * seconds}, if_=Absent())
                except ConditionFailed:  # another request began the window: count in that one
                    continue
                continue
            if _int(row["count"]) > most:
                raise TooManyTries(message, retry_after=timedelta(seconds=(window + 1) * seconds - now))
            return
        raise BusyError("too many requests at once", hint="try again in a second")

    def _judge(self, count: int, last_ms: int, now_ms: int) -> None:
        if count >= self._figures.most_tries:
            raise TooManyTries("too many wrong passwords", retry_after=None, hint="reset the password")
        if count < self._figures.free_tries:
            return
        wait = min(timedelta(seconds=2 ** min(count - self._figures.free_tries + 1, 20)), self._figures.longest_wait)
        left = wait - timedelta(milliseconds=now_ms - last_ms)
        is_ahead = left > wait + self._figures.longest_wait  # counted by a clock that was wrong: nobody waits for it to be right
        if left > timedelta(0) and not is_ahead:
            raise TooManyTries("too many wrong passwords", retry_after=left)

    def _networks(self, address: str) -> Iterator[tuple[str, int]]:
        """The counters of an address: itself (an IPv6 host is a /64) and its network; none for what is no address."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        host, network = (32, 24) if found.version == 4 else (64, 48)
        yield f"host/{ipaddress.ip_network((found, host), strict=False)}", self._figures.per_address
        yield f"network/{ipaddress.ip_network((found, network), strict=False)}", self._figures.per_network


def _name_key(name: str) -> str:
    return f"name/{digest(name)}"


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
