"""Merging, expiring, pruning and checking a store leaves every retained snapshot as it was."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from listbackup.base.errors import BackendError, BusyError, DamagedError, Interrupted, NotFound, OutOfSpace
from listbackup.store import ROOTS, Key, Store, compact
from listbackup.store.basemerge import merge_base
from listbackup.store.check import Kind, Level, check
from listbackup.store.compact import FAN_OUT, MOST_SEGMENTS, compact_tiers
from listbackup.store.jobs import CLAIM, LEASE, JobLost, job
from listbackup.store.policy import Policy
from listbackup.store.prune import plan_prune
from listbackup.store.rebuild import Origin, rebuild_head
from listbackup.store.retention import NeedsConfirmation, clear_suspicion, expire, hold, plan_for, purge, release, undelete
from listbackup.store.sweep import GRACE, plan_sweep, sweep
from listbackup.testing.faults import Fault, Faults
from listbackup.testing.golden import RUNS, build
from listbackup.testing.mistakes import Mistake, changed, planted
from listbackup.testing.stores import Rig, content_of

Content = dict[str, dict[Key, bytes]]


def records(dice: random.Random, previous: dict[Key, bytes]) -> dict[Key, bytes]:
    """The records of the next run: a few changed, gone and new."""
    content = dict(previous)
    for _ in range(6):
        key: Key = (dice.randrange(60),)
        if dice.random() < 0.25:
            content.pop(key, None)
        else:
            content[key] = b'{"id": %d, "v": %d}' % (key[0], dice.getrandbits(30))
    return content


def life(rig: Rig, runs: int, seed: int = 1) -> dict[int, Content]:
    """So many runs; what each snapshot must hold for ever."""
    dice, content, truth = random.Random(seed), {}, {}
    for run in range(runs):
        content = records(dice, content)
        info = rig.backup(f"run_{seed}_{run}", {"things": content})
        truth[info.seq] = {"things": content}
    return truth


def holds(store: Store, truth: dict[int, Content]) -> None:
    for info in store.snapshots():
        assert content_of(store, info.seq) == truth[info.seq], info.seq
    report = check(store, Level.DIGESTS)
    assert report.ok, report.findings


def test_tiers_keep_the_segments_few_and_every_snapshot_exact() -> None:
    rig = Rig()
    truth = life(rig, 3 * FAN_OUT + 5)
    compact_tiers(rig.store())
    assert len(rig.store().head().streams["things"].segments) <= MOST_SEGMENTS // 2
    holds(rig.store(), truth)


def test_a_base_merge_keeps_every_snapshot_exact_and_parts_history_from_what_lives() -> None:
    rig = Rig()
    truth = life(rig, 20)
    merge_base(rig.store(), "things", part_bytes=500)
    history, keyframe = rig.store().head().streams["things"].segments
    assert (history.full, keyframe.full) == (False, True)
    assert keyframe.rows == len(truth[20]["things"])
    holds(rig.store(), truth)


def test_the_newest_snapshot_is_read_without_its_past() -> None:
    rig = Rig()
    truth = life(rig, 20)
    merge_base(rig.store(), "things", part_bytes=500)
    head = rig.store().head()
    history, keyframe = head.streams["things"].segments
    for pack in {part.pack for part in history.parts} - {part.pack for part in keyframe.parts}:
        rig.objects.delete(f"{rig.account}/{rig.source}/p/{head.packs[pack].run}/{pack}")
    assert content_of(rig.store(), 20) == truth[20]
    assert rig.store().at(20).get("things", (10**6,)) is None
    with pytest.raises(DamagedError):
        content_of(rig.store(), 19)


def test_a_base_merge_that_is_broken_off_goes_on_where_it_was() -> None:
    rig = Rig()
    content: dict[Key, bytes] = {(number,): b'{"id": %d}' % number for number in range(4000)}
    truth: dict[int, Content] = {}
    for run in range(4):
        content = content | {(number,): b'{"id": %d, "run": %d}' % (number, run) for number in range(run, 4000, 7)}
        truth[rig.backup(f"run_{run}", {"things": content}).seq] = {"things": content}

    def stop(_done: int, _total: int) -> None:
        raise Interrupted("stop")

    with pytest.raises(Interrupted):
        merge_base(rig.store(), "things", stop, part_bytes=300)
    truth[rig.backup("run_between", {"things": content}).seq] = {"things": content}
    assert {entry.kind for entry in rig.store().head().open.values()} == {"base"}
    seen: list[int] = []
    merge_base(rig.store(), "things", lambda done, _total: seen.append(done), part_bytes=300)
    assert len(seen) >= 2
    assert seen[-1] < 4000 + 3 * 580, "what was merged before the stop was not merged again"
    assert rig.store().head().open == {}
    holds(rig.store(), truth)


def tiers_merged_beside_a_base(moment: int, *, swept: bool = False) -> tuple[Rig, dict[int, Content]]:
    """A base merge at whose storage call of this number another worker merges tiers, and sweeps when the grace is over."""
    rig = Rig()
    truth = life(rig, FAN_OUT - 1)

    def merge_tiers(number: int, _call: str) -> None:
        if number == moment:
            rig.clock.advance(
                CLAIM + LEASE + timedelta(hours=1)
            )  # the base merge has stood still for so long that its inputs are anybody's again
            with changed(compact, "FAN_OUT", 2):
                assert compact_tiers(rig.store()).tasks
            if swept:
                rig.clock.advance(GRACE + timedelta(hours=1))
                assert sweep(rig.store(), plan_sweep(rig.store(), rig.clock.now()))

    beside = Faults(merge_tiers)
    with suppress(JobLost):
        merge_base(rig.store(beside), "things")
    assert len(beside.calls) > moment, "the tiers were merged while the base was"
    return rig, truth


@pytest.mark.parametrize("moment", range(12))
def test_a_base_merge_labels_just_what_it_merges_whenever_tiers_are_merged_beside_it(moment: int) -> None:
    rig, truth = tiers_merged_beside_a_base(moment)
    holds(rig.store(), truth)
    merge_base(rig.store(), "things")
    assert {(segment.lo, segment.hi) for segment in rig.store().head().streams["things"].segments} == {(0, FAN_OUT - 1)}
    holds(rig.store(), truth)


@pytest.mark.parametrize("moment", range(12))
def test_a_base_merge_whose_inputs_are_merged_and_swept_is_lost_and_the_store_not_called_damaged(moment: int) -> None:
    rig, truth = tiers_merged_beside_a_base(moment, swept=True)
    holds(rig.store(), truth)


@pytest.mark.parametrize("moment", range(0, 30, 2))
def test_runs_that_merge_tiers_beside_a_base_merge_cost_it_nothing(moment: int) -> None:
    """Whenever other runs commit and tidy up after themselves, the base merge ends with what it began with, and their tiers are merged too."""
    rig = Rig()
    truth = life(rig, FAN_OUT - 1)
    (content,) = list(truth[max(truth)].values())
    merged = []

    def run_beside(number: int, _call: str) -> None:
        if number == moment:
            for run in range(FAN_OUT + 1):
                truth[rig.backup(f"run_beside_{run}", {"things": content | {(90_000 + run,): b'{"id": 90000}'}}).seq] = {
                    "things": content | {(90_000 + run,): b'{"id": 90000}'}
                }
                with changed(compact, "FAN_OUT", 4):
                    merged.append(compact_tiers(rig.store()).tasks)

    beside = Faults(run_beside)
    merge_base(rig.store(beside), "things")
    assert len(beside.calls) > moment
    assert sum(merged) >= 2
    assert rig.store().head().open == {}
    segments = rig.store().head().streams["things"].segments
    assert segments[0].lo == 0
    holds(rig.store(), truth)


def test_a_base_merge_that_was_broken_off_keeps_its_segments_for_a_day_and_then_lets_go() -> None:
    rig = Rig()
    truth = life(rig, FAN_OUT - 1)

    def stop(_done: int, _total: int) -> None:
        raise Interrupted("stop")

    with pytest.raises(Interrupted):
        merge_base(rig.store(), "things", stop, part_bytes=300)
    with changed(compact, "FAN_OUT", 2):
        assert compact_tiers(rig.store()).tasks == 0
        rig.clock.advance(CLAIM + timedelta(minutes=1))
        assert compact_tiers(rig.store()).tasks == 1
    holds(rig.store(), truth)
    merge_base(rig.store(), "things")
    holds(rig.store(), truth)


def test_a_base_merge_that_labels_more_than_it_merges_is_noticed_and_readers_still_leave_nothing_out() -> None:
    """The mistake: labels from one reading of HEAD, inputs from the next."""
    noticed = 0
    for moment in range(8):
        with planted(Mistake.LATER_HEAD):
            rig, truth = tiers_merged_beside_a_base(moment)
        assert {info.seq: content_of(rig.store(), info.seq) for info in rig.store().snapshots()} == truth
        noticed += any("overlap" in finding.what for finding in check(rig.store(), Level.HEAD).findings)
    assert noticed


def test_a_second_job_of_a_kind_waits_for_the_first() -> None:
    rig = Rig()
    with job(rig.store(), "compact"), pytest.raises(BusyError), job(rig.store(), "compact"):
        pass


def test_an_expired_snapshot_rests_in_the_trash_and_can_be_taken_back() -> None:
    rig = Rig()
    truth = life(rig, 8)
    store, now = rig.store(), rig.clock.now()
    plan = plan_for(store, Policy(last=4), now)
    assert expire(store, plan) == (1, 2, 3, 4)
    assert [info.seq for info in store.snapshots()] == [5, 6, 7, 8]
    assert purge(store, now) == ()
    undelete(store, 3)
    assert content_of(store, 3) == truth[3]
    assert purge(store, now + timedelta(days=8), confirmed=True) == (1, 2, 4)
    with pytest.raises(NotFound):
        undelete(store, 1)
    holds(rig.store(), truth)


def test_a_held_snapshot_and_the_newest_never_go() -> None:
    rig = Rig()
    life(rig, 12)
    store = rig.store()
    hold(store, 2, "an audit")
    expire(store, plan_for(store, Policy(last=1), rig.clock.now()), confirmed=True)
    assert [info.seq for info in store.snapshots()] == [2, 10, 11, 12]
    release(store, 2)
    assert 2 in plan_for(store, Policy(last=1), rig.clock.now()).dropped


def test_what_was_held_or_became_the_newest_after_the_plan_was_made_stays() -> None:
    """A plan is shown to a person and carried out later: what may go is looked at again in the write that lets it go."""
    rig = Rig()
    life(rig, 12)
    store = rig.store()
    plan = plan_for(store, Policy(last=1), rig.clock.now())
    assert {3, 9} <= set(plan.dropped)
    hold(store, 3, "an audit")
    assert 3 not in expire(store, plan, confirmed=True)
    newest = tuple(replace(one, reasons=()) for one in plan.decisions if one.seq == 12)
    assert expire(store, replace(plan, decisions=newest), confirmed=True) == ()
    assert {3, 12} <= {info.seq for info in store.snapshots()}


def test_a_suspect_snapshot_freezes_retention_until_a_person_clears_it() -> None:
    rig = Rig()
    content: dict[Key, bytes] = {(number,): b'{"id": %d}' % number for number in range(40)}
    for run in range(6):
        rig.backup(f"run_{run}", {"things": content})
    rig.backup("run_wiped", {"things": {(1,): b'{"id": 1}'}})
    store = rig.store()
    assert store.snapshots()[-1].suspect
    assert plan_for(store, Policy(last=1), rig.clock.now()).dropped == ()
    clear_suspicion(store, 7)
    assert plan_for(store, Policy(last=1), rig.clock.now()).dropped != ()


def test_nothing_is_deleted_unattended_when_the_clock_jumped() -> None:
    rig = Rig()
    life(rig, 8)
    plan_prune(rig.store(), rig.clock.now(), Policy(last=5)).execute()
    rig.clock.advance(timedelta(days=400))
    plan = plan_prune(rig.store(), rig.clock.now(), Policy(last=5))
    with pytest.raises(NeedsConfirmation):
        plan.execute()
    assert len(rig.store().snapshots(trash=True)) == 8
    assert plan.execute(confirmed=True).purged == (1, 2, 3)


def test_a_prune_plan_touches_nothing_and_its_execution_frees_what_it_said() -> None:
    rig = Rig()
    truth = life(rig, 20)
    rig.clock.advance(GRACE)
    before = {info.name for info in rig.objects.list("")}
    plan = plan_prune(rig.store(), rig.clock.now())
    stats = plan.stats()
    assert {info.name for info in rig.objects.list("")} == before
    assert stats.deleting > 0
    assert plan.execute(confirmed=True).deleted == stats.deleting
    holds(rig.store(), truth)


def test_on_a_full_disk_what_is_garbage_goes_before_anything_is_merged() -> None:
    rig = Rig()
    truth = life(rig, 20)
    rig.clock.advance(GRACE)
    faults = Faults(lambda _, call: Fault.FULL if call == "put" and "delete" not in faults.calls else None)
    plan = plan_prune(rig.store(faults), rig.clock.now())
    stats = plan.stats()
    assert stats.tier_merges + stats.base_merges > 0
    assert plan.execute(confirmed=True).deleted == stats.deleting > 0
    assert faults.met
    holds(rig.store(), truth)


def test_a_full_disk_without_garbage_is_said() -> None:
    rig = Rig()
    truth = life(rig, 20)
    faults = Faults(lambda _, call: Fault.FULL if call == "put" else None)
    with pytest.raises(OutOfSpace):
        plan_prune(rig.store(faults), rig.clock.now()).execute(confirmed=True)
    holds(rig.store(), truth)


def test_a_failed_listing_deletes_nothing() -> None:
    rig = Rig()
    life(rig, 12)
    rig.clock.advance(timedelta(days=30))
    before = {info.name for info in rig.objects.list("")}

    unlisted = Faults(lambda _, call: Fault.REFUSED if call == "list" else None)
    with pytest.raises(BackendError, match="list was refused"):
        plan_prune(rig.store(unlisted), rig.clock.now())
    unlisted.armed = False
    plan = plan_prune(rig.store(unlisted), rig.clock.now())
    unlisted.armed = True
    with pytest.raises(BackendError, match="list was refused"):
        plan.execute(confirmed=True)
    assert {info.name for info in rig.objects.list("")} >= before


def test_what_a_closed_run_staged_is_never_built_upon() -> None:
    rig = Rig()
    writing = rig.open_run("run_a")
    writing.stream("things").write([(1,)], [b'{"id": 1}'])
    writing.checkpoint(b"here")
    writing.close()
    rig.clock.advance(timedelta(days=1))
    other = rig.open_run("run_b")
    other.abandon()
    again = rig.open_run("run_a")
    assert again.resumed is None
    again.abandon()


def test_the_sweep_takes_what_a_dead_run_left_behind_but_nothing_of_a_live_one() -> None:
    rig = Rig()
    dead = rig.open_run("run_dead")
    dead.stream("things").write([(1,)], [b'{"id": 1}'])
    dead.checkpoint(b"")
    dead.close()
    rig.clock.advance(timedelta(days=10))
    store = rig.store()
    assert sweep(store, plan_sweep(store, rig.clock.now())) == 0
    live = rig.open_run("run_live")
    live.stream("things").write([(2,)], [b'{"id": 2}'])
    live.checkpoint(b"")
    assert sweep(store, plan_sweep(store, rig.clock.now())) == 2
    live.stream("things").finish(listing=True, complete=True)
    assert content_of(rig.store(), live.commit(rig.clock.now(), b"").seq) == {"things": {(2,): b'{"id": 2}'}}


def test_a_large_attachment_goes_a_grace_after_the_last_snapshot_that_saw_it() -> None:
    rig = Rig()
    store = build(rig)
    blobs = {info.name for info in rig.objects.list(f"{rig.account}/{rig.source}/b/")}
    assert len(blobs) == 3
    for info in store.snapshots():
        if info.held:
            release(store, info.seq)
    expire(store, plan_for(store, Policy(last=1, min_good=1), rig.clock.now()), confirmed=True)
    for _ in range(4):
        rig.clock.advance(timedelta(days=8))
        plan_prune(rig.store(), rig.clock.now()).execute(confirmed=True)
    left = {info.name for info in rig.objects.list(f"{rig.account}/{rig.source}/b/")}
    assert len(left) == 1
    view = rig.store().at(RUNS)
    (contract,) = view.attachments("deals", ("north", 2))
    assert sum(map(len, view.open_attachment(contract.id))) == contract.size_bytes


@pytest.mark.parametrize("origin", list(Origin))
def test_a_lost_head_is_put_back(origin: Origin) -> None:
    rig = Rig()
    store = build(rig)
    truth = {info.seq: content_of(store, info.seq) for info in store.snapshots(trash=True)}
    rig.tables.open(ROOTS).delete(f"{rig.account}/{rig.source}", "head")
    rebuilt = rebuild_head(rig.ground(), rig.source, origin=origin)
    assert (rebuilt.origin, rebuilt.newest_seq) == (origin, RUNS)
    again = rig.store()
    assert {info.seq: content_of(again, info.seq) for info in again.snapshots()}.items() <= truth.items()
    assert check(again, Level.DIGESTS).ok
    rig.backup("run_after", {"contacts": {(1,): b'{"id": 1}'}})


def test_check_names_a_missing_and_a_damaged_object_and_what_to_do() -> None:
    rig = Rig()
    build(rig)
    packs = sorted(f"{rig.account}/{rig.source}/p/{ref.run}/{pack}" for pack, ref in rig.store().head().packs.items())
    rig.objects.replace(packs[0], rig.objects.get(packs[0])[:-1])
    rig.objects.delete(packs[1])
    found = {finding.where: finding for finding in check(rig.store(), Level.LISTING).findings if not finding.harmless}
    assert {where: finding.kind for where, finding in found.items()} == {packs[0]: Kind.OBJECT_SIZE, packs[1]: Kind.OBJECT_MISSING}
    assert all(finding.remedy for finding in found.values())


def test_a_clean_check_of_the_digests_marks_the_snapshots_as_verified() -> None:
    rig = Rig()
    life(rig, 3)
    assert not any(info.verified for info in rig.store().snapshots())
    check(rig.store(), Level.DIGESTS, note_at=rig.clock.now())
    assert all(info.verified for info in rig.store().snapshots())


def test_thirty_rolling_checks_read_everything_once() -> None:
    rig = Rig()
    build(rig)
    whole = check(rig.store(), Level.READ_DATA).read_bytes
    assert sum(check(rig.store(), Level.READ_DATA, rolling_day=day).read_bytes for day in range(100, 130)) == whole
