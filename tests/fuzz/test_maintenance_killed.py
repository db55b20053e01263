"""Maintenance killed, refused and left without an answer at every storage call: every retained snapshot reads the same, and the next try gets to the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from listbackup.base.errors import ListBackupError
from listbackup.store import Store
from listbackup.store.basemerge import merge_base
from listbackup.store.check import Level, check
from listbackup.store.policy import Policy
from listbackup.store.prune import plan_prune
from listbackup.testing.faults import Fault, Faults, Killed
from listbackup.testing.golden import build
from listbackup.testing.stores import Rig, content_of

Operation = Callable[[Rig, Store], object]


def merging(_rig: Rig, store: Store) -> object:
    return merge_base(store, "contacts", part_bytes=2000)


def pruning(rig: Rig, store: Store) -> object:
    return plan_prune(store, rig.clock.now(), Policy(last=3, min_good=1)).execute(confirmed=True)


def ready() -> Rig:
    """A store with garbage whose grace is over and a trash that is due."""
    rig = Rig()
    build(rig, 5)
    rig.clock.advance(timedelta(days=9))
    return rig


@pytest.mark.parametrize("fault", [Fault.KILL, Fault.KILL_AFTER, Fault.BEFORE, Fault.LOST_ANSWER, Fault.REFUSED])
@pytest.mark.parametrize("operation", [merging, pruning])
def test_maintenance_broken_off_at_any_call_harms_no_snapshot(operation: Operation, fault: Fault) -> None:
    quiet = Faults.none()
    rig = ready()
    operation(rig, rig.store(quiet))
    for step in range(1, len(quiet.calls), 4):
        rig = ready()
        truth = {info.seq: content_of(rig.store(), info.seq) for info in rig.store().snapshots(trash=True)}
        with suppress(Killed, ListBackupError):
            operation(rig, rig.store(Faults.at(step, fault)))
        unharmed(rig, truth)
        rig.clock.advance(timedelta(hours=1))
        operation(rig, rig.store())
        unharmed(rig, truth)


def unharmed(rig: Rig, truth: dict[int, object]) -> None:
    store = rig.store()
    for info in store.snapshots(trash=True):
        assert content_of(store, info.seq) == truth[info.seq]
    report = check(store, Level.TAILS)
    assert report.ok, report.findings
