"""Maintenance jobs: registered in HEAD before they write anything, fenced by their entry when they commit.

A job's objects lie under its id. As long as its entry is open nobody sweeps them; once the entry is gone the job can never commit, and they are orphans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from listbackup.base.clock import unix_ms
from listbackup.base.errors import BusyError
from listbackup.base.ids import new_id
from listbackup.store.head import Head, OpenEntry, with_open, without_open

if TYPE_CHECKING:
    from listbackup.store.store import Store


LEASE = timedelta(minutes=15)
CLAIM = timedelta(days=1)  # how long segments stay claimed by a job that was broken off: it is to go on with them


class JobLost(BusyError):
    """The job's entry or one of its inputs is gone: somebody else took over or was faster. Nothing was changed."""


class Job:
    """One maintenance job under way."""

    def __init__(self, store: Store, run: str, token: int, lease: timedelta) -> None:
        self.run = run
        self.token = token
        self._root = store.root
        self._clock = store.ground.clock
        self._lease = lease
        self._beaten = self._clock.monotonic()

    def beat(self) -> None:
        """Say that the job lives; written at most once in a third of the lease. Raises JobLost."""
        if self._clock.monotonic() - self._beaten < self._lease.total_seconds() / 3:
            return

        def refresh(head: Head) -> Head:
            entry = self.own(head)
            beaten = msgspec.structs.replace(entry, beat=unix_ms(self._clock.now()))
            return msgspec.structs.replace(head, open={**head.open, self.run: beaten})

        self._root.edit(refresh, mirror=False)
        self._beaten = self._clock.monotonic()

    def own(self, head: Head) -> OpenEntry:
        """The job's entry. Raises JobLost when it is not its own any more."""
        entry = head.open.get(self.run)
        if entry is None or entry.token != self.token:
            raise JobLost("this maintenance job was taken over or given up", hint="run it again")
        return entry

    def claim(self, choose: Callable[[Head], Sequence[str]]) -> Head:
        """The head in which the segments that ``choose`` names are ours: other jobs leave them alone. Raises JobLost where they are another's."""

        def claiming(head: Head) -> Head:
            ids = tuple(choose(head))
            if not claimed(head, unix_ms(self._clock.now()), but=self.run).isdisjoint(ids):
                raise JobLost("the segments to merge are being merged by another job", hint="run it again")
            entry = msgspec.structs.replace(self.own(head), claims=ids)
            return with_open(head, self.run, entry)

        return self._root.edit(claiming, mirror=False)

    def commit(self, change: Callable[[Head], Head]) -> Head:
        """The head after ``change``, with the job closed in the same step. Raises JobLost, and whatever ``change`` raises."""

        def closing(head: Head) -> Head:
            self.own(head)
            return without_open(change(head), [self.run])

        return self._root.edit(closing)


def claimed(head: Head, now_ms: int, *, but: str = "") -> frozenset[str]:
    """The segments that jobs other than ``but`` merge, or are to go on with."""
    since = now_ms - int(CLAIM.total_seconds() * 1000)
    return frozenset(one for run, entry in head.open.items() if run != but and entry.free_at() > since for one in entry.claims)


@contextmanager
def job(
    store: Store,
    kind: str,
    *,
    lease: timedelta = LEASE,
    resumable: bool = False,
    claim: Callable[[Head], Sequence[str]] = lambda _: (),
) -> Iterator[Job]:
    """A registered job, which claims segments of the head that it is registered in: closed by its ``commit``, and by an error unless it is ``resumable``. Raises BusyError while another of its kind lives.

    An expired job of the same kind is closed, or taken over under its own id where this one is resumable.
    """
    run, token = "", 0

    def register(head: Head) -> Head:
        nonlocal run, token
        now = unix_ms(store.ground.clock.now())
        others = {name: entry for name, entry in head.open.items() if entry.kind == kind}
        for entry in others.values():
            if entry.free_at() > now:
                raise BusyError(f"another {kind} job is under way", hint="wait until it has ended")
        run = next(iter(others), "") if resumable else ""
        run, token = run or new_id("mnt", now), head.fence + 1
        entry = OpenEntry(
            kind=kind, token=token, base=head.last_seq, owner="maintenance", beat=now, lease=int(lease.total_seconds() * 1000), started=now
        )
        entry = msgspec.structs.replace(entry, claims=tuple(claim(without_open(head, others))))
        return with_open(without_open(head, others), run, entry)

    store.root.edit(register, mirror=False)
    mine = Job(store, run, token, lease)
    try:
        yield mine
    except Exception:
        _give_up(store, mine, keep=resumable)
        raise


def _give_up(store: Store, mine: Job, *, keep: bool) -> None:
    """Close the entry, or let its lease end so that the next job can go on where this one stood."""

    def drop(head: Head) -> Head | None:
        entry = head.open.get(mine.run)
        if entry is None or entry.token != mine.token:
            return None
        return with_open(head, mine.run, msgspec.structs.replace(entry, lease=0)) if keep else without_open(head, [mine.run])

    store.root.edit(drop, mirror=False)
