"""Large attachments follow a new key: in bounded memory, beside readers, and whenever they are broken off."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.objects.port import Objects
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import BusyError, DamagedError, ListBackupError
from listbackup.store import ROOTS, Store
from listbackup.store.check import Level, check
from listbackup.store.ground import StoreGround
from listbackup.store.prune import plan_prune
from listbackup.store.reattach import reseal_attachments
from listbackup.store.reseal import reseal
from listbackup.store.sweep import GRACE, plan_sweep, sweep
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Fault, Faults, Killed
from listbackup.testing.golden import build
from listbackup.testing.keys import memory_scope
from listbackup.testing.stores import LEASE, Rig, content_of

Files = dict[int, list[tuple[str, bytes]]]


def with_new_key(rig: Rig, faults: Faults | None = None, objects: Objects | None = None) -> Store:
    """The store of the rig after a new epoch of the data key began."""
    calm = rig.ground(faults) if faults is not None else rig.ground()
    ground = StoreGround(objects or calm.objects, calm.roots, memory_scope(rig.account, epochs=2), calm.clock)
    return Store.open(ground, rig.source)


def files_of(store: Store) -> Files:
    """Every attachment of every snapshot, with its bytes."""
    found: Files = {}
    for info in store.snapshots(trash=True):
        view = store.at(info.seq)
        for stream in ("contacts", "deals"):
            for record in view.scan(stream):
                for one in view.attachments(stream, record.key):
                    found.setdefault(info.seq, []).append((one.name, b"".join(view.open_attachment(one.id))))
    return found


def blob_keys(store: Store, rig: Rig) -> set[bytes]:
    return {rig.objects.get(info.name, 8, 8) for info in rig.objects.list(store.place.prefix + "b/")}


def test_every_large_attachment_is_sealed_anew_and_after_a_grace_nothing_is_left_under_the_old_key() -> None:
    rig = Rig()
    build(rig)
    before, contents = files_of(rig.store()), {info.seq: content_of(rig.store(), info.seq) for info in rig.store().snapshots(trash=True)}
    assert any(len(data) > 1024 * 1024 for files in before.values() for _, data in files)
    store = with_new_key(rig)
    new, _ = store.ground.keys.current()
    done = reseal_attachments(store)
    assert done.count >= 2
    assert reseal_attachments(store).count == 0, "once is enough"
    assert store.head().open == {}
    assert files_of(store) == before
    assert {seq: content_of(store, seq) for seq in contents} == contents
    assert check(store, Level.DIGESTS).ok
    reseal(store)
    for _ in range(4):
        rig.clock.advance(GRACE + timedelta(hours=1))
        sweep(store, plan_sweep(store, rig.clock.now()))
        store.root.edit(lambda head: head)
    assert blob_keys(store, rig) == {new}
    old = {info.name for info in rig.objects.list(store.place.prefix) if rig.objects.get(info.name, 8, 8) != new}
    assert old <= {store.place.name(copy.name) for copy in store.head().copies}, "only copies of HEAD, which newer ones push out"
    assert files_of(with_new_key(rig)) == before


def test_the_next_run_compares_with_what_is_there_now() -> None:
    rig = Rig()
    build(rig)
    before = files_of(rig.store())
    store = with_new_key(rig)
    reseal_attachments(store)
    seq = max(before)
    (content,) = [content_of(store, seq)]
    writing = store.open_run("run_after", owner="w", lease=LEASE)
    writer = writing.stream("contacts")
    keys = list(content["contacts"])
    writer.write(keys, [content["contacts"][key] for key in keys])
    writer.finish(listing=True, complete=True)
    info = writing.commit(rig.clock.now(), b"")
    assert (info.streams["contacts"].added, info.streams["contacts"].changed, info.streams["contacts"].removed) == (0, 0, 0)
    assert check(store, Level.DIGESTS).ok
    assert files_of(store)[info.seq] == before[seq]


@pytest.mark.parametrize("fault", [Fault.KILL, Fault.KILL_AFTER, Fault.BEFORE, Fault.LOST_ANSWER])
def test_broken_off_at_any_call_it_harms_nothing_and_the_next_try_ends_it(fault: Fault) -> None:
    quiet = Faults.none()
    rig = Rig()
    build(rig, 5)
    reseal_attachments(with_new_key(rig, quiet))
    first = [Fault.KILL, Fault.KILL_AFTER, Fault.BEFORE, Fault.LOST_ANSWER].index(fault) + 1
    for step in range(first, len(quiet.calls), max(1, len(quiet.calls) // 5)):
        rig = Rig()
        build(rig, 5)
        before = files_of(rig.store())
        with suppress(Killed, ListBackupError):
            reseal_attachments(with_new_key(rig, Faults.at(step, fault)))
        assert files_of(with_new_key(rig)) == before
        rig.clock.advance(timedelta(hours=1))
        store = with_new_key(rig)
        reseal_attachments(store)
        assert files_of(store) == before
        assert check(store, Level.DIGESTS).ok
        rig.clock.advance(GRACE + timedelta(days=4))
        plan_prune(store, rig.clock.now()).execute(confirmed=True)
        left = files_of(store)
        assert len(left) >= 3
        assert left == {seq: before[seq] for seq in left}


def test_under_an_open_run_nothing_is_copied() -> None:
    rig = Rig()
    build(rig)
    store = with_new_key(rig)
    writing = store.open_run("run_open", owner="w", lease=LEASE)
    count = len(list(rig.objects.list(store.place.prefix + "b/")))
    with pytest.raises(BusyError):
        reseal_attachments(store)
    assert len(list(rig.objects.list(store.place.prefix + "b/"))) == count
    writing.abandon()


def test_an_attachment_that_is_damaged_is_said_and_the_others_stay_as_they_are() -> None:
    rig = Rig()
    build(rig, 4)
    name = next(iter(rig.objects.list(rig.store().place.prefix + "b/"))).name
    data = bytearray(rig.objects.get(name))
    data[300] ^= 1
    rig.objects.delete(name)
    rig.objects.put(name, bytes(data))
    with pytest.raises(DamagedError):
        reseal_attachments(with_new_key(rig))


def test_memory_does_not_grow_with_the_attachment(tmp_path: Path) -> None:
    clock, tables = ManualClock(), MemoryTables(ManualClock())
    old, new = (
        StoreGround(FilesObjects(tmp_path), tables.open(ROOTS), memory_scope("acc_test", epochs=epochs), clock) for epochs in (1, 2)
    )
    store = Store.create(old, "src_test")
    chunk = bytes(range(256)) * 4096

    def large() -> Iterator[bytes]:
        for number in range(48):
            yield number.to_bytes(4, "big") + chunk

    writing = store.open_run("run_1", owner="w", lease=LEASE)
    writing.stream("contacts").write([(1,)], [b'{"id": 1}'])
    writing.attach("contacts", (1,), "film", "film.mp4", "video/mp4", large())
    writing.stream("contacts").finish(listing=True, complete=True)
    writing.commit(clock.now(), b"")
    store = Store.open(new, "src_test")
    tracemalloc.start()
    assert reseal_attachments(store).size_bytes > 48 * 1024 * 1024
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 36 * 1024 * 1024
