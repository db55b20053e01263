"""What a purge freed is estimated from a few ranges of keys, and a base is rewritten only when that pays."""

from __future__ import annotations

from datetime import timedelta

from listbackup.store.basemerge import WAIT, plan_bases, plan_worthy
from listbackup.store.compact import compact_tiers
from listbackup.store.deadrows import dead_share, superseded_share
from listbackup.store.model import Key
from listbackup.store.policy import TRASH, Policy
from listbackup.store.prune import plan_prune
from listbackup.store.retention import expire, plan_for, purge
from listbackup.store.sizes import Sizes
from listbackup.testing.stores import Rig, content_of

STREAM = "things"


def records(numbers: range, version: str) -> dict[Key, bytes]:
    return {(number,): b'{"id": %d, "is": "%s"}' % (number, version.encode()) for number in numbers}


def kept(runs: int, rows: int, touched: int, *, same: bool) -> Rig:
    """A store whose runs change the same few records again and again, or others each time; all but two snapshots are purged."""
    rig = Rig(sizes=Sizes(keys_rows=16))
    rig.backup("run_first", {STREAM: records(range(rows), "new")})
    for run in range(runs):
        start = 0 if same else run * touched
        rig.backup(f"run_{run}", {STREAM: records(range(start, start + touched), f"run {run}")}, listing=False)
    rig.clock.advance(timedelta(days=2))
    store = rig.store()
    expire(store, plan_for(store, Policy(last=2, min_good=1), rig.clock.now()), confirmed=True)
    rig.clock.advance(TRASH)
    assert purge(store, rig.clock.now(), confirmed=True)
    compact_tiers(store)
    return rig


def test_versions_that_only_purged_snapshots_saw_are_counted() -> None:
    store = kept(6, 100, 50, same=True).store()
    head = store.head()
    assert superseded_share(head, STREAM) == 300 / 400
    assert dead_share(store, head, STREAM, samples=1000) == 250 / 400  # half of the first run's and two other runs' rows are still seen
    assert plan_worthy(store, head) == (STREAM,)


def test_a_few_ranges_tell_about_what_all_of_them_tell() -> None:
    store = kept(6, 400, 200, same=True).store()
    head = store.head()
    exact = dead_share(store, head, STREAM, samples=1000)
    assert exact == 1000 / 1600
    assert abs(dead_share(store, head, STREAM) - exact) < 0.2


def test_a_prune_leaves_a_base_alone_whose_rewriting_would_free_little() -> None:
    rig = kept(4, 400, 20, same=False)
    store = rig.store()
    assert plan_worthy(store, store.head()) == ()
    before = store.head().streams[STREAM].segments
    done = plan_prune(store, rig.clock.now()).execute(confirmed=True)
    assert done.compacted.written_bytes == 0
    assert rig.store().head().streams[STREAM].segments == before


def test_what_was_dropped_is_gone_after_thirty_days_at_the_latest() -> None:
    rig = kept(4, 400, 20, same=False)
    assert plan_bases(rig.store().head(), rig.clock.now()) == ()
    rig.clock.advance(WAIT + timedelta(hours=1))
    store = rig.store()
    newest = content_of(store, store.head().last_seq)
    assert plan_bases(store.head(), rig.clock.now()) == (STREAM,)
    plan_prune(store, rig.clock.now()).execute(confirmed=True)
    store = rig.store()
    assert dead_share(store, store.head(), STREAM, samples=1000) == 0
    assert plan_bases(store.head(), rig.clock.now() + 2 * WAIT) == ()
    assert content_of(store, store.head().last_seq) == newest
