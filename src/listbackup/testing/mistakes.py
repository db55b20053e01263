"""Errors that the store's design excludes, planted into its real code: what watches over the store must catch each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from listbackup.backends.objects.port import ObjectInfo
from listbackup.store import basemerge, compact, sweep, writing
from listbackup.store import store as store_module
from listbackup.store.checkpoint import CheckpointBody, read_checkpoint
from listbackup.store.head import Head, OpenEntry, PackRef, Segment
from listbackup.store.jobs import Job
from listbackup.store.store import Store


class Mistake(StrEnum):
    """A planted error."""

    NONE = "none"
    HEAD_BEFORE_LIST = "sweep reads HEAD before it lists"
    DELETE_BEFORE_CAS = "inputs are deleted before the outputs are committed"
    NEWEST_ONLY = "compaction keeps what the newest snapshot sees, and no more"
    NO_FENCE = "a run commits without looking for its token"
    LATER_HEAD = "a base merge takes its inputs from a later HEAD than its labels"
    STALE_CHECKPOINT = "a run that was closed is resumed from what it had staged"


@contextmanager
def planted(mistake: Mistake) -> Iterator[None]:
    """The real code with one function replaced by a wrong one."""
    if mistake is Mistake.NONE:
        yield
        return
    with changed(*_WRONG[mistake]):
        yield


@contextmanager
def changed(owner: object, name: str, wrong: object) -> Iterator[None]:
    """Another value for one name of a module or class."""
    right = getattr(owner, name)
    setattr(owner, name, wrong)
    try:
        yield
    finally:
        setattr(owner, name, right)


def _head_first(store: Store) -> tuple[Sequence[ObjectInfo], Head]:
    head = store.root.read().head
    return list(store.ground.objects.list(store.place.prefix)), head


_right_commit = compact.commit


def _deleting_commit(store: Store, mine: Job, outputs: Sequence[tuple[compact.Task, Segment]], refs: dict[str, PackRef]) -> Head:
    head = store.root.read().head
    for pack in {part.pack for task, _ in outputs for segment in task.inputs for part in segment.parts} & set(head.packs):
        store.ground.objects.delete(store.place.pack(head.packs[pack].run, pack))
    return _right_commit(store, mine, outputs, refs)


def _newest_only(head: Head) -> npt.NDArray[np.uint32]:
    return np.array([head.last_seq], np.uint32)


def _no_fence(_self: writing.Writing, _head: Head) -> OpenEntry:
    return OpenEntry(kind="run", token=0, base=0, owner="", beat=0, lease=0, started=0)


def _any_checkpoint(store: Store, run: str, base: int, *, since: int) -> CheckpointBody | None:  # noqa: ARG001
    return read_checkpoint(store, run, base, since=0)


_right_start = basemerge.Merging.__init__


def _later_head(
    self: basemerge.Merging,
    store: Store,
    mine: Job,
    head: Head,  # noqa: ARG001
    mark: basemerge.Mark,
    part_bytes: int,
) -> None:
    _right_start(self, store, mine, store.root.read().head, mark, part_bytes)


_WRONG: dict[Mistake, tuple[object, str, object]] = {
    Mistake.HEAD_BEFORE_LIST: (sweep, "look", _head_first),
    Mistake.DELETE_BEFORE_CAS: (compact, "commit", _deleting_commit),
    Mistake.NEWEST_ONLY: (compact, "retained_of", _newest_only),
    Mistake.NO_FENCE: (writing.Writing, "_own", _no_fence),
    Mistake.LATER_HEAD: (basemerge.Merging, "__init__", _later_head),
    Mistake.STALE_CHECKPOINT: (store_module, "read_checkpoint", _any_checkpoint),
}
