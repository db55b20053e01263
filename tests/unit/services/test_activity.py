"""Every change is a line of a chained trail; no line can be changed, dropped or moved unseen."""

from __future__ import annotations

import msgspec
import pytest

from listbackup.backends.events.port import Event
from listbackup.backends.table.port import Item
from listbackup.base.secret import Secret
from listbackup.services.activity import ACTIVITY, Wanted
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
        for name in ("actor", "action", "subject", "at", "event", "previous", "hash"):
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
