"""What restores noted of records that are erased goes with them: what was there before, under which key they live, that they were asked for by name.

The restore stays, with its counts. Taking it back afterwards leaves those records alone.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import BusyError
from listbackup.processor.restore_model import Entry, RestoreResult
from listbackup.services.data.journal import TableIdMap, entries_of, forget_entry
from listbackup.services.data.keys import platform_key
from listbackup.services.data.model import Restore, lease_of
from listbackup.services.data.table import RESTORES
from listbackup.services.desk import Desk
from listbackup.services.holding import held
from listbackup.services.rows import Rows
from listbackup.services.scope import Scope
from listbackup.store import Key

Named = tuple[str, Key]  # stream, key


def forget_restored(desk: Desk, scope: Scope, source: str) -> None:
    """No restore of this source knows any record any more: it is gone for good."""
    forget_records(desk, scope, source, None)


def forget_records(desk: Desk, scope: Scope, source: str, records: Sequence[Named] | None) -> None:
    """No restore of this source knows these records any more (None: any); idempotent. Raises BusyError while one of them is written for, or taken back."""
    rows = Rows(desk.open(RESTORES, scope), Restore, noun="restore", prefix="rst", columns=lambda one: {"source": one.source})
    ids, wanted = TableIdMap(desk, scope, source), set(records) if records is not None else None
    for restore in list(rows.iter(part=source, index="by_source")):
        with held(desk, lease_of(scope.account, restore.id)):
            gone = [entry for entry in entries_of(desk, scope, restore.id) if wanted is None or _is_of(entry, wanted)]
            for entry in gone:
                forget_entry(desk, scope, restore.id, entry)
                ids.forget(entry.stream, entry.key)
            _unname(desk, scope, rows, restore.id, {*(wanted or ()), *((entry.stream, entry.key) for entry in gone)})
    for stream, key in records or ():
        if (known := platform_key(key)) is not None:
            ids.forget(stream, known)


def _is_of(entry: Entry, records: Set[Named]) -> bool:
    """By the key it had, or the one it lives under since."""
    return (entry.stream, entry.key) in records or (entry.target is not None and (entry.stream, entry.target) in records)


def _unname(desk: Desk, scope: Scope, rows: Rows[Restore], restore: str, gone: Set[Named]) -> None:
    """The restore without the names of these records."""
    old = rows.get(restore)
    keys = {stream: tuple(key for key in of if (stream, key) not in gone) for stream, of in old.selection.keys.items()}
    begins = tuple(f"{stream} {'/'.join(map(str, key))}: " for stream, key in gone)
    selection = replace(old.selection, keys=keys)
    edited = replace(old, selection=selection, result=_without(old.result, begins), undo_result=_without(old.undo_result, begins))
    if edited == old:
        return
    try:
        desk.commit(scope, rows.change(old, edited)[1])
    except ConditionFailed:
        raise BusyError(f"restore {restore} is being worked on by somebody else", hint="repeat it in a moment") from None


def _without(result: RestoreResult | None, begins: tuple[str, ...]) -> RestoreResult | None:
    return replace(result, problems=tuple(one for one in result.problems if not one.startswith(begins))) if result is not None else None
