"""The snapshot store: knows nothing of rows, accounts or HTTP. The format is docs/design/store-format.md, how it works docs/design/store.md.

The face: a ``StoreGround`` names ports, keys and time; ``Store`` is one source's snapshots; a run writes through ``Store.open_run``; ``Store.at`` reads.
"""

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
