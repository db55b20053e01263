"""The store as its callers know it."""

import json
import random
from datetime import timedelta

import numpy as np
import pytest

from listbackup.base.errors import InputError, NotFound
from listbackup.store import ChangeKind, Op, SnapshotKind, Store, StreamSpec, StreamStatus, head
from listbackup.store.compact import compact_tiers
from listbackup.store.digest import digest_of
from listbackup.store.sizes import Sizes
from listbackup.testing.stores import Rig, content_of


def records(numbers, text="x"):
    return {(f"k{number:04}",): json.dumps({"id": number, "text": text}).encode() for number in numbers}


def test_an_unchanged_full_delivery_writes_no_pack_and_little_head():
    rig = Rig()
    things = records(range(500))
    rig.backup("run_1", {"things": things})
    before = {info.name: info.size_bytes for info in rig.objects.list("")}
    info = rig.backup("run_2", {"things": dict(reversed(things.items()))})
    after = {info.name: info.size_bytes for info in rig.objects.list("")}
    new = {name: size for name, size in after.items() if name not in before}
    assert not [name for name in new if "/p/" in name]
    assert sum(new.values()) + after["acc_test/src_test/HEAD"] < 64 * 1024
    assert info.written_bytes == 0
    assert info.streams["things"].live == 500


def test_only_a_complete_listing_deletes():
    rig = Rig()
    rig.backup("run_1", {"things": records(range(10))})
    writing = rig.open_run("run_2")
    things = writing.stream("things")
    things.write([("k0001",)], [b"new"])
    things.finish(listing=True, complete=False, problems=["page 2 was cut short"])
    info = writing.commit(rig.clock.now(), b"")
    assert info.kind is SnapshotKind.PARTIAL
    assert not info.complete
    assert info.streams["things"].status is StreamStatus.PARTIAL
    assert info.streams["things"].problems == ("page 2 was cut short",)
    assert info.streams["things"].live == 10
    assert rig.backup("run_3", {"things": {}}, listing=False).streams["things"].live == 10
    assert rig.backup("run_4", {"things": {}}, specs={"things": StreamSpec(append_only=True)}).streams["things"].live == 10


def test_a_stream_that_was_not_read_is_carried_on():
    rig = Rig()
    rig.backup("run_1", {"a": records([1]), "b": records([2])})
    info = rig.backup("run_2", {"a": records([3])})
    assert info.streams["b"].status is StreamStatus.CARRIED
    assert content_of(rig.store(), 2) == {"a": records([3]), "b": records([2])}


def test_a_stream_that_was_not_finished_makes_the_snapshot_partial():
    rig = Rig()
    writing = rig.open_run("run_1")
    writing.stream("things").write([("a",)], [b"1"])
    info = writing.commit(rig.clock.now(), b"")
    assert info.kind is SnapshotKind.PARTIAL
    assert content_of(rig.store(), 1) == {"things": {("a",): b"1"}}


def test_a_mass_deletion_is_suspect():
    rig = Rig()
    rig.backup("run_1", {"things": records(range(40))})
    assert not rig.backup("run_2", {"things": records(range(21))}).suspect
    assert rig.backup("run_3", {"things": records(range(5))}).suspect


def test_volatile_paths_do_not_count_as_change():
    rig = Rig()
    spec = {"things": StreamSpec(volatile=(("seen",), ("nested", "*", "t")))}
    first = {(number,): json.dumps({"id": number, "seen": 1, "nested": [{"t": 1, "v": number}]}).encode() for number in range(20)}
    rig.backup("run_1", {"things": first}, specs=spec)
    again = {key: raw.replace(b'"seen": 1', b'"seen":2').replace(b'"t": 1', b'"t": 9') for key, raw in first.items()}
    info = rig.backup("run_2", {"things": again | {(3,): b'{"id": 3, "seen": 2, "nested": [{"t": 1, "v": 99}]}'}}, specs=spec)
    assert (info.streams["things"].changed, info.streams["things"].added) == (1, 0)
    assert rig.store().at(2).get("things", (4,)).raw == first[4,]


