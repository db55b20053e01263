"""What the trail is told of data: who exported, restored, undid, held, expired, pruned."""

from __future__ import annotations

from listbackup.services.data.model import Restore
from listbackup.services.desk import Fact


def restore_fact(happened: str, restore: Restore) -> Fact:
    """``restore.started``, ``.done``, ``.partial``, ``.undone``."""
    result = restore.undo_result or restore.result
    about: dict[str, str | int | bool | None] = {
        "source": restore.source,
        "snapshot_seq": restore.snapshot_seq,
        "overwrite": restore.overwrite,
    }
    if result is not None:
        about |= {"created": result.created, "updated": result.updated, "deleted": result.deleted, "reverted": result.reverted}
    return Fact(name=f"restore.{happened}", subject=restore.id, about=about)


def source_data_fact(happened: str, source: str, **about: str | int | bool | None) -> Fact:
    """``snapshot.held``, ``.released``, ``.expired``, ``store.pruned``, ``.checked``, ``.verified``, ``export.made``."""
    return Fact(name=happened, subject=source, about=about)
