"""A frozen store of format 1: today's code and the stand-alone reader give what it held when it was frozen; damaged, they say so."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from listbackup.backends.keyring.store_kit import parse_store_kit
from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import StoreError
from listbackup.store import ROOTS, Store, StoreGround
from listbackup.store.check import Kind, Level, check
from listbackup.store.head import Head
from listbackup.store.rebuild import rebuild_head
from listbackup.store.sealed import ObjectType, open_small
from listbackup.testing.clock import ManualClock

HERE = Path(__file__).parent / "store-v1"
LISTS = Path(__file__).parent / "store-v1-lists"  # the same, with a head whose lists are spilled
READER = Path(__file__).parents[2] / "tools" / "listbackup_reader.py"
EXPECTED = json.loads((HERE / "expected.json").read_text())
SOURCE = EXPECTED["source"]
Damage = Callable[[MemoryObjects], str]


both = pytest.mark.parametrize("here", [HERE, LISTS], ids=lambda here: here.name)


def expected_of(here: Path) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    """What a frozen store must say, by snapshot."""
    snapshots: dict[str, dict[str, dict[str, dict[str, str]]]] = json.loads((here / "expected.json").read_text())["snapshots"]
    return snapshots


def thawed(here: Path = HERE) -> StoreGround:
    """The frozen objects in memory, their head put back from the bucket's mirror."""
    clock = ManualClock()
    objects = MemoryObjects(clock)
    root = here / "objects"
    for path in sorted(root.rglob("*")):
        if path.is_file():
            objects.put(path.relative_to(root).as_posix(), path.read_bytes())
    ground = StoreGround(objects, MemoryTables(clock).open(ROOTS), parse_store_kit((here / "kit.json").read_bytes()).scope(), clock)
    rebuild_head(ground, SOURCE)
    return ground


