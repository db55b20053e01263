"""Records that vanish from every snapshot, and packs that get a new key."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from listbackup.base.errors import BusyError, Interrupted, KeyUnavailable
from listbackup.store import ROOTS, Key, Store, StoreGround
from listbackup.store.basemerge import merge_base
from listbackup.store.check import Level, check
from listbackup.store.compact import compact_tiers
from listbackup.store.erase import erase
from listbackup.store.jobs import JobLost
from listbackup.store.prune import plan_prune
from listbackup.store.reseal import keys_in_use, reseal
from listbackup.testing.faults import Fault, Faults, Killed
from listbackup.testing.golden import RUNS, build
from listbackup.testing.keys import memory_scope
from listbackup.testing.stores import LEASE, Rig, content_of

ERASED: list[tuple[str, Key]] = [("contacts", (1,)), ("contacts", (30,)), ("deals", ("north", 2))]


def truth_without(rig: Rig, erased: list[tuple[str, Key]]) -> dict[int, dict[str, dict[Key, bytes]]]:
    store = rig.store()
    truth = {info.seq: content_of(store, info.seq) for info in store.snapshots(trash=True)}
    for content in truth.values():
        for stream, key in erased:
            content.get(stream, {}).pop(key, None)
    return truth


def test_erased_records_vanish_from_every_snapshot_and_the_digests_still_hold() -> None:
    rig = Rig()
    build(rig)
    expected = truth_without(rig, ERASED)
    done = erase(rig.store(), ERASED, rig.clock.now())
    assert done.rows > RUNS
    store = rig.store()
    assert {seq: content_of(store, seq) for seq in expected} == expected
    assert store.history("contacts", (1,)) == []
    assert store.at(RUNS).attachments("contacts", (1,)) == []
    assert check(store, Level.DIGESTS).ok
    assert store.head().erasures == ()


def test_what_was_erased_is_in_no_object_once_the_grace_is_over() -> None:
    rig = Rig()
    store = build(rig)
    (contract,) = store.at(RUNS).attachments("deals", ("north", 2))
    erase(store, ERASED, rig.clock.now())
    for _ in range(3):
        rig.clock.advance(timedelta(days=4))
        plan_prune(rig.store(), rig.clock.now()).execute(confirmed=True)
    left = {info.name for info in rig.objects.list("")}
    assert not any(name.rpartition("/")[2] in store.head().erased[0].packs for name in left)
    assert not any("/b/" in name for name in left), contract
    assert check(rig.store(), Level.DIGESTS).ok


def test_merges_after_an_erasure_bring_nothing_back() -> None:
    rig = Rig()
    build(rig)
    expected = truth_without(rig, ERASED)
    erase(rig.store(), ERASED, rig.clock.now())
    for stream in ("contacts", "deals"):
        merge_base(rig.store(), stream, part_bytes=2000)
    compact_tiers(rig.store())
    assert {seq: content_of(rig.store(), seq) for seq in expected} == expected


def _stop(_done: int, _total: int) -> None:
    raise Interrupted("stop")


@pytest.mark.parametrize("moment", range(3, 8))
def test_a_base_merge_that_goes_on_while_records_are_erased_brings_nothing_back(moment: int) -> None:
    rig = Rig()
    build(rig)
    expected = truth_without(rig, ERASED)
    with pytest.raises(Interrupted):
        merge_base(rig.store(), "contacts", _stop, part_bytes=2000)

    def erased(number: int, _call: str) -> None:
        if number == moment:
            erase(rig.store(), ERASED, rig.clock.now())

    beside = Faults(erased)
    with suppress(JobLost):
        merge_base(rig.store(beside), "contacts", part_bytes=2000)
    assert len(beside.calls) > moment, "the records were erased while the base was merged"
    store = rig.store()
    assert {seq: content_of(store, seq) for seq in expected} == expected
    assert [store.history(stream, key) for stream, key in ERASED] == [[]] * len(ERASED)
    assert check(store, Level.DIGESTS).ok


def test_a_record_that_the_platform_still_has_is_added_again_by_the_next_run() -> None:
    rig = Rig()
    build(rig)
    erase(rig.store(), [("contacts", (1,))], rig.clock.now())
    info = rig.backup("run_after", {"contacts": {(1,): b'{"id": 1}'}}, listing=False)
    assert info.streams["contacts"].added == 1
    assert content_of(rig.store(), info.seq)["contacts"][(1,)] == b'{"id": 1}'
    assert check(rig.store(), Level.DIGESTS).ok


def test_an_erasure_killed_anywhere_hides_all_or_nothing_and_the_next_prune_finishes_it() -> None:
    quiet = Faults.none()
    rig = Rig()
    build(rig, 4)
    erase(rig.store(quiet), ERASED, rig.clock.now())
    for step in range(2, len(quiet.calls), 3):
        rig = Rig()
        build(rig, 4)
        before, after = truth_without(rig, []), truth_without(rig, ERASED)
        with pytest.raises(Killed):
            erase(rig.store(Faults.at(step, Fault.KILL)), ERASED, rig.clock.now())
        store = rig.store()
        hidden = bool(store.head().erasures or store.head().erased)
        assert {seq: content_of(store, seq) for seq in after} == (after if hidden else before)
        rig.clock.advance(timedelta(days=1))
        plan_prune(rig.store(), rig.clock.now()).execute(confirmed=True)
        store = rig.store()
        assert store.head().erasures == ()
        assert {seq: content_of(store, seq) for seq in after} == (after if hidden else before)
        assert check(store, Level.DIGESTS).ok


def test_nothing_is_erased_under_an_open_run() -> None:
    rig = Rig()
    build(rig)
    writing = rig.open_run("run_open")
    with pytest.raises(BusyError):
        erase(rig.store(), ERASED, rig.clock.now())
    writing.abandon()


def test_after_resealing_and_a_grace_the_old_key_is_not_needed() -> None:
    rig = Rig()
    build(rig)
    old, _ = memory_scope(rig.account).current()
    expected = truth_without(rig, [])
    scope = memory_scope(rig.account, epochs=2)
    new, _ = scope.current()
    assert new != old
    store = Store.open(StoreGround(rig.objects, rig.tables.open(ROOTS), scope, rig.clock), rig.source)
    assert reseal(store).tasks > 5
    assert {seq: content_of(store, seq) for seq in expected} == expected
    assert check(store, Level.DIGESTS).ok
    for pack, ref in store.head().packs.items():
        assert rig.objects.get(store.place.pack(ref.run, pack), 8, 8) == new
    use = keys_in_use(store)
    assert not use.needs_only(new), "large attachments, copies and garbage are under the old key still"
    with pytest.raises(KeyUnavailable):
        Store.open(rig.ground(), rig.source)
    store.open_run("run_after", owner="worker", lease=LEASE).abandon()
