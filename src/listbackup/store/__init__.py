"""The snapshot store: knows nothing of rows, accounts or HTTP. The format is docs/design/store-format.md, how it works docs/design/store.md.

The face: a ``StoreGround`` names ports, keys and time; ``Store`` is one source's snapshots; a run writes through ``Store.open_run``; ``Store.at`` reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from listbackup.base.loading import when_named

if TYPE_CHECKING:
    from listbackup.store.ground import ROOTS, StoreGround
    from listbackup.store.model import (
        AttachmentInfo,
        Change,
        ChangeCounts,
        ChangeKind,
        Checkpoint,
        Counts,
        Key,
        Op,
        Record,
        SnapshotInfo,
        SnapshotKind,
        StreamCounts,
        StreamSpec,
        StreamStatus,
        Version,
    )
    from listbackup.store.pages import Lesson
    from listbackup.store.store import AlreadyCommitted, Store
    from listbackup.store.streamwriter import StreamWriter
    from listbackup.store.view import View
    from listbackup.store.writing import RunLost, Writing
else:
    __getattr__ = when_named(  # loaded when they are named: who asks how a source is called must not wait for what reads and writes snapshots (docs/decisions/0080)
        __name__,
        {
            ".ground": ("ROOTS", "StoreGround"),
            ".model": (
                "AttachmentInfo",
                "Change",
                "ChangeCounts",
                "ChangeKind",
                "Checkpoint",
                "Counts",
                "Key",
                "Op",
                "Record",
                "SnapshotInfo",
                "SnapshotKind",
                "StreamCounts",
                "StreamSpec",
                "StreamStatus",
                "Version",
            ),
            ".pages": ("Lesson",),
            ".store": ("AlreadyCommitted", "Store"),
            ".streamwriter": ("StreamWriter",),
            ".view": ("View",),
            ".writing": ("RunLost", "Writing"),
        },
    )

__all__ = [
    "ROOTS",
    "AlreadyCommitted",
    "AttachmentInfo",
    "Change",
    "ChangeCounts",
    "ChangeKind",
    "Checkpoint",
    "Counts",
    "Key",
    "Lesson",
    "Op",
    "Record",
    "RunLost",
    "SnapshotInfo",
    "SnapshotKind",
    "Store",
    "StoreGround",
    "StreamCounts",
    "StreamSpec",
    "StreamStatus",
    "StreamWriter",
    "Version",
    "View",
    "Writing",
]
