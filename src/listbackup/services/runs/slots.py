"""Slots: how many runs of an account, and through one connection, go on at once over all workers.

A row of the account says who is inside; a run enters and leaves in the transaction that turns its own row. Who finds no room is parked: its message is
taken off the queue, and whoever leaves calls the next one that fits. A run whose worker died holds its slot until its lease is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from listbackup.backends.table.port import Absent, Equals, Item, Table, Write
from listbackup.base.decode import from_json
from listbackup.base.errors import BusyError
from listbackup.services.rows import Writes
from listbackup.services.runs.model import Run
from listbackup.services.scope import AccountTable

_ROW, _PARKED = "slots", "parked/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Runs at once, by account and by connection."""

    per_account: int = 4
    per_connection: int = 1


class NoRoom(BusyError):
    """As many runs go on as may; this one waits until one of them is over."""

    def __init__(self) -> None:
        super().__init__("as many runs go on as may at once", hint="it begins by itself when one of them is over")


class Slots:
    """The slots of one account. ``is_held`` tells whether a run still has a live worker."""

    def __init__(self, table: AccountTable, limits: Limits, is_held: Callable[[str], bool]) -> None:
        self._table, self._limits, self._is_held = table, limits, is_held

    def enter(self, run: Run, connection: str, *, must_fit: bool) -> Writes:
        """The writes by which the run is inside. Raises NoRoom."""
        row, inside = self._read()
        if must_fit and not self._fits(inside, run.id, connection):
            inside = {one: through for one, through in inside.items() if self._is_held(one)}
            if not self._fits(inside, run.id, connection):
                raise NoRoom
        return [self._written(row, {**inside, run.id: connection}), self._table.delete(_PARKED + run.id)]

    def leave(self, run: Run) -> Writes:
        """The writes by which the run is outside."""
        row, inside = self._read()
        if run.id not in inside:
            return []
        return [self._written(row, {one: through for one, through in inside.items() if one != run.id})]

    def park(self, run: Run, connection: str) -> Writes:
        """The writes by which the run waits for a slot."""
        return [self._table.put(_PARKED + run.id, {"connection": connection})]

    def unpark(self, run: str) -> Writes:
        """The writes by which it no longer does."""
        return [self._table.delete(_PARKED + run)]

    def find_parked(self) -> str | None:
        """The run that waits longest among those for whom there is room now, or None."""
        _, inside = self._read()
        if len(inside) >= self._limits.per_account:
            return None
        for item in self._table.query(prefix=_PARKED, limit=200).items:
            run = str(item["sk"]).removeprefix(_PARKED)
            if self._fits(inside, run, str(item["connection"])):
                return run
        return None

    def _fits(self, inside: Mapping[str, str], run: str, connection: str) -> bool:
        others = [through for one, through in inside.items() if one != run]
        return len(others) < self._limits.per_account and others.count(connection) < self._limits.per_connection

    def _read(self) -> tuple[Item | None, dict[str, str]]:
        row = self._table.find(_ROW)
        return row, from_json(str(row["doc"]), dict[str, str]) if row is not None else {}

    def _written(self, row: Item | None, inside: Mapping[str, str]) -> tuple[Table, Write]:
        version = row["version"] if row is not None else 0
        assert isinstance(version, int)
        condition = Absent() if row is None else Equals({"version": version})
        return self._table.put(_ROW, {"doc": msgspec.json.encode(inside).decode(), "version": version + 1}, if_=condition)
