"""Snapshots and streams as paths and parameters name them: what is foreign, absent or the store's own is not found."""

from __future__ import annotations

from listbackup.base.errors import InputError, NotFound
from listbackup.services.data.service import Data
from listbackup.services.routing import Call
from listbackup.services.sources import Source
from listbackup.store import SnapshotInfo
from listbackup.store.model import HIDDEN

ONE = "/snapshots/{snapshot:snp}"
RECORDS = f"{ONE}/streams/{{stream}}/records"


def with_stream(data: Data, call: Call, how: str) -> tuple[Source, SnapshotInfo, str]:
    """The source, snapshot and stream that the path names, and a line of the trail: their content is about to be shown in this way. Raises NotFound."""
    source, snapshot = data.place(call.scope, call.path["snapshot"])
    stream = call.path["stream"]
    demand_stream(snapshot, stream)
    data.looks.note(call.scope, how, source.id, snapshot=snapshot.id, stream=stream)
    return source, snapshot, stream


def demand_stream(snapshot: SnapshotInfo, stream: str) -> None:
    """Raises NotFound for a stream that the snapshot does not have, as far as people see."""
    if stream.startswith(HIDDEN) or stream not in snapshot.streams:
        raise NotFound(f"the snapshot has no stream {stream!r}")


def pair(data: Data, call: Call, before: str, after: str) -> tuple[Source, SnapshotInfo, SnapshotInfo]:
    """Two snapshots of one source, the older first. Raises NotFound, InputError."""
    (source, older), (other, newer) = data.place(call.scope, before), data.place(call.scope, after)
    if source.id != other.id:
        raise InputError("the two snapshots are of different sources", field="to")
    if older.seq > newer.seq:
        raise InputError("the snapshot to compare with is the older one", hint="change the two over", field="from")
    return source, older, newer
