"""One act is one transaction with its facts; when somebody was faster it is tried again from what is kept now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from listbackup.backends.table.port import Check, ConditionFailed, Put, Table, Write
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
    """The writes without checks of what is written under a condition anyway, and each check once: a transaction names an item once."""
    kept: dict[tuple[str, str, str], tuple[Table, Write]] = {}
    for table, write in writes:
        key = (table.spec.name, *_place(write))
        if key not in kept or isinstance(kept[key][1], Check):
            kept[key] = (table, write)
        else:
            assert isinstance(write, Check), f"{key} is written twice"
    return list(kept.values())


def _place(write: Write) -> tuple[str, str]:
    if isinstance(write, Put):
        return str(write.item["pk"]), str(write.item["sk"])
    return write.pk, write.sk