def test_records_without_keys_are_a_multiset():
    rig = Rig()

    def run(name, values):
        writing = rig.open_run(name)
        writing.stream("bag", StreamSpec(keyless=True)).write([()] * len(values), values)
        writing.stream("bag").finish(listing=True, complete=True)
        return writing.commit(rig.clock.now(), b"")

    run("run_1", [b"a", b"b", b"a", b"c"])
    info = run("run_2", [b"c", b"a", b"d"])
    store = rig.store()
    assert sorted(record.raw for record in store.at(1).scan("bag")) == [b"a", b"a", b"b", b"c"]
    assert sorted(record.raw for record in store.at(2).scan("bag")) == [b"a", b"c", b"d"]
    assert (info.streams["bag"].added, info.streams["bag"].removed) == (1, 2)


def test_reading_by_page_prefix_and_word():
    rig = Rig()
    things = {(site, number): f'{{"name": "Grün {site} {number}"}}'.encode() for site in ("a", "b") for number in range(30)}
    rig.backup("run_1", {"things": things})
    view = rig.store().at(1)
    seen, cursor = [], None
    while True:
        page = view.page("things", cursor=cursor, limit=7)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [record.key for record in seen] == sorted(things)
    assert [record.key for record in view.scan("things", prefix=("b",))] == [("b", number) for number in range(30)]
    assert [record.key for record in view.scan("things", after=("a", 27), limit=4)] == [("a", 28), ("a", 29), ("b", 0), ("b", 1)]
    assert [record.key for _, record in view.search("gRün B 29")] == [("b", 29)]
    with pytest.raises(NotFound):
        list(view.scan("nothing"))
    with pytest.raises(InputError):
        view.page("things", cursor="zz")


def test_search_finds_what_json_escapes():
    rig = Rig()
    rig.backup("run_1", {"things": {("a",): rb'{"name": "Gr\u00fcn"}', ("b",): b'{"name": "blau"}'}})
    assert [record.key for _, record in rig.store().at(1).search("grün")] == [("a",)]


def test_a_prefix_is_whole_parts():
    rig = Rig()
    keys = [(5,), (5, 1), (5, 2, "x"), (51,), (3,), ("5",), ("5", 9)]
    rig.backup("run_1", {"things": dict.fromkeys(keys, b"{}")})
    view = rig.store().at(1)
    assert [record.key for record in view.scan("things", prefix=(5,))] == [(5,), (5, 1), (5, 2, "x")]
    assert [record.key for record in view.scan("things", prefix=(5,), after=(5, 1))] == [(5, 2, "x")]
    assert [record.key for record in view.scan("things", prefix=("5",))] == [("5",), ("5", 9)]
    assert list(view.scan("things", prefix=(4,))) == []


@pytest.mark.parametrize("text", ["😀", 'say "hi"', "ü", "back\\slash"])
def test_search_finds_text_however_json_wrote_it(text):
    rig = Rig()
    forms = {
        ("escaped",): json.dumps({"t": f"a {text} b"}),
        ("plain",): json.dumps({"t": f"a {text} b"}, ensure_ascii=False),
        ("none",): "{}",
    }
    rig.backup("run_1", {"things": {key: form.encode() for key, form in forms.items()}})
    assert {record.key for _, record in rig.store().at(1).search(text)} == {("escaped",), ("plain",)}


def test_a_records_history_says_when_and_how_we_know():
    rig = Rig()
    rig.backup("run_1", {"things": records([1, 2])})
    rig.backup("run_2", {"things": records([1], "new") | records([2])})
    writing = rig.open_run("run_3")
    writing.stream("things").gone([("k0001",), ("unknown",)], "vendor_tombstone")
    writing.stream("things").finish(listing=False, complete=True)
    assert writing.commit(rig.clock.now(), b"").kind is SnapshotKind.INCREMENTAL
    rig.backup("run_4", {"things": records([1, 2])})
    rig.backup("run_5", {"things": records([2])})
    versions = rig.store().history("things", ("k0001",))
    assert [(version.seq, version.op, version.evidence) for version in versions] == [
        (5, Op.DELETE, "absent_from_listing"),
        (4, Op.INSERT, None),
        (3, Op.DELETE, "vendor_tombstone"),
        (2, Op.UPDATE, None),
        (1, Op.INSERT, None),
    ]
    assert all(version.at is not None for version in versions)
    assert rig.store().history("things", ("never",)) == []


