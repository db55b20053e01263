"""How a restore is shown."""

from __future__ import annotations

from listbackup.cli.output import Output
from listbackup.services.data import Restore, RestoreResult


def restore_document(restore: Restore) -> dict[str, object]:
    """A restore as ``--json`` shows it."""
    return {
        "id": restore.id,
        "source": restore.source,
        "snapshot": restore.snapshot_seq,
        "state": restore.state.value,
        "created_at": restore.created_at,
        "ended_at": restore.ended_at,
        "result": _result(restore.result),
        "undo_result": _result(restore.undo_result),
    }


def show_restore(out: Output, restore: Restore) -> None:
    """What a restore or its undoing did, in a line."""
    result = restore.undo_result or restore.result
    if result is None:
        out.say(f"{restore.id}: {restore.state.value}")
        return
    counts = [
        (result.created, "created"),
        (result.updated, "updated"),
        (result.deleted, "taken away again"),
        (result.reverted, "put back"),
        (result.kept, "kept, because changed since"),
        (result.conflicts, "left alone, because changed on the platform"),
        (result.failed, "failed"),
    ]
    text = ", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing to do"
    (out.say if result.failed else out.good)(f"{restore.id}: {text}")
    for problem in result.problems[:5]:
        out.say(f"  {problem}")


def _result(result: RestoreResult | None) -> dict[str, object] | None:
    if result is None:
        return None
    return {
        "created": result.created,
        "updated": result.updated,
        "skipped": result.skipped,
        "conflicts": result.conflicts,
        "failed": result.failed,
        "deleted": result.deleted,
        "reverted": result.reverted,
        "kept": result.kept,
        "problems": list(result.problems),
    }
