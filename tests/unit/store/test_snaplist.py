"""Old snapshots by column: they come back as they were, one by one or all at once, and say so when they cannot."""

from __future__ import annotations

import random
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import DamagedError
from listbackup.store.check import Kind, Level, check
from listbackup.store.ground import ROOTS
from listbackup.store.head import SnapshotDetail, SnapshotEntry
from listbackup.store.model import SnapshotKind
from listbackup.store.policy import Policy
from listbackup.store.prune import plan_prune
from listbackup.store.rebuild import rebuild_head
from listbackup.store.sizes import SHORT_LISTS, Sizes
from listbackup.store.snaplist import SnapshotList, joined, older_of
from listbackup.testing.stores import Rig, content_of

DETAIL = SnapshotDetail(run="r", size=1, cursor=b"", facts={}, streams={})
TIMES = st.one_of(st.none(), st.integers(0, 2**42))
OLD = st.builds(
    SnapshotEntry,
    seq=st.integers(1, 2**32 - 1),
    at=st.integers(0, 2**62),
    kind=st.sampled_from(SnapshotKind),
    held=st.one_of(st.none(), st.text(max_size=5)),
    suspect=st.booleans(),
    verified_at=TIMES,
    expired_at=TIMES,
    detail=st.none(),
    spill=st.one_of(st.none(), st.integers(0, 500)),
)


@given(st.lists(OLD, max_size=30, unique_by=lambda entry: entry.seq), st.integers(0, 3))
def test_what_is_packed_comes_back_whole_singly_and_in_slices(drawn: list[SnapshotEntry], fresh: int) -> None:
    entries = sorted(drawn, key=lambda entry: entry.seq)
    last = entries[-1].seq if entries else 0
    recent = [SnapshotEntry(seq=last + 1 + number, at=5, kind=SnapshotKind.FULL, detail=DETAIL) for number in range(fresh)]
    everything = (*entries, *recent)
    assert tuple(joined(older_of(entries), recent)) == everything
    listed = joined(older_of(entries), recent)
    assert [listed[index] for index in range(len(everything))] == list(everything)
    assert [listed[-1 - index] for index in range(len(everything))] == list(reversed(everything))
    assert tuple(reversed(listed)) == tuple(reversed(everything))
    for start in range(-3, len(everything) + 1):
        assert tuple(listed[start:]) == everything[start:]
    assert listed == everything


def test_a_column_that_is_cut_is_damage() -> None:
    older = older_of([SnapshotEntry(seq=number, at=number, kind=SnapshotKind.FULL, spill=0) for number in range(1, 9)])
    assert older is not None
    for changes in ({"at": older.at[:-1]}, {"count": 7}, {"kind": b"\x03" * 8}):
        with pytest.raises(DamagedError):
            joined(msgspec.structs.replace(older, **changes), [])


def test_regular_snapshots_cost_a_head_next_to_nothing() -> None:
    rig = Rig(sizes=Sizes(details_inline=20, details_kept=4))
    sizes = {}
    for number in range(1, 401):
        rig.backup(f"run_{number}", {"things": {(number % 5,): b'{"n": %d}' % number}}, listing=False)
        sizes[number] = rig.objects.find("acc_test/src_test/HEAD").size_bytes
    assert sizes[400] < sizes[100] + 2500
    store = rig.store()
    assert isinstance(store.head().snaps, SnapshotList)
    assert [info.run for info in store.snapshots()] == [f"run_{number}" for number in range(1, 401)]


def test_short_lists_are_spilled_put_together_and_swept_and_nothing_is_lost() -> None:
    rig, dice = Rig(sizes=SHORT_LISTS), random.Random(4)
    kept: dict[tuple[int], bytes] = {}
    truth = {}
    most = 0
    for number in range(1, 121):
        kept |= {(dice.randrange(9),): b'{"n": %d}' % number}
        truth[rig.backup(f"run_{number}", {"things": dict(kept)}).seq] = dict(kept)
        if number % 10 == 0:
            plan_prune(rig.store(), rig.clock.now(), Policy(daily=20, last=4)).execute(confirmed=True)
        head = rig.store().head()
        assert len(head.garbage) <= SHORT_LISTS.garbage_inline + 4
        most = max(most, len(head.waste))
        used = {entry.spill for entry in head.snaps if entry.spill is not None}
        assert used <= set(range(len(head.spills)))
    assert most > 1
    for _ in range(4):
        rig.clock.advance(timedelta(days=8))
        plan_prune(rig.store(), rig.clock.now()).execute(confirmed=True)
    store = rig.store()
    infos = store.snapshots(trash=True)
    assert [info.run for info in infos] == [f"run_{info.seq}" for info in infos]
    assert {info.seq: content_of(store, info.seq)["things"] for info in infos} == {info.seq: truth[info.seq] for info in infos}
    assert not store.head().waste
    listed = {info.name for info in rig.objects.list("acc_test/src_test/st/")}
    named = {f"acc_test/src_test/{ref.name}" for ref in (*store.head().spills, *store.head().copies, *store.root.garbage(store.head()))}
    assert listed == named


def test_a_list_of_garbage_that_is_damaged_is_found_and_holds_nothing_up() -> None:
    rig = Rig(sizes=SHORT_LISTS)
    for number in range(1, 40):
        rig.backup(f"run_{number}", {"things": {(number % 5,): b'{"n": %d}' % number}}, listing=False)
    (ref, *_) = rig.store().head().waste
    name = f"acc_test/src_test/{ref.name}"
    whole = rig.objects.get(name)
    rig.objects.replace(name, whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    assert (Kind.OBJECT_DAMAGED, name) in {(finding.kind, finding.where) for finding in check(rig.store(), Level.HEAD).findings}
    rig.objects.delete(name)
    report = check(rig.store(), Level.LISTING)
    assert [finding.where for finding in report.findings if finding.kind is Kind.UNKNOWN_OBJECT] == [name]
    assert report.ok
    for _ in range(2):
        rig.clock.advance(timedelta(days=5))
        plan_prune(rig.store(), rig.clock.now()).execute(confirmed=True)
    store = rig.store()
    assert ref not in store.head().waste
    assert check(store, Level.DIGESTS).ok


def test_a_head_put_back_from_a_copy_whose_lists_were_swept_still_reads_its_snapshots() -> None:
    rig = Rig(sizes=SHORT_LISTS)
    truth = {}
    for number in range(1, 12):
        truth[rig.backup(f"run_{number}", {"things": {(0,): b'{"n": %d}' % number}}, listing=False).seq] = b'{"n": %d}' % number
    for ref in rig.store().head().spills:
        rig.objects.delete(f"acc_test/src_test/{ref.name}")
    rig.tables.open(ROOTS).delete("acc_test/src_test", "head")
    rebuild_head(rig.ground(), rig.source)
    store = rig.store()
    infos = store.snapshots()
    assert [info.seq for info in infos] == sorted(truth)
    assert infos[0].run == ""
    assert infos[-1].run == "run_11"
    assert {seq: content_of(store, seq)["things"][(0,)] for seq in truth if store.snapshot(seq).run} == {
        seq: raw for seq, raw in truth.items() if store.snapshot(seq).run
    }
    assert {seq: store.at(seq).get("things", (0,)).raw for seq in truth} == truth
    assert not check(store, Level.HEAD).ok
