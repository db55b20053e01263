"""A run that dies at any request goes on from its last checkpoint, and its snapshot is the same as if it had not died."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from listbackup.base.errors import BackendError, BusyError
from listbackup.store import AlreadyCommitted, RunLost, StreamSpec
from listbackup.store.sizes import Sizes
from listbackup.testing.faults import Fault, Faults, Killed
from listbackup.testing.stores import LEASE, Rig, batches, content_of

BEFORE = {(f"k{number:03}",): b'{"n": %d}' % number for number in range(60)}
AFTER = {key: raw for key, raw in BEFORE.items() if key[0][-1] != "7"} | {
    (f"k{number:03}",): b'{"new": %d}' % number for number in range(50, 90)
}
ORDER = random.Random(4).sample(sorted(AFTER), len(AFTER))


SMALL = Sizes(feed_bytes=1200, sort_bytes=1200, small_bytes=1200, pack_bytes=800)


def deliver(rig: Rig, faults: Faults) -> None:
    """The second run: everything in a mixed order, a checkpoint after every second page, an attachment."""
    run = rig.open_run("run_2", faults=faults)
    try:
        start = int(run.resumed.cursor) if run.resumed else 0
        things = run.stream("things", StreamSpec(key_fields=("id",)))
        for number, page in enumerate(batches(ORDER, 10)):
            if number < start:
                continue
            things.write(list(page), [AFTER[key] for key in page])
            run.attach("things", page[0], "/file", "a.txt", "text/plain", [b"page %d" % number], "v1")
            if number % 2:
                run.checkpoint(b"%d" % (number + 1))
        if "things" not in (run.resumed.finished if run.resumed else ()):
            things.finish(listing=True, complete=True)
        run.checkpoint(b"%d" % len(batches(ORDER, 10)))
        run.commit(rig.clock.now(), b"the end", {"mode": "full"})
    finally:
        run.close()


def steps() -> int:
    rig = Rig(sizes=SMALL)
    rig.backup("run_1", {"things": BEFORE})
    faults = Faults.none()
    deliver(rig, faults)
    return len(faults.calls)


@pytest.mark.parametrize("fault", [Fault.KILL, Fault.KILL_AFTER, Fault.LOST_ANSWER, Fault.BEFORE], ids=str)
def test_whatever_request_it_dies_at_the_snapshot_is_the_same(fault):
    for step in range(steps()):
        rig = Rig(sizes=SMALL)
        rig.backup("run_1", {"things": BEFORE})
        faults = Faults.at(step, fault)
        try:
            deliver(rig, faults)
        except (Killed, BackendError):
            with suppress(AlreadyCommitted):
                deliver(rig, Faults.none())
        store = rig.store()
        assert [info.seq for info in store.snapshots()] == [1, 2]
        assert content_of(store, 1) == {"things": BEFORE}
        assert content_of(store, 2) == {"things": AFTER}
        last = store.latest()
        counts = last.streams["things"]
        assert (counts.live, counts.added, counts.changed, counts.removed) == (len(AFTER), 30, 10, 5)
        view = store.at(2)
        for number, page in enumerate(batches(ORDER, 10)):
            (attachment,) = view.attachments("things", page[0])
            assert b"".join(view.open_attachment(attachment.id)) == b"page %d" % number


def test_a_live_run_of_another_worker_is_not_disturbed():
    rig = Rig()
    rig.open_run("run_1", owner="one")
    with pytest.raises(BusyError, match="free at"):
        rig.open_run("run_2", owner="two")
    with pytest.raises(BusyError):
        rig.open_run("run_1", owner="two")
    rig.clock.advance(LEASE + timedelta(seconds=1))
    assert rig.open_run("run_1", owner="two").resumed is None


def test_a_run_that_was_taken_over_cannot_commit_and_its_successor_can():
    rig = Rig()
    first = rig.open_run("run_1", owner="one")
    first.stream("things").write([("a",)], [b"1"])
    first.checkpoint(b"one")
    second = rig.open_run("run_1", owner="two", take_over=True)
    assert second.resumed.cursor == b"one"
    assert second.resumed.streams["things"].added == 1
    first.stream("things").write([("b",)], [b"2"])
    first.stream("things").finish(listing=True, complete=True)
    with pytest.raises(RunLost):
        first.commit(rig.clock.now(), b"")
    with pytest.raises(RunLost):
        first.heartbeat()
    second.stream("things").write([("c",)], [b"3"])
    second.stream("things").finish(listing=True, complete=True)
    assert second.commit(rig.clock.now(), b"").seq == 1
    assert content_of(rig.store(), 1) == {"things": {("a",): b"1", ("c",): b"3"}}


def test_an_expired_run_of_another_id_is_closed_by_the_next():
    rig = Rig()
    first = rig.open_run("run_1")
    first.stream("things").write([("a",)], [b"1"])
    first.checkpoint(b"")
    rig.clock.advance(LEASE + timedelta(seconds=1))
    rig.backup("run_2", {"things": {("b",): b"2"}})
    first.stream("things").finish(listing=True, complete=True)
    with pytest.raises(RunLost):
        first.commit(rig.clock.now(), b"")
    assert content_of(rig.store(), 1) == {"things": {("b",): b"2"}}


def test_a_heartbeat_keeps_the_run():
    rig = Rig()
    run = rig.open_run("run_1", owner="one")
    for _ in range(5):
        rig.clock.advance(LEASE * 0.9)
        run.heartbeat(LEASE)
    with pytest.raises(BusyError):
        rig.open_run("run_2", owner="two")


def test_an_abandoned_run_leaves_room_and_no_snapshot():
    rig = Rig()
    run = rig.open_run("run_1", owner="one")
    run.stream("things").write([("a",)], [b"1"])
    run.abandon()
    assert rig.store().snapshots() == []
    assert rig.backup("run_2", {"things": {}}).seq == 1


def test_a_complete_run_is_not_opened_again():
    rig = Rig()
    rig.backup("run_1", {"things": BEFORE})
    with pytest.raises(AlreadyCommitted) as told:
        rig.open_run("run_1")
    assert told.value.snapshot.seq == 1


def test_a_rolled_back_table_is_noticed():
    rig = Rig()
    rig.backup("run_1", {"things": BEFORE})
    table = rig.tables.open(rig.ground().roots.spec)
    old = dict(table.find("acc_test/src_test", "head"))
    rig.backup("run_2", {"things": AFTER})
    table.put(old)
    with pytest.raises(Exception, match="went back from generation"):
        rig.open_run("run_3")