def test_a_difference_leaves_out_what_changed_and_changed_back():
    rig = Rig()
    rig.backup("run_1", {"things": records([1, 2, 3])})
    rig.backup("run_2", {"things": records([1], "new") | records([2, 4])})
    rig.backup("run_3", {"things": records([1, 2, 5])})
    store = rig.store()
    assert [(change.key, change.kind) for change in store.diff(1, 3)] == [
        (("k0003",), ChangeKind.REMOVED),
        (("k0005",), ChangeKind.ADDED),
    ]
    counts = store.diff_counts(1, 2)["things"]
    assert (counts.added, counts.changed, counts.removed) == (1, 1, 1)
    assert [change.key for change in store.diff(2, 2)] == []
    with pytest.raises(InputError):
        store.diff(3, 1)


def test_snapshots_are_found_by_number_id_time_and_word():
    rig = Rig()
    made = [rig.backup(f"run_{number}", {"things": records([number])}) for number in range(1, 4)]
    store = rig.store()
    assert store.find_snapshot("2") == made[1]
    assert store.find_snapshot(made[0].id) == made[0]
    assert store.find_snapshot("latest") == made[2] == store.latest()
    assert store.find_snapshot(made[1].at + timedelta(minutes=5)) == made[1]
    assert store.find_snapshot(made[0].at - timedelta(seconds=1)) is None
    assert store.find_snapshot("nonsense") is None
    assert store.find_run("run_2") == made[1]
    assert made[1].cursor == b"cursor of run_2"
    with pytest.raises(NotFound):
        store.at(9)


def test_a_store_that_was_never_made_is_absent():
    rig = Rig()
    with pytest.raises(NotFound):
        Store.open(rig.ground(), "src_other")


def test_a_view_outlives_the_packs_it_began_with():
    rig = Rig()
    kept = {}
    for turn in range(10):
        kept |= records(range(turn * 7, turn * 7 + 20), f"turn {turn}")
        rig.backup(f"run_{turn}", {"things": kept})
    store = rig.store()
    reading = store.at(10).scan("things")
    first = next(reading)
    other = rig.store()
    compact_tiers(other)
    for waste in other.head().garbage:
        rig.objects.delete(other.place.name(waste.name))
    assert {record.key: record.raw for record in [first, *reading]} == kept


def test_the_digest_is_that_of_the_live_rows_whatever_the_layout():
    rig = Rig()
    dice, kept = random.Random(1), {}
    for turn in range(9):
        kept |= records(dice.sample(range(100), 20), f"turn {turn}")
        kept = {key: raw for key, raw in kept.items() if dice.random() > 0.1}
        rig.backup(f"run_{turn}", {"things": kept})
    store = rig.store()
    for info in store.snapshots():
        rows = list(store.at(info.seq).rows("things"))
        assert digest_of(np.concatenate([part.vhash for part in rows])) == info.streams["things"].digest
        assert sum(map(len, rows)) == info.streams["things"].live


def test_old_details_and_long_segment_lists_are_spilled_and_read_back():
    rig = Rig(sizes=Sizes(details_inline=6, details_kept=2, spill_above_bytes=300))
    made = [rig.backup(f"run_{number}", {f"s{number % 3}": records([number])}, listing=False) for number in range(30)]
    store = rig.store()
    wire = head.edited(store.head())
    assert wire.spills
    assert any(state.spilled for state in wire.streams.values())
    assert [info.run for info in store.snapshots()] == [info.run for info in made]
    assert list(store.snapshots()) == made
    assert content_of(store, 30)["s0"] == {key: raw for number in range(0, 30, 3) for key, raw in records([number]).items()}


def test_many_snapshots_keep_the_head_small():
    rig = Rig()
    for number in range(300):
        rig.backup(f"run_{number:024}", {"things": records([number % 7], f"{number}"), "others": {}}, listing=False)
    size = rig.objects.find("acc_test/src_test/HEAD").size_bytes
    assert size < 24 * 1024


