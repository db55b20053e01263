"""Somebody else acts in the middle: one act is told again and again, each time with the other before another of its readings.

What two threads meet once in a thousand tries is met here each time: a value that is judged by one reading while the write rests on another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from listbackup.backends.table.memory import MemoryTable, MemoryTables
from listbackup.backends.table.port import Item, Table, TableSpec, Write
from listbackup.backends.table.rules import check_spec
from listbackup.base.errors import ListBackupError
from listbackup.base.paging import Page

Act: TypeAlias = Callable[[], object]
Story: TypeAlias = Callable[["InterruptedTables"], tuple[Act, Act, Callable[[bool], None]]]
_MOST = 2000


class InterruptedTables(MemoryTables):
    """Tables in which somebody acts once, just before a reading."""

    _act: Act | None = None
    _left = 0
    _only_before_writing = False
    _inside = False
    done = False

    def interrupt(self, at: int, act: Act, *, only_before_writing: bool = False) -> None:
        """Have this done before the ``at``-th reading from now on (the first is 1); ``only_before_writing``: unless something was written by then."""
        self._left, self._act, self.done, self._only_before_writing = at, act, False, only_before_writing

    def open(self, spec: TableSpec) -> Table:
        """See the port."""
        if spec.name not in self._tables:
            self._tables[spec.name] = _InterruptedTable(self, check_spec(spec))
        return super().open(spec)

    def apply(self, writes: list[tuple[MemoryTable, Write]]) -> list[Item | None]:  # type: ignore[override]
        """As one step: nobody comes between a condition and its write."""
        before, self._inside = self._inside, True
        try:
            after = super().apply(writes)
        finally:
            self._inside = before
        if self._only_before_writing:
            self._act = None
        return after

    def before_reading(self) -> None:
        """Called by the tables."""
        if self._act is None or self._inside:
            return
        self._left -= 1
        if self._left == 0:
            act, self._act, self.done = self._act, None, True
            with suppress(ListBackupError):
                act()


class _InterruptedTable(MemoryTable):
    _tables: InterruptedTables

    def find(self, pk: str, sk: str) -> Item | None:
        self._tables.before_reading()
        return super().find(pk, sk)

    def query(self, pk: str, **how: Any) -> Page[Item]:
        self._tables.before_reading()
        return super().query(pk, **how)


def at_every_reading(story: Story, *, only_before_writing: bool = False) -> int:
    """How often the story was told. It gives, over fresh tables, an act, what comes between, and what is judged of the end.

    Either act may be refused. Whoever judges hears whether the act was carried out; ``only_before_writing`` ends with the readings before the first write.
    """
    for number in range(1, _MOST):
        tables = InterruptedTables()
        act, other, judge = story(tables)
        tables.interrupt(number, other, only_before_writing=only_before_writing)
        try:
            act()
        except ListBackupError:
            judge(False)
        else:
            if not tables.done:
                return number - 1
            judge(True)
    raise AssertionError("the act reads without end")
