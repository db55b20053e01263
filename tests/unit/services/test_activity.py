"""Every change is a line of a chained trail; no line can be changed, dropped or moved unseen."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.events.port import Event
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.port import Item
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import SystemClock
from listbackup.base.errors import InputError
from listbackup.base.ids import AccountId
from listbackup.base.origin import coming_from
from listbackup.base.secret import Secret
from listbackup.services.activity import ACTIVITY, Activities, ChainBreak, Feed, Origin, Wanted
from listbackup.services.activity.schema import as_csv, as_jsonl
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import Scope
from listbackup.testing.clock import ManualClock
from listbackup.testing.keys import memory_seal
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def house() -> Rooms:
    made = rooms([FakeConnector(fake_platform(fake_stream("contacts")))])
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    made.sources.change(made.scope, "crm", name="crm2")
    return made


def lines(house: Rooms) -> list[Item]:
    return list(house.tables.open(ACTIVITY).query(house.scope.account, prefix="line/").items)


def test_changes_are_told_with_who_what_and_when(house: Rooms) -> None:
    trail = house.activities.list(house.scope).items
    assert [line.action for line in trail] == [
        "account:source:changed",
        "account:source:created",
        "account:connection:created",
        "account:account:created",
    ]
    assert {line.actor for line in trail} == {"test"}
    assert trail[0].subject == house.sources.get(house.scope, "crm2").id
    assert house.activities.verify(house.scope) is None


def test_an_event_that_is_heard_twice_is_one_line(house: Rooms) -> None:
    event = Event(id="evt_1", name="source.created", account=house.scope.account, at=house.clock.now(), body={"actor": "a", "subject": "s"})
    house.activities.hear(event)
    house.activities.hear(event)
    assert len(lines(house)) == 5


def test_every_single_change_dropped_line_or_swap_is_found(house: Rooms) -> None:
    table = house.tables.open(ACTIVITY)
    originals = lines(house)
    for place, original in enumerate(originals):
        doc = msgspec.json.decode(str(original["doc"]))
        for name in ("actor", "action", "subject", "at", "event", "previous", "hash", "mac"):
            changed = "2020-01-01T00:00:00Z" if name == "at" else doc[name] + "x"
            table.put({**original, "doc": msgspec.json.encode({**doc, name: changed}).decode()})
            broken = house.activities.verify(house.scope)
            assert broken is not None, (place, name)
        table.delete(str(original["pk"]), str(original["sk"]))
        assert house.activities.verify(house.scope) is not None
        table.put(original)
    assert house.activities.verify(house.scope) is None
    first, second = originals[0], originals[1]
    table.put({**first, "doc": second["doc"]})
    table.put({**second, "doc": first["doc"]})
    assert house.activities.verify(house.scope) is not None


def test_lines_can_be_asked_for_by_subject_and_action(house: Rooms) -> None:
    source = house.sources.get(house.scope, "crm2")
    found = house.activities.list(house.scope, Wanted(subject=source.id, action="account:source"))
    assert [line.action for line in found.items] == ["account:source:changed", "account:source:created"]
    assert house.activities.list(house.scope, Wanted(actor="nobody")).items == []


def test_a_line_says_where_the_request_came_from_and_that_is_chained_too(house: Rooms) -> None:
    with coming_from("203.0.113.7", "curl/8.0\r\n evil" + "x" * 500):
        house.sources.change(house.scope, "crm2", name="crm3")
    house.sources.change(house.scope, "crm3", name="crm4")
    last, before = house.activities.list(house.scope, limit=2).items
    assert last.origin is None
    assert before.origin == Origin(address="203.0.113.7", agent="curl/8.0 evil" + "x" * 185)
    assert not {"origin_address", "origin_agent"} & set(before.about)
    assert house.activities.verify(house.scope) is None
    table, row = house.tables.open(ACTIVITY), lines(house)[-2]
    table.put({**row, "doc": str(row["doc"]).replace("203.0.113.7", "203.0.113.8")})
    broken = house.activities.verify(house.scope)
    assert broken is not None
    assert broken.seq == before.seq


def written_anew(house: Rooms, *, without: tuple[str, ...] = ("mac",), upto: int | None = None) -> None:
    """The trail as whoever can write the tables, and has no key, would write it: each hash right, the names left out, the head without a seal."""
    table, previous = house.tables.open(ACTIVITY), "0" * 64
    rows = lines(house)[:upto]
    for row in rows:
        doc = {name: value for name, value in msgspec.json.decode(str(row["doc"])).items() if name not in without}
        written = {**doc, "previous": previous, "hash": ""}
        hashed = {name: value for name, value in written.items() if name != "mac" and (name, value) != ("origin", None)}
        previous = hashlib.sha256(msgspec.json.encode(hashed, order="sorted")).hexdigest()
        table.put({**row, "doc": msgspec.json.encode({**doc, "previous": hashed["previous"], "hash": previous}).decode()})
    table.put({"pk": house.scope.account, "sk": "head", "seq": len(rows), "hash": previous})


def trail_of(house: Rooms, since: datetime) -> Activities:
    """The same trail, of an installation that sealed its lines since this moment."""
    return Activities(Desk(house.tables, OutboxEvents(house.tables), house.clock), memory_seal(since))


def test_lines_that_were_written_before_there_were_origins_or_seals_still_verify(house: Rooms) -> None:
    written_anew(house, without=("origin", "mac"))
    house.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    newer = trail_of(house, house.clock.now())
    assert newer.verify(house.scope) is None
    house.sources.change(house.scope, "crm2", name="crm3")
    assert newer.verify(house.scope) is None
    table, row = house.tables.open(ACTIVITY), lines(house)[1]
    table.put({**row, "doc": str(row["doc"]).replace('"actor":"test"', '"actor":"nobody"')})
    assert newer.verify(house.scope) is not None  # the first sealed line covers those before it
    table.put(row)
    assert newer.verify(house.scope) is None


def test_a_chain_that_was_made_anew_as_a_whole_is_no_trail_of_this_installation(house: Rooms) -> None:
    written_anew(house)
    broken = house.activities.verify(house.scope)
    assert broken == ChainBreak(seq=1, message="line 1 is not sealed by this installation")


def test_seals_are_of_one_line_and_one_account(house: Rooms) -> None:
    written_anew(house, without=())  # every line with the seal that it had
    assert house.activities.verify(house.scope) is not None
    other = Scope(account=AccountId("acc_other"), actor="test")
    house.desk.commit(other, [], Fact(name="thing.happened", subject="there"))
    table = house.tables.open(ACTIVITY)
    for row in lines(house):
        table.delete(str(row["pk"]), str(row["sk"]))
    for row in table.query(other.account, prefix="").items:
        table.put({**row, "pk": house.scope.account})
    assert house.activities.verify(other) is None
    assert house.activities.verify(house.scope) == ChainBreak(seq=1, message="line 1 is not sealed by this installation")


def test_a_trail_that_was_cut_behind_a_sealed_line_needs_the_seal_of_a_head(house: Rooms) -> None:
    table, rows = house.tables.open(ACTIVITY), lines(house)
    table.delete(str(rows[-1]["pk"]), str(rows[-1]["sk"]))
    last = msgspec.json.decode(str(rows[-2]["doc"]))
    for mac in ({}, {"mac": last["mac"]}):
        table.put({"pk": house.scope.account, "sk": "head", "seq": last["seq"], "hash": last["hash"], **mac})
        broken = house.activities.verify(house.scope)
        assert broken == ChainBreak(seq=last["seq"] + 1, message="the head of the trail is not sealed by this installation")


def test_a_line_without_a_seal_behind_one_that_has_it_is_named(house: Rooms) -> None:
    table, row = house.tables.open(ACTIVITY), lines(house)[-1]
    doc = msgspec.json.decode(str(row["doc"]))
    table.put({**row, "doc": msgspec.json.encode({name: value for name, value in doc.items() if name != "mac"}).decode()})
    later = trail_of(house, house.clock.now() + timedelta(days=1))
    assert later.verify(house.scope) == ChainBreak(seq=doc["seq"], message=f"line {doc['seq']} is not sealed by this installation")


def test_what_is_smuggled_into_a_line_or_makes_it_unreadable_is_found(house: Rooms) -> None:
    table, row = house.tables.open(ACTIVITY), lines(house)[1]
    for doc in (str(row["doc"])[:-1] + ',"more":1}', "nonsense", ""):
        table.put({**row, "doc": doc})
        broken = house.activities.verify(house.scope)
        assert broken is not None
        assert broken.seq == 2
    table.put(row)
    assert house.activities.verify(house.scope) is None


def test_a_trail_whose_head_was_turned_back_goes_on_and_tells_it_for_ever(house: Rooms) -> None:
    table, count = house.tables.open(ACTIVITY), len(lines(house))
    table.delete(house.scope.account, "head")
    house.sources.change(house.scope, "crm2", name="crm3")
    house.sources.change(house.scope, "crm3", name="crm4")
    assert len(lines(house)) == count + 2, "nobody's events are held up"
    broken = house.activities.verify(house.scope)
    assert broken is not None
    assert broken.seq == count + 1


def test_lines_are_found_by_who_what_when_and_text_through_all_pages(house: Rooms) -> None:
    clock = house.clock
    assert isinstance(clock, ManualClock)
    begun = clock.now()
    for number in range(40):
        clock.advance(timedelta(hours=2))
        scope = Scope(account=house.scope.account, actor=f"usr_{number % 2}")
        house.desk.commit(scope, [], Fact(name="thing.changed", subject=f"thing_{number}", about={"note": f"Nümber {number}"}))

    def found(**wanted: object) -> list[str]:
        listed, cursor = [], None
        while True:
            page = house.activities.list(house.scope, Wanted(**wanted), limit=7, cursor=cursor)  # type: ignore[arg-type]
            listed += [line.subject for line in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return listed

    assert found(actor="usr_1", action="thing") == [f"thing_{number}" for number in range(39, 0, -2)]
    assert found(text="NÜMBER 17") == ["thing_17"]
    since, until = begun + timedelta(hours=20), begun + timedelta(hours=30)
    assert found(since=since, until=until) == [f"thing_{number}" for number in (13, 12, 11, 10, 9)]
    assert found(action="thing:chang") == []
    edges = [datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))]
    assert len(found(action="thing", since=edges[0], until=edges[1])) == 40
    assert found(since=edges[1]) == found(until=edges[0]) == []
    assert len(found(action="account:thing:changed")) == 40
    with pytest.raises(InputError, match="cursor"):
        house.activities.list(house.scope, cursor="x")


def test_an_export_holds_every_line_and_itself_and_no_cell_that_computes(house: Rooms) -> None:
    house.desk.commit(house.scope, [], Fact(name="thing.changed", subject="=HYPERLINK(1)"))
    exported = b"".join(as_jsonl(house.activities.export(house.scope))).splitlines()
    assert [msgspec.json.decode(line)["seq"] for line in exported] == list(range(1, len(lines(house)) + 1))
    assert msgspec.json.decode(exported[-1])["action"] == "account:activity:exported"
    table = b"".join(as_csv(house.activities.export(house.scope))).decode()
    assert table.startswith("seq,at,actor,action,subject,address,agent,about,hash\r\n")
    assert "'=HYPERLINK(1)" in table


def test_a_bug_in_reading_for_one_account_silences_no_other(house: Rooms) -> None:
    other = Scope(account=AccountId("acc_other"), actor="test")

    def underway(scope: Scope) -> list[tuple[str, bytes]]:
        if scope.account == house.scope.account:
            raise ValueError("nobody thought of this")
        return []

    feed, heard = Feed(house.activities, SystemClock(), underway=underway), threading.Event()
    listeners = [feed.listen(house.scope, lambda: None), feed.listen(other, heard.set)]
    try:
        for _ in range(3):  # also after the feed has looked at everybody
            house.desk.commit(other, [], Fact(name="thing.happened", subject="here"))
            assert heard.wait(10)
            assert len(listeners[1].take()) == 1
            heard.clear()
            threading.Event().wait(0.7)
    finally:
        feed.close()


def test_many_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    """Six threads of three processes' worth of services over one SQLite file."""
    clock = SystemClock()
    file = SqliteFile(tmp_path / "tables.db", clock=clock)
    scope = Scope(account=AccountId("acc_1"), actor="test")
    desks = []
    for _ in range(3):
        tables = SqliteTables(file, clock=clock)
        desks.append(Desk(tables, OutboxEvents(tables), clock))
    trails = [Activities(desk, memory_seal()) for desk in desks]
    problems: list[BaseException] = []

    def write(desk: Desk, writer: int) -> None:
        try:
            for number in range(15):
                desk.commit(scope, [], Fact(name="thing.happened", subject=f"{writer}/{number}"))
        except BaseException as error:  # noqa: BLE001
            problems.append(error)

    threads = [threading.Thread(target=write, args=(desks[writer % 3], writer)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desks[0].deliver()
    assert problems == []
    kept = list(trails[0].after(scope, 0, limit=500))
    assert sorted(line.subject for line in kept) == sorted(f"{writer}/{number}" for writer in range(6) for number in range(15))
    assert [line.seq for line in kept] == list(range(1, 91))
    assert all(trail.verify(scope) is None for trail in trails)


def test_who_caught_up_further_than_the_feed_has_read_hears_the_rest_once(house: Rooms) -> None:
    """Somebody who comes back reads the trail itself, and may be ahead of the thread that reads for everybody."""
    elsewhere = Activities(Desk(house.tables, OutboxEvents(house.tables), house.clock), memory_seal())
    last, feed = house.activities.last(house.scope), Feed(house.activities, SystemClock())

    def write(number: int) -> None:
        body = {"actor": "a", "subject": "s"}
        elsewhere.hear(Event(id=f"evt_more_{number}", name="source.changed", account=house.scope.account, at=house.clock.now(), body=body))

    listener = feed.listen(house.scope, lambda: None, behind=last - 1)
    try:
        for number in range(3):
            write(number)
        heard = [one.id for one in listener.catch_up()]
        heard += [one.id for one in listener.take()]
        write(3)
        for _ in range(50):
            heard += [one.id for one in listener.take()]
            threading.Event().wait(0.05)
    finally:
        feed.close()
    assert heard == list(range(last, last + 5))
