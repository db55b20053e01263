"""Every object of a store, flipped, cut, moved and rolled back: always noticed, never read as something else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from listbackup.base.errors import StoreError
from listbackup.store import ROOTS, Key
from listbackup.store.blobs import read_blob
from listbackup.store.check import Kind, Level, check
from listbackup.store.ground import Place
from listbackup.store.merge import part_blocks
from listbackup.store.pack import open_pack
from listbackup.store.sealed import HEADER_BYTES, ObjectType, check_front, open_small
from listbackup.store.store import Store
from listbackup.testing.golden import build
from listbackup.testing.stores import Rig, content_of

RUNS = 5
Opener = Callable[[bytes], object]


@pytest.fixture(scope="module")
def rig() -> Rig:
    made = Rig()
    build(made, RUNS)
    return made


def opener(rig: Rig, name: str) -> Opener:
    """What reads all of this object and gives its content, from bytes that may be anything."""
    keys, place = rig.ground().keys, rig.ground().place(rig.source)
    folder = name.removeprefix(place.prefix).partition("/")[0]
    if folder == "p":
        return lambda data: pack_rows(rig, place, name, data)
    if folder == "b":
        _, _, run, blob = name.rsplit("/", 3)
        size = sum(map(len, read_blob(rig.ground(), place, run, blob, blob_size(rig, name))))

        def blob_bytes(data: bytes) -> bytes:
            other = Rig(account=rig.account, source=rig.source)
            other.objects.put(name, data)
            check_front(data[:HEADER_BYTES], data, name)
            return b"".join(read_blob(other.ground(), place, run, blob, size))

        return blob_bytes
    kind = ObjectType.SPILL if name.endswith("-s") else ObjectType.HEAD
    return lambda data: open_small(keys, place.bound, kind, data, where=name)


def blob_size(rig: Rig, name: str) -> int:
    view = rig.store().at(RUNS)
    sizes = {b"".join(view.open_attachment(info.id)): info.size_bytes for info in view.attachments("deals", ("north", 2))}
    return next(iter(sizes.values()))


def pack_rows(rig: Rig, place: Place, name: str, data: bytes) -> object:
    check_front(data[:HEADER_BYTES], data, name)
    pack = bytes.fromhex(name.rsplit("/", 1)[1])
    reader = open_pack(rig.ground().keys, place.bound, pack, len(data), data, lambda at, size: data[at : at + size], name)
    return [
        (part.stream, part.lo, part.hi, rows.codes, rows.seq.tolist(), rows.op.tolist(), values)
        for part in reader.tail.parts
        for rows, values in part_blocks(reader, part)
    ]


def sealed_objects(rig: Rig) -> list[str]:
    return [info.name for info in rig.objects.list(f"{rig.account}/")]


def noticed(read: Opener, data: bytes) -> bool:
    try:
        read(data)
    except StoreError:
        return True
    return False


def places(data: bytes, dice: random.Random) -> Iterator[int]:
    """Every byte of headers, tails and small objects, one in 512 of the rest."""
    rim = 4096
    yield from range(min(rim, len(data)))
    yield from range(max(rim, len(data) - rim), len(data))
    yield from (start + dice.randrange(512) for start in range(rim, max(rim, len(data) - rim - 512), 512))


def test_a_flipped_bit_in_any_object_is_noticed(rig: Rig) -> None:
    dice = random.Random(1)
    flips = missed = 0
    for name in sealed_objects(rig):
        data, read = rig.objects.get(name), opener(rig, name)
        whole = read(data)
        assert whole
        step = 1 if len(data) < 20_000 else 97  # the large attachment is slow to open
        for place in list(places(data, dice))[::step]:
            damaged = bytearray(data)
            damaged[place] ^= 1 << dice.randrange(8)
            flips += 1
            missed += not noticed(read, bytes(damaged))
    assert flips > 10_000
    assert missed == 0


def test_an_object_cut_anywhere_is_noticed(rig: Rig) -> None:
    for name in sealed_objects(rig):
        data, read = rig.objects.get(name), opener(rig, name)
        step = 7 if len(data) < 20_000 else 20_011
        assert all(noticed(read, data[:size]) for size in range(0, len(data), step))
        assert noticed(read, data + b"\x00")


def test_an_object_in_the_place_of_another_is_noticed(rig: Rig) -> None:
    foreign = Rig(source="src_other")
    build(foreign, RUNS)
    stranger = Rig(account="acc_other")
    build(stranger, RUNS)
    names = sealed_objects(rig)
    for name, other in pairwise(sorted(names, key=lambda each: each.split("/")[2])):
        if name.split("/")[2] == other.split("/")[2] == "p":
            assert noticed(opener(rig, name), rig.objects.get(other))
    for elsewhere in (foreign, stranger):
        theirs = sorted(sealed_objects(elsewhere))
        for name, other in zip(sorted(names), theirs, strict=False):
            assert noticed(opener(rig, name), elsewhere.objects.get(other))


def test_reading_a_damaged_store_gives_the_truth_or_an_error_and_check_names_the_object(rig: Rig) -> None:
    dice = random.Random(2)
    truth = {seq: content_of(rig.store(), seq) for seq in (2, RUNS)}
    packs = [name for name in sealed_objects(rig) if "/p/" in name]
    for _ in range(120):
        name = dice.choice(packs)
        whole = rig.objects.get(name)
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        rig.objects.replace(name, bytes(damaged))
        try:
            for seq, content in truth.items():
                assert read_or_refuse(rig, seq) in (content, None)
            report = check(rig.store(), Level.READ_DATA)
            named = [finding for finding in report.findings if finding.where == name and not finding.harmless]
            assert named or name.removeprefix(f"{rig.account}/{rig.source}/") in {each.name for each in rig.store().head().garbage}
        finally:
            rig.objects.replace(name, whole)
    assert check(rig.store(), Level.DIGESTS).ok


def read_or_refuse(rig: Rig, seq: int) -> dict[str, dict[Key, bytes]] | None:
    try:
        return content_of(rig.store(), seq)
    except StoreError:
        return None


def test_a_root_that_was_rolled_back_is_noticed() -> None:
    rig = Rig()
    table = rig.tables.open(ROOTS)
    build(rig, 2)
    old = table.find(f"{rig.account}/{rig.source}", "head")
    assert old is not None
    rig.backup("run_later", {"contacts": {(1,): b'{"id": 1}'}})
    table.put(old)
    assert {finding.kind for finding in check(rig.store(), Level.HEAD).findings} == {Kind.HEAD_ROLLED_BACK}
    with pytest.raises(StoreError):
        rig.open_run("run_after")


def test_a_root_of_another_source_is_not_accepted() -> None:
    rig, other = Rig(), Rig(source="src_other")
    build(rig, 2)
    item = rig.tables.open(ROOTS).find(f"{rig.account}/{rig.source}", "head")
    assert item is not None
    other.tables.open(ROOTS).put({**item, "pk": f"{other.account}/{other.source}"})
    with pytest.raises(StoreError):
        Store.open(other.ground(), other.source)