@pytest.mark.parametrize("size", [0, 5, 1024 * 1024, 1024 * 1024 + 1, 9 * 1024 * 1024 + 17])
def test_attachments_come_back_and_equal_bytes_are_kept_once(size):
    rig = Rig()
    data = random.Random(size).randbytes(size)

    def attach(run, name):
        writing = rig.open_run(run)
        writing.stream("things").write([(name,)], [b'{"file": 1}'])
        chunks = [data[start : start + 70_000] for start in range(0, size, 70_000)]
        info = writing.attach("things", (name,), "/file", f"{name}.bin", "x/y", iter(chunks), "v1")
        writing.stream("things").finish(listing=False, complete=True)
        return info, writing.commit(rig.clock.now(), b"")

    first, snapshot = attach("run_1", "a")
    assert first.fresh
    assert first.size_bytes == size
    before = sum(info.size_bytes for info in rig.objects.list("acc_test/src_test/"))
    second, _ = attach("run_2", "b")
    assert not second.fresh
    assert second.id == first.id
    assert sum(info.size_bytes for info in rig.objects.list("acc_test/src_test/")) < before + 12_000
    view = rig.store().at(2)
    assert list(view.streams()) == ["things"]
    (found,) = view.attachments("things", ("b",))
    assert (found.name, found.content_type, found.version, found.path) == ("b.bin", "x/y", "v1", "/file")
    assert b"".join(view.open_attachment(found.id)) == data
    assert b"".join(rig.store().at(snapshot.seq).open_attachment(first.id)) == data
    with pytest.raises(NotFound):
        view.open_attachment("00" * 32)


def test_an_unchanged_attachment_needs_no_fetching():
    rig = Rig()
    writing = rig.open_run("run_1")
    writing.stream("things").write([("a",), ("b",)], [b"1", b"2"])
    writing.attach("things", ("a",), "/f", "a", None, [b"aa"], "v1")
    writing.attach("things", ("b",), "/f", "b", None, [b"bb"])
    writing.stream("things").finish(listing=True, complete=True)
    writing.commit(rig.clock.now(), b"")
    writing = rig.open_run("run_2")
    things = writing.stream("things")
    things.write([("a",), ("b",)], [b"1", b"2"])
    assert writing.has_attachment("things", ("a",), "/f", "v1").name == "a"
    assert writing.has_attachment("things", ("a",), "/f", "v2") is None
    assert writing.has_attachment("things", ("b",), "/f").name == "b"
    things.write([("b",)], [b"changed"])
    assert writing.has_attachment("things", ("b",), "/f") is None
    assert writing.has_attachment("things", ("c",), "/f") is None
    assert writing.attachment_paths("things", ("a",)) == ["/f"]


def test_the_attachments_of_a_removed_record_go_with_it_but_stay_in_older_snapshots():
    rig = Rig()
    writing = rig.open_run("run_1")
    writing.stream("things").write([("a",), ("b",), ("c",)], [b"1", b"2", b"3"])
    for name, data in (("a", b"only a"), ("b", b"shared"), ("c", b"shared")):
        writing.attach("things", (name,), "/f", name, None, [data], "v1")
    writing.stream("things").finish(listing=True, complete=True)
    writing.commit(rig.clock.now(), b"")
    rig.backup("run_2", {"things": {("c",): b"3"}})
    store = rig.store()
    assert [info.name for info in store.at(1).attachments("things", ("a",))] == ["a"]
    assert store.at(2).attachments("things", ("a",)) == []
    (kept,) = store.at(2).attachments("things", ("c",))
    assert b"".join(store.at(2).open_attachment(kept.id)) == b"shared"
    (gone,) = store.at(1).attachments("things", ("a",))
    assert b"".join(store.at(1).open_attachment(gone.id)) == b"only a"
    with pytest.raises(NotFound):
        store.at(2).open_attachment(gone.id)


def test_the_local_state_is_made_again_when_it_is_missing_or_damaged(tmp_path):
    rig = Rig(cache=tmp_path, sizes=Sizes(bucket_rows=64, large_rows=10, piece_rows=70))
    dice, kept = random.Random(2), {}
    for turn in range(12):
        for number in dice.sample(range(400), 90):
            key = (f"k{number}",) if number % 2 else (f"a key that is longer than sixteen bytes {number}",)
            kept[key] = b"%d" % dice.randrange(10**9)
        for key in dice.sample(sorted(kept), len(kept) // 8):
            del kept[key]
        shuffled = dice.sample(sorted(kept), len(kept))
        info = rig.backup(f"run_{turn}", {"things": {key: kept[key] for key in shuffled}})
        assert info.streams["things"].live == len(kept)
        assert content_of(rig.store(), info.seq)["things"] == kept
        for file in tmp_path.rglob("state/*"):
            if turn % 3 == 0:
                file.unlink()
            elif turn % 3 == 1:
                data = bytearray(file.read_bytes())
                data[dice.randrange(len(data))] ^= 1
                file.write_bytes(data)
        for file in tmp_path.rglob("tails/*"):
            if dice.random() < 0.3:
                file.write_bytes(file.read_bytes()[: dice.randrange(200)])
