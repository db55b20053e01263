"""What goes with age in this installation, and how long it is kept: the one list of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from listbackup.backends.table.port import Swept, Tables
from listbackup.base.errors import NotFound
from listbackup.bootstrap.settings import KeepSettings
from listbackup.services.scope import Scope
from listbackup.services.system import Duty

if TYPE_CHECKING:
    from listbackup.services.accounts import Accounts
    from listbackup.services.activity import Activities
    from listbackup.services.erasures import Erasures
    from listbackup.services.exports import Exports
    from listbackup.services.runs import Runs

_EXPIRED_AT_ONCE = 500

Sweep = Callable[[Scope, datetime], Iterator[int]]


class Rooms(Protocol):
    """Whose rows they are (a ``System`` is one)."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def exports(self) -> Exports: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def tables(self) -> Tables: ...


def duties_of(keep: KeepSettings, rooms: Rooms) -> Sequence[Duty]:
    """The duties, in the order in which they are done. Restores and their journals are none: they can be undone whatever their age."""

    def each(sweep: Callable[[], Sweep]) -> Callable[[datetime], Iterator[int]]:
        return lambda before: _of_each_account(rooms.accounts, sweep(), before)  # a room is opened when something of it is due

    def days(number: int) -> timedelta | None:
        return timedelta(days=number) if number else None

    ended = days(keep.ended_days)
    return [
        Duty(
            name="expired",
            about="sessions, tickets, links, tries, letters' marks, repetitions, leases and heartbeats that are over: each row says when",
            keeps=None,
            sweep=lambda _: _expired(rooms.tables),
        ),
        Duty(
            name="run_logs",
            about="log lines and progress of runs",
            keeps=days(keep.run_logs_days),
            sweep=each(lambda: rooms.runs.aging.trim_logs),
        ),
        Duty(
            name="runs",
            about="runs that are over, but the last of each source and the last that made a snapshot; their sums by month stay",
            keeps=days(keep.runs_days),
            sweep=each(lambda: rooms.runs.aging.fold),
        ),
        Duty(name="exports", about="exports without files", keeps=ended, sweep=each(lambda: rooms.exports.forget_ended)),
        Duty(
            name="erasures",
            about="erasures that are over; what was erased stays barred",
            keeps=ended,
            sweep=each(lambda: rooms.erasures.forget_ended),
        ),
        Duty(
            name="activity",
            about="lines of the trails; where each begins from then on is sealed",
            keeps=days(keep.activity_days),
            sweep=rooms.activities.aging.leave_behind if keep.activity_days else None,
        ),
    ]


def _of_each_account(accounts: Accounts, sweep: Sweep, before: datetime) -> Iterator[int]:
    for account in accounts.iter_live():
        try:
            scope = accounts.enter(account.id, actor="worker")
        except NotFound:  # into the trash at this moment
            continue
        yield 0  # so that ten thousand accounts with nothing to do are walked in pieces too
        yield from sweep(scope, before)


def _expired(tables: Tables) -> Iterator[int]:
    while isinstance(tables, Swept) and (gone := tables.sweep(limit=_EXPIRED_AT_ONCE)):
        yield gone
