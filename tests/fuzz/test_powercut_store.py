"""Power cuts through a whole life of a store on files and SQLite: runs, checkpoints, attachments, compaction, expiry and prune."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.sqlite_file import SqliteFile, connect
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import ListBackupError, NotFound
from listbackup.store import ROOTS, Key, Store, StoreGround, StreamSpec
from listbackup.store.check import check
from listbackup.store.findings import Level
from listbackup.store.policy import Policy
from listbackup.store.prune import Pruned, plan_prune
from listbackup.testing.clock import ManualClock
from listbackup.testing.keys import memory_scope
from listbackup.testing.powercut import Operation, Outcome, Recorder, Sync, cut_everywhere
from listbackup.testing.powercut.sqlite import RecordingSqlite

SOURCE = "src_test"
SPEC = StreamSpec(key_fields=("id",))
Truth = Mapping[Key, bytes]


@contextlib.contextmanager
def opened(folder: Path, clock: ManualClock, connected: object = connect) -> Iterator[StoreGround]:
    """The ground that is kept in the folder, without a cache: that may be emptied at any time."""
    tables = SqliteTables(SqliteFile(folder / "control.db", clock=clock, connect=connected), clock=clock)  # type: ignore[arg-type]
    with contextlib.closing(FilesObjects(folder / "objects")) as objects, contextlib.closing(tables):
        yield StoreGround(objects, tables.open(ROOTS), memory_scope(), clock)


def truth_after(run: int) -> Truth:
    """The platform's records when run ``run`` (1-based) reads them: some change, some go, some come."""
    return {
        (number,): json.dumps({"id": number, "n": run if number % 4 == run % 4 else 0, "text": "x" * (number * 13 % 90)}).encode()
        for number in range(run * 2, run * 2 + 24)
    }


def back_up(ground: StoreGround, run: int) -> int:
    """One full run with a checkpoint in the middle and an attachment; the snapshot's number."""
    with contextlib.closing(Store.open(ground, SOURCE)) as store:
        writing = store.open_run(f"run_{run}", owner="worker", lease=timedelta(minutes=5))
        try:
            stream = writing.stream("contacts", SPEC)
            records = list(truth_after(run).items())
            stream.write([key for key, _ in records[:12]], [raw for _, raw in records[:12]])
            writing.checkpoint(b"half")
            stream.write([key for key, _ in records[12:]], [raw for _, raw in records[12:]])
            writing.attach("contacts", records[0][0], "photo", f"{run}.jpg", "image/jpeg", [b"photo %d" % run * 40], f"v{run}")
            stream.finish(listing=True, complete=True)
            info = writing.commit(ground.clock.now(), b"cursor", {})
        finally:
            writing.close()
        store.after_commit()
        return info.seq


def record(folder: Path, runs: int) -> list[Operation]:
    """The log of the life; each confirmed step is noted."""
    folder.mkdir()
    clock, recorder = ManualClock(), Recorder(folder)
    sqlite = RecordingSqlite(recorder)
    with recorder.recording(), opened(folder, clock, sqlite.connect) as ground:
        Store.create(ground, SOURCE).close()
        recorder.note(("created", 0))
        for run in range(1, runs + 1):
            seq = back_up(ground, run)
            recorder.note(("committed", seq))
            clock.advance(timedelta(hours=30))
        recorder.note(("pruning", 0))
        done: list[Pruned] = []
        for _ in range(3):  # expire into the trash, empty it, sweep what nobody needs
            with contextlib.closing(Store.open(ground, SOURCE)) as store:
                plan = plan_prune(store, clock.now(), Policy(last=1, min_good=1))
                done.append(plan.execute(confirmed=True))
            clock.advance(timedelta(days=8))
        recorder.note(("pruned", 0))
    assert any(one.compacted.tasks for one in done)
    assert any(one.deleted for one in done)
    return recorder.log


def judge(folder: Path, notes: Sequence[object]) -> str | None:
    said: list[tuple[str, int]] = [note for note in notes if isinstance(note, tuple)]
    committed = {seq for what, seq in said if what == "committed"}
    wanted = committed if ("pruning", 0) not in said else {max(committed)}
    try:
        with opened(folder, ManualClock()) as ground:
            try:
                store = Store.open(ground, SOURCE)
            except NotFound:
                return "the store is lost" if ("created", 0) in said else None
            with contextlib.closing(store):
                made = ("created", 0) in said  # before that, the bucket may lack its copy of the (empty) head
                return _wrong(store, wanted, max(committed, default=0) + 1, checked=made)
    except ListBackupError as error:
        return f"does not open: {error}"


def _wrong(store: Store, wanted: set[int], newest: int, *, checked: bool) -> str | None:
    kept = {info.seq for info in store.snapshots()}
    if not wanted <= kept or max(kept, default=0) > newest:
        return f"kept {sorted(kept)}, wanted {sorted(wanted)}"
    for seq in kept:
        view = store.at(seq)
        if {record.key: record.raw for record in view.scan("contacts")} != truth_after(seq):
            return f"snapshot {seq} differs"
        first = next(iter(truth_after(seq)))
        photos = {info.name: b"".join(view.open_attachment(info.id)) for info in view.attachments("contacts", first)}
        if photos.get(f"{seq}.jpg") != b"photo %d" % seq * 40:
            return f"the attachment of snapshot {seq} differs"
    report = check(store, Level.TAILS)
    return None if not checked or report.ok else f"check: {[finding for finding in report.findings if not finding.harmless]}"


def cut(log: Sequence[Operation], *, most_cuts: int | None = None, mixed: int = 1, stop_at: int | None = None) -> Outcome:
    return cut_everywhere(log, judge, most_cuts=most_cuts, mixed=mixed, stop_at=stop_at)


def test_a_snapshot_that_was_confirmed_survives_a_power_cut_anywhere(tmp_path: Path) -> None:
    outcome = cut(record(tmp_path / "live", 4), most_cuts=400)
    print(f"power cuts in a store: {outcome.cuts} cut points, {outcome.images} disks, {len(outcome.violations)} violations")
    assert outcome.violations == []


@pytest.mark.long
@pytest.mark.timeout(20_000)
def test_a_snapshot_that_was_confirmed_survives_a_power_cut_anywhere_in_a_long_life(tmp_path: Path) -> None:
    outcome = cut(record(tmp_path / "live", 12), mixed=4)
    print(f"power cuts in a store: {outcome.cuts} cut points, {outcome.images} disks, {len(outcome.violations)} violations")
    assert outcome.violations == []


@pytest.mark.parametrize("folders", [False, True])
def test_the_rig_notices_an_fsync_that_a_store_would_miss(tmp_path: Path, folders: bool) -> None:
    log = [one for one in record(tmp_path / "live", 2) if not isinstance(one, Sync) or one.is_folder != folders]
    assert cut(log, stop_at=1).violations