def run_reader(*arguments: str, here: Path = HERE) -> bytes:
    """The stand-alone reader's output, in a Python that cannot import this package by name."""
    command = [sys.executable, "-c", _ALONE, str(READER), str(here / "objects"), str(here / "kit.json"), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


_ALONE = """
import runpy, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('listbackup', 'msgspec', 'numpy'):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@both
def test_todays_code_reads_what_was_frozen(here: Path) -> None:
    store = Store.open(thawed(here), SOURCE)
    assert [str(info.seq) for info in store.snapshots(trash=True)] == sorted(expected_of(here), key=int)
    for seq, expected in expected_of(here).items():
        view = store.at(int(seq))
        streams = {name: sha(b"".join(record.raw + b"\n" for record in view.scan(name))) for name in view.streams()}
        assert streams == expected["streams"]
        assert store.snapshot(int(seq)).id == expected["id"]
        attached = [found for stream, key in (("contacts", (1,)), ("deals", ("north", 2))) for found in view.attachments(stream, key)]
        assert sorted(sha(b"".join(view.open_attachment(found.id))) for found in attached) == sorted(expected["attachments"].values())


@both
def test_every_digest_of_the_frozen_store_is_made_again(here: Path) -> None:
    report = check(Store.open(thawed(here), SOURCE), Level.DIGESTS)
    assert report.ok, report.findings
    assert report.snapshots == len(expected_of(here))


@both
def test_the_stand_alone_reader_gives_the_same_bytes(here: Path) -> None:
    for seq in ("1", "7", "14"):
        for stream, expected in expected_of(here)[seq]["streams"].items():
            assert sha(run_reader("export", SOURCE, stream, "--at", seq, here=here)) == expected


def test_the_head_of_one_frozen_store_holds_its_lists_apart_and_that_of_the_other_does_not() -> None:
    plain, apart = (raw_head(here) for here in (HERE, LISTS))
    assert (plain.older, plain.waste, plain.features.read) == (None, (), ())
    assert apart.older is not None
    assert (apart.features.read, apart.features.write, apart.features.gc) == (("older",), ("older",), ("waste",))
    assert apart.waste
    old, new = (run_reader("list", here=here).splitlines() for here in (HERE, LISTS))
    assert new[: len(old)] == old
    assert len(new) == len(expected_of(LISTS))


def raw_head(here: Path) -> Head:
    """The head as its object holds it."""
    store = Store.open(thawed(here), SOURCE)
    name = f"acc_test/{SOURCE}/HEAD"
    sealed = (here / "objects" / name).read_bytes()
    raw = open_small(store.ground.keys, store.place.bound, ObjectType.HEAD, sealed, where=name)
    return msgspec.msgpack.decode(raw, type=Head)


def test_the_stand_alone_reader_lists_shows_one_record_and_gives_attachments() -> None:
    assert len(run_reader("list").splitlines()) == len(EXPECTED["snapshots"])
    assert json.loads(run_reader("show", SOURCE, "contacts", "7"))["id"] == 7
    assert json.loads(run_reader("show", SOURCE, "deals", '["süd", -3]'))["id"] == -3
    lines = run_reader("attachments", SOURCE, "--at", "3").decode().splitlines()
    found = [json.loads(line[line.index("] ") + 2 :]) for line in lines]
    given = [sha(run_reader("attachment", SOURCE, each["id"], "--at", "3")) for each in found]
    assert sorted(given) == sorted(EXPECTED["snapshots"]["3"]["attachments"].values())


def test_the_stand_alone_reader_is_short_and_stands_alone() -> None:
    lines = READER.read_text().splitlines()
    assert len(lines) <= 230  # with the kits as people print them: decision 0373
    nodes = list(ast.walk(ast.parse(READER.read_text())))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    others = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert others == {"zstandard", "cryptography"}


# --- the shelf of damaged stores ---


def first(objects: MemoryObjects, part: str, *, end: str = "") -> str:
    return next(info.name for info in objects.list("") if part in info.name and info.name.endswith(end))


def named_pack(objects: MemoryObjects) -> str:
    """A pack that the frozen head names."""
    head = Store.open(thawed(), SOURCE).head()
    return min(f"acc_test/{SOURCE}/p/{ref.run}/{pack}" for pack, ref in head.packs.items())


def flipped(objects: MemoryObjects) -> str:
    name = named_pack(objects)
    data = bytearray(objects.get(name))
    data[200] ^= 4
    objects.replace(name, bytes(data))
    return name


def cut(objects: MemoryObjects) -> str:
    name = named_pack(objects)
    objects.replace(name, objects.get(name)[:-10])
    return name


def missing(objects: MemoryObjects) -> str:
    name = named_pack(objects)
    objects.delete(name)
    return name


def swapped(objects: MemoryObjects) -> str:
    name = named_pack(objects)
    others = [info.name for info in objects.list("") if "/p/" in info.name and info.name != name]
    objects.replace(name, objects.get(others[0]))
    return name


def blob_missing(objects: MemoryObjects) -> str:
    name = first(objects, "/b/run_0014/")
    objects.delete(name)
    return name


def blob_flipped(objects: MemoryObjects) -> str:
    name = first(objects, "/b/run_0014/")
    data = bytearray(objects.get(name))
    data[len(data) // 2] ^= 1
    objects.replace(name, bytes(data))
    return name


def mirror_flipped(objects: MemoryObjects) -> str:
    name = f"acc_test/{SOURCE}/HEAD"
    data = bytearray(objects.get(name))
    data[150] ^= 1
    objects.replace(name, bytes(data))
    return name


SHELF: list[tuple[Damage, Level, Kind]] = [
    (flipped, Level.READ_DATA, Kind.OBJECT_DAMAGED),
    (cut, Level.LISTING, Kind.OBJECT_SIZE),
    (missing, Level.LISTING, Kind.OBJECT_MISSING),
    (swapped, Level.TAILS, Kind.OBJECT_SIZE),
    (blob_missing, Level.READ_DATA, Kind.OBJECT_MISSING),
    (blob_flipped, Level.READ_DATA, Kind.OBJECT_DAMAGED),
    (mirror_flipped, Level.HEAD, Kind.MIRROR_DAMAGED),
]


@pytest.mark.parametrize(("damage", "level", "kind"), SHELF, ids=[damage.__name__ for damage, _, _ in SHELF])
def test_a_damaged_store_gets_its_finding(damage: Damage, level: Level, kind: Kind) -> None:
    ground = thawed()
    store = Store.open(ground, SOURCE)
    name = damage(ground.objects)  # type: ignore[arg-type]
    report = check(store, level)
    assert (kind, name) in {(finding.kind, finding.where) for finding in report.findings}
    assert not report.ok


def test_a_store_without_its_key_says_so() -> None:
    ground = thawed()
    kit = parse_store_kit((HERE / "kit.json").read_bytes())
    stranger = {bytes(8): bytes(32)}
    blind = StoreGround(ground.objects, ground.roots, replace(kit, data_keys=stranger).scope(), ground.clock)
    with pytest.raises(StoreError):
        Store.open(blind, SOURCE)
