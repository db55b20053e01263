"""Files and exports over HTTP: what goes out, under which name, how often, and to whom; abuses 11, 12, 13, 14, 15 and 18 of TRUST.md by number."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import os
import re
import signal
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listbackup.backends.objects.port import Objects
from listbackup.base.secret import Secret
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.settings import Settings
from listbackup.bootstrap.system import System
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.permission import Bundle, Permission
from listbackup.services.data import Errands, ExportFormat
from listbackup.services.exports import Exports, ExportState
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means
from listbackup.store import Store
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, MemoryHouse, Said, served
from listbackup.testing.kill9.fork import live
from listbackup.testing.patience import until
from listbackup.testing.system import rooms
from listbackup.testing.together import in_threads

NASTY = [
    "../../etc/passwd",
    "/etc/shadow",
    "C:\\windows\\system32\\a.exe",
    "CON",
    "a\r\nSet-Cookie: x=1",
    'quo"ted; filename="b.html"',
    "\u202egnp.exe",
    "\U0001f600.PNG",
    "x" * 4096 + ".html",
    "<script>alert(1)</script>.svg",
    "",
    "..",
    ".html",
]
FORMULAS = ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "＝1", '"=1', " =1", "\n=1"]
HTML = b"<!doctype html><script>fetch('https://evil.example/')</script>"


@dataclass(frozen=True, kw_only=True)
class World:
    house: MemoryHouse
    client: Client
    port: int
    clock: ManualClock
    source: str
    snapshot: str

    def fetch(self, url: str, *, key: str | None = None) -> Said:
        return Client(self.port, key).ask("GET", url.removeprefix("/v2"))

    def export(self, **asked: object) -> Any:
        made = self.client.ask("POST", "/exports", {"snapshot": self.snapshot, **asked})
        assert made.status == 202, made.raw
        return until(lambda: self.client.get(f"/exports/{made.json['id']}"), lambda found: found["state"] not in ("queued", "running"))

    def bytes_of(self, export: Any, file: str | None = None) -> Said:
        link = self.client.ask("POST", f"/exports/{export['id']}/download-url", {"file": file})
        assert link.status == 201, link.raw
        return self.fetch(link.json["url"])


PEOPLE = {
    (f"p{number}",): json.dumps({"id": f"p{number}", "note": text, "page": HTML.decode()}).encode() for number, text in enumerate(FORMULAS)
}


def keep(store: Store, streams: Mapping[str, Mapping[Any, bytes]], files: Iterable[tuple[str, Any, str, str, bytes]] = ()) -> str:
    """One snapshot of these records and their files, as a run would make it."""
    writing = store.open_run(f"run_{store.head().last_seq}", owner="test", lease=timedelta(minutes=5))
    for name, content in streams.items():
        writer = writing.stream(name)
        writer.write(list(content), list(content.values()))
    for stream, key, name, media, content in files:
        writing.attach(stream, key, f"file/{hashlib.sha256(name.encode()).hexdigest()[:8]}", name, media, [content])
    for name in streams:
        writing.stream(name).finish(listing=True, complete=True)
    return writing.commit(store.ground.clock.now(), b"{}").id


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    connector, clock = FactsConnector(api=api(page_size=100)), ManualClock()
    house = MemoryHouse(rooms([connector], clock=clock, means=Means(maintain=False)), Platforms([connector]))
    scope = house.rooms.scope
    values = {"url": "http://127.0.0.1:9"}
    connection = house.connections.create(scope, platform="demo-crm", name="crm", values=values, secrets={"token": Secret("x")}, test=False)
    source = house.sources.create(scope, connection=connection.id, name="crm")
    files = [("people", (f"p{number % 5}",), name, "text/html", HTML) for number, name in enumerate(NASTY)]
    files.append(("people", ("p9",), "photo.png", "image/png", b"\x89PNG" + b"x" * 3_000_000))
    store = house.rooms.stores.open(scope, source.id)
    streams = {"people": PEOPLE, "../con": {("k",): b'{"id":"k"}'}, "Con": {("k",): b'{"id":"k"}'}}
    snapshot = keep(store, streams, files)
    with served(house) as port:
        client = Client(port, house.key(scope.account, *Bundle))
        yield World(house=house, client=client, port=port, clock=clock, source=source.id, snapshot=snapshot)


def every_file(world: World, where: str = "/data/files", **asked: str) -> list[Any]:
    items, cursor = [], None
    while True:
        query = "&".join(f"{name}={value}" for name, value in {**asked, **({"cursor": cursor} if cursor else {})}.items())
        page = world.client.get(f"{where}?{query}")
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def link_of(world: World, file: Any) -> str:
    said = world.client.ask("POST", f"/data/files/{file['id']}/download-url")
    assert said.status == 201
    return str(said.json["url"])


# files -------------------------------------------------------------------------------------------------------------------


def test_files_are_listed_by_page_found_by_id_and_downloaded_as_they_were(world: World) -> None:
    files = every_file(world, limit="3")
    assert sorted(one["name"] for one in files) == sorted([*NASTY, "photo.png"])
    assert files == every_file(world, limit="500")
    photo = next(one for one in files if one["name"] == "photo.png")
    assert world.client.get(f"/data/files/{photo['id']}") == photo
    said = world.fetch(link_of(world, photo))
    assert (said.status, said.headers["content-type"], len(said.raw)) == (200, "image/png", photo["size_bytes"])


def test_a_record_tells_its_files(world: World) -> None:
    found = world.client.get(f"/snapshots/{world.snapshot}/streams/people/records/p9/attachments")["items"]
    assert [one["name"] for one in found] == ["photo.png"]
    assert world.client.get(f"/snapshots/{world.snapshot}/streams/people/records/p8/attachments")["items"] == []
    assert world.client.ask("GET", f"/snapshots/{world.snapshot}/streams/people/records/p99/attachments").status == 404


def test_files_are_searched_by_type_and_size(world: World) -> None:
    found = world.client.post("/data/files/search", {"content_type": "image/", "min_bytes": 1_000_000, "q": "PHOTO"})
    assert [one["name"] for one in found["items"]] == ["photo.png"]
    assert world.client.post("/data/files/search", {"max_bytes": 3})["items"] == []


def test_the_tree_leads_from_sources_over_streams_and_records_to_files(world: World) -> None:
    roots = world.client.get("/data/tree")["items"]
    assert [(one["kind"], one["name"]) for one in roots] == [("source", "crm")]
    streams = world.client.get(f"/data/tree?path={roots[0]['path']}")["items"]
    assert [(one["kind"], one["name"]) for one in streams] == [("stream", "people")]
    records = every_file(world, "/data/tree", path=streams[0]["path"], limit="2")
    assert [one["name"] for one in records] == ["p0", "p1", "p2", "p3", "p4", "p9"]
    leaves = world.client.get(f"/data/tree?path={records[-1]['path']}")["items"]
    assert [one["file"]["name"] for one in leaves] == ["photo.png"]
    assert world.client.ask("GET", f"/data/tree?path={roots[0]['path']}/people/nobody").status == 404


@pytest.mark.parametrize("wrong", ["x", "AAAA", "%00", "gqF4", "k6NhYmMBxAF4"])
def test_an_id_of_a_file_that_is_none_is_not_found(world: World, wrong: str) -> None:
    assert world.client.ask("GET", f"/data/files/{wrong}").status == 404


# exports -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "xlsx"])
def test_an_export_is_made_in_the_background_and_comes_out_whole(world: World, form: str) -> None:
    done = world.export(format=form)
    assert (done["state"], done["records"], done["records_total"]) == ("done", len(PEOPLE) + 2, len(PEOPLE) + 2)
    bundle = zipfile.ZipFile(io.BytesIO(world.bytes_of(done).raw))
    assert bundle.testzip() is None
    manifest = json.loads(bundle.read("manifest.json"))
    assert {one["name"] for one in manifest["files"]} | {"manifest.json"} == set(bundle.namelist())
    for file in manifest["files"]:
        assert hashlib.sha256(bundle.read(file["name"])).hexdigest() == file["sha256"]


def test_one_file_of_an_export_comes_out_alone_with_its_size(world: World) -> None:
    done = world.export(format="jsonl", streams=["people"])
    file = done["files"][0]
    said = world.bytes_of(done, file["name"])
    assert [json.loads(line) for line in said.raw.splitlines()] == [json.loads(raw) for raw in PEOPLE.values()]
    assert said.headers["content-length"] == str(file["size_bytes"])
    assert world.client.ask("POST", f"/exports/{done['id']}/download-url", {"file": "../x"}).status == 404


def test_what_is_kept_of_an_export_is_sealed_and_goes_when_its_time_is_over(world: World) -> None:
    done = world.export(format="jsonl", keep_for="PT1H")
    objects, scope = world.house.rooms.objects, world.house.rooms.scope
    kept = [objects.get(one.name) for one in objects.list(f"{scope.account}/exports/{done['id']}/")]
    assert kept
    assert not any(b"script" in one or b"people" in one for one in kept)
    world.clock.advance(timedelta(hours=1))
    errands = Errands()
    world.house.exports.tend(scope, errands)
    errands.finish()
    assert list(objects.list(f"{scope.account}/exports/{done['id']}/")) == []
    assert world.client.get(f"/exports/{done['id']}")["state"] == "expired"
    assert world.client.ask("POST", f"/exports/{done['id']}/download-url", {}).status == 409


def test_a_cancelled_export_leaves_nothing_and_a_deleted_one_is_gone(world: World) -> None:
    scope, house = world.house.rooms.scope, world.house
    source, snapshot = house.data.place(scope, world.snapshot)
    waiting = house.exports.start(scope, source.id, snapshot, form=ExportFormat.CSV)
    assert world.client.post(f"/exports/{waiting.id}/cancel")["state"] == "cancelled"
    assert house.exports.carry_out(scope, waiting.id).state is ExportState.CANCELLED
    assert world.client.ask("POST", f"/exports/{waiting.id}/cancel").status == 409
    done = world.export(format="jsonl")
    assert world.client.ask("DELETE", f"/exports/{done['id']}").status == 204
    assert world.client.ask("GET", f"/exports/{done['id']}").status == 404
    assert list(house.rooms.objects.list(f"{scope.account}/exports/{done['id']}/")) == []


def test_an_export_that_is_cancelled_while_it_is_made_ends_at_the_next_file(world: World) -> None:
    scope, house = world.house.rooms.scope, world.house
    source, snapshot = house.data.place(scope, world.snapshot)
    export = house.exports.start(scope, source.id, snapshot, form=ExportFormat.JSONL)

    class Cancelling:
        def __getattr__(self, name: str) -> Any:
            return getattr(house.rooms.objects, name)

        def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
            house.rooms.objects.put(name, data)
            if house.exports.get(scope, export.id).state.is_active:
                house.exports.cancel(scope, export.id)

    over = exports_over(house, Cancelling())
    assert over.carry_out(scope, export.id).state is ExportState.CANCELLED
    assert list(house.rooms.objects.list(f"{scope.account}/exports/{export.id}/")) == []


def exports_over(house: MemoryHouse, objects: Any) -> Exports:
    over = house.rooms
    room = Path(os.environ.get("TMPDIR", "/tmp")) / "listbackup-exports"
    from listbackup.testing.system import MemoryKeys

    return Exports(over.desk, data=over.data, downloads=over.downloads, objects=objects, keys=MemoryKeys(), workspace=room)


def test_too_many_exports_at_once_are_refused(world: World) -> None:
    scope, house = world.house.rooms.scope, world.house
    source, snapshot = house.data.place(scope, world.snapshot)
    waiting = [house.exports.start(scope, source.id, snapshot, form=ExportFormat.CSV) for _ in range(5)]
    assert world.client.ask("POST", "/exports", {"snapshot": world.snapshot, "format": "csv"}).status == 409
    for one in waiting:
        house.exports.delete(scope, one.id)


# a crash in the middle ---------------------------------------------------------------------------------------------------


class Killing:
    """Objects under which the process dies in the middle of the n-th put."""

    def __init__(self, below: Objects, after: int) -> None:
        self._below, self._left = below, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        self._left -= 1
        if self._left < 0:
            self._below.put(f"{name}half", b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        self._below.put(name, data)


def over_killing(system: System, after: int) -> Exports:
    return Exports(
        system._ground.desk,
        data=system.data,
        downloads=system.downloads,
        objects=Killing(system.objects, after),  # type: ignore[arg-type]
        keys=system.keys,
        workspace=system.folder.cache / "exports",
    )


def test_a_process_killed_in_mid_export_goes_on_after_its_lease_and_makes_it_whole(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", cache=tmp_path / "cache")
    clock = ManualClock()
    init_system(settings, clock=clock)
    system = open_system(settings, clock=clock)
    scope = system.enter("test")
    connection = system.connections.create(
        scope, platform="demo-crm", name="crm", values={"url": "http://127.0.0.1:9"}, secrets={"token": Secret("x")}, test=False
    )
    source = system.sources.create(scope, connection=connection.id, name="crm")
    streams = {f"s{stream}": {(n,): f'{{"id":{n},"s":{stream}}}'.encode() for n in range(2000)} for stream in range(4)}
    keep(system.stores.open(scope, source.id), streams)
    for kill_at in range(5):
        snapshot = system.data.snapshot(scope, source.id)
        export = system.exports.start(scope, source.id, snapshot, form=ExportFormat.JSONL)

        def work(_: object, export: str = export.id, kill_at: int = kill_at) -> None:
            mine = open_system(settings, clock=clock)
            over_killing(mine, kill_at).carry_out(mine.enter("test"), export)

        live(work, 60)
        found = system.exports.get(scope, export.id)
        assert (found.state, len(found.files)) == (ExportState.RUNNING, kill_at)
        errands = Errands()
        system.exports.tend(scope, errands)
        assert not errands.is_active(export.id), "the dead one's lease still holds"
        clock.advance(timedelta(minutes=3))
        system.exports.tend(scope, errands)
        errands.finish()
        done = system.exports.get(scope, export.id)
        assert (done.state, done.records) == (ExportState.DONE, 8000)
        for number, file in enumerate(done.files[:-1]):
            whole = b"".join(system.exports._shelf(scope, done.id).read(number, file.size_bytes))
            assert hashlib.sha256(whole).hexdigest() == file.sha256
            assert whole.count(b"\n") == 2000
        system.exports.delete(scope, done.id)
    assert list((settings.cache / "exports").rglob("*")) == [], "nothing stays in the clear"
    assert list(system.objects.list(f"{scope.account}/exports/")) == []
    system.close()


# the abuses --------------------------------------------------------------------------------------------------------------


def test_abuse_11_no_name_of_a_record_file_or_stream_names_what_goes_out(world: World) -> None:
    for file in every_file(world):
        said = world.fetch(link_of(world, file))
        name = re.fullmatch(r'attachment; filename="([A-Za-z0-9_-]+(?:\.[a-z0-9]{1,8})?)"', said.headers["content-disposition"])
        assert name is not None, said.headers["content-disposition"]
        assert "set-cookie" not in said.headers
    done = world.export(format="csv")
    names = zipfile.ZipFile(io.BytesIO(world.bytes_of(done).raw)).namelist()
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.(csv|json)", name) for name in names), names
    assert len({name.lower() for name in names}) == len(names) == 4
    assert not any(name.lower().partition(".")[0] == "con" for name in names)


def test_abuse_12_formulas_are_neutralised_in_tables_and_exact_in_jsonl(world: World) -> None:
    table = world.bytes_of(world.export(format="csv", streams=["people"]), "people.csv").raw.decode()
    notes = [row["note"] for row in csv.DictReader(io.StringIO(table, newline=""))]
    assert len(notes) == len(FORMULAS)
    assert all(note.startswith("'") for note in notes), notes
    exact = world.bytes_of(world.export(format="jsonl", streams=["people"]), "people.jsonl").raw
    assert [json.loads(line)["note"] for line in exact.splitlines()] == FORMULAS
    raw = world.bytes_of(world.export(format="csv", streams=["people"], raw_cells=True), "people.csv").raw.decode()
    assert next(row["note"] for row in csv.DictReader(io.StringIO(raw, newline=""))) == "=1+1"


def test_abuse_13_what_was_stored_is_never_run_by_a_browser(world: World) -> None:
    page = next(one for one in every_file(world) if one["name"] == ".html")
    said = world.fetch(link_of(world, page))
    assert said.raw == HTML
    assert said.headers["content-type"] == "application/octet-stream"
    assert said.headers["x-content-type-options"] == "nosniff"
    assert said.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in said.headers["content-security-policy"]
    record = world.client.ask("GET", f"/snapshots/{world.snapshot}/streams/people/records/p1")
    assert record.headers["content-type"] == "application/json"
    assert "default-src 'none'" in record.headers["content-security-policy"]


def test_abuse_14_no_ticket_stands_in_a_log_a_table_or_the_trail(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        token = link_of(world, every_file(world)[0]).rpartition("/")[2]
        assert world.fetch(f"/downloads/{token}").status == 200
        assert world.fetch(f"/downloads/{token}").status == 404
    assert not any(token in line.getMessage() for line in caplog.records if line.name.startswith("listbackup"))
    assert token not in json.dumps(world.client.get("/activity?limit=500"))


def test_abuse_15_a_link_is_good_once(world: World) -> None:
    link = link_of(world, every_file(world)[0])
    assert world.fetch(link).status == 200
    again = world.fetch(link)
    assert (again.status, again.headers["cache-control"]) == (404, "no-store")


def test_abuse_15_of_64_who_come_at_once_with_one_link_one_is_served(world: World) -> None:
    link, said, gate = link_of(world, every_file(world)[0]), list[int](), threading.Barrier(64)

    def follow() -> None:
        gate.wait()
        said.append(world.fetch(link).status)

    in_threads(follow, 64)
    assert sorted(said) == [200] + [404] * 63


def test_abuse_15_a_link_ends_after_five_minutes(world: World) -> None:
    link = link_of(world, every_file(world)[0])
    world.clock.advance(timedelta(minutes=5))
    assert world.fetch(link).status == 404


def test_abuse_15_a_link_cannot_be_guessed_and_is_made_by_post_for_who_may(world: World) -> None:
    file = every_file(world)[0]
    token = link_of(world, file).rpartition("/")[2]
    assert len(token) >= 43, "256 bits"
    assert world.client.ask("GET", f"/data/files/{file['id']}/download-url").status == 405
    viewer = Client(world.port, world.house.key(world.house.rooms.scope.account, Permission.SNAPSHOTS_READ))
    assert viewer.ask("POST", f"/data/files/{file['id']}/download-url").status == 403
    assert world.fetch("/downloads/" + "A" * 43).status == 404


def test_abuse_15_a_link_opens_a_thing_of_its_own_account_only(world: World) -> None:
    house = world.house
    other = house.accounts.enter(house.accounts.create("other", actor="test").id, actor="test")
    from listbackup.services.downloads import Kind

    for kind, thing in ((Kind.FILE, every_file(world)[0]["id"]), (Kind.EXPORT, f"{world.export(format='jsonl')['id']}/zip")):
        ticket = house.downloads.offer(other, kind, thing, subject="x")
        assert world.fetch(f"/downloads/{ticket.token}").status == 404


def test_abuse_18_nothing_is_restored_or_exported_from_another_account(world: World) -> None:
    house = world.house
    other = house.accounts.create("stranger", actor="test").id
    stranger = Client(world.port, house.key(other, *Bundle))
    for path, body in (
        ("/restores/plan", {"snapshot": world.snapshot}),
        ("/restores", {"snapshot": world.snapshot}),
        ("/exports", {"snapshot": world.snapshot, "format": "csv"}),
    ):
        assert stranger.ask("POST", path, body).status == 404, path


def test_abuse_18_reading_is_not_enough_to_write_back(world: World) -> None:
    reader = Client(world.port, world.house.key(world.house.rooms.scope.account, Bundle.READ, Bundle.WRITE))
    assert reader.ask("POST", "/restores", {"snapshot": world.snapshot}).status == 403
    from listbackup.testing.http import current_openapi

    starts = current_openapi()["paths"]["/v2/restores"]["post"]
    assert starts["x-step-up"] is True
