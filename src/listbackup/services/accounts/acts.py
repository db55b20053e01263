"""One act is one transaction with its facts; when somebody was faster it is tried again from what is kept now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from listbackup.backends.table.port import Absent, Check, Condition, ConditionFailed, Equals, Put, Table, Write
from listbackup.base.errors import BusyError
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

R = TypeVar("R")
Act: TypeAlias = tuple[R, Writes, Sequence[Fact]]

_TRIES = 200


class Acts:
    """Commits acts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def do(self, attempt: Callable[[], Act[R]], scope: Scope) -> R:
        """What ``attempt`` came to, once its writes and facts are kept together. It is called again when it was overtaken, and raises itself when it cannot be done any more."""
        for _ in range(_TRIES):
            try:
                result, writes, facts = attempt()
                self._desk.commit(scope, joined(writes), *facts)
            except ConditionFailed:
                continue
            return result
        raise BusyError("too many changes to the same accounts at once", hint="try again")


def joined(writes: Writes) -> Writes:
    """The writes with every item once, as a transaction wants them, and all that was demanded of it: what is checked stands beside what is written.

    Raises ConditionFailed where two demands contradict each other: the item was read twice, and changed in between.
    """
    kept: dict[tuple[str, str, str], tuple[Table, Write]] = {}
    for table, write in writes:
        key = (table.spec.name, *_place(write))
        kept[key] = (table, _both(kept[key][1], write)) if key in kept else (table, write)
    return list(kept.values())


def _both(one: Write, other: Write) -> Write:
    checked, written = (one, other) if isinstance(one, Check) else (other, one)
    assert isinstance(checked, Check), f"{_place(written)} is written twice"
    return replace(written, if_=_narrower(checked.if_, written.if_))


def _narrower(demanded: Condition, also: Condition | None) -> Condition:
    """What holds when both do."""
    if also is None or also == demanded:
        return demanded
    if isinstance(demanded, Absent) or isinstance(also, Absent):
        raise ConditionFailed
    here, there = (one.attributes if isinstance(one, Equals) else {} for one in (demanded, also))
    if any(name in there and there[name] != value for name, value in here.items()):
        raise ConditionFailed
    return Equals({**here, **there})


def _place(write: Write) -> tuple[str, str]:
    if isinstance(write, Put):
        return str(write.item["pk"]), str(write.item["sk"])
    return write.pk, write.sk
