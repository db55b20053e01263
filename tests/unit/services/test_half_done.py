"""What a crash leaves between two writes is brought to its end, whatever comes in between."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.objects.memory import MemoryObjects
from listbackup.base.errors import BackendError, Interrupted, NotFound
from listbackup.base.secret import Secret
from listbackup.processor.backup import Cadence
from listbackup.services.data import Errands, ExportFormat
from listbackup.services.downloads import Delivery, Kind
from listbackup.services.erasures import Erasure, ErasureState, Order
from listbackup.services.erasures.lists import Lists
from listbackup.services.erasures.model import Named
from listbackup.services.erasures.table import ERASURE_LISTS
from listbackup.services.exports import Exports
from listbackup.services.runs import Means, RunState, Work
from listbackup.services.scope import Scope
from listbackup.services.sources import SOURCES, Purge, Source
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import MemoryKeys, Rooms, rooms

ME = Work(owner="test")
WEEK = timedelta(days=7, seconds=1)


class BreakingObjects(MemoryObjects):
    """Objects whose deletions fail once told so, after some went through."""

    left: int | None = None

    def delete(self, name: str) -> None:
        if self.left is not None:
            if self.left == 0:
                raise BackendError("the machine is gone")
            self.left -= 1
        super().delete(name)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        made.put("contacts", number, name=f"contact {number}")
    return made


@pytest.fixture
def objects() -> BreakingObjects:
    return BreakingObjects()


@pytest.fixture
def house(world: FakePlatform, clock: ManualClock, objects: BreakingObjects) -> Rooms:
    means = Means(cadence=Cadence(every=timedelta(0)), maintain=False)
    made = rooms([FakeConnector(world)], clock=clock, means=means, objects=objects)
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    return made


def source(house: Rooms, name: str) -> str:
    """A source with a snapshot."""
    made = house.sources.create(house.scope, connection="shop", name=name)
    assert house.runs.backup(house.scope, name, ME).state is RunState.SUCCEEDED
    return str(made.id)


# the trash of sources


def test_a_source_whose_purge_has_begun_is_not_taken_back_without_its_snapshots(
    house: Rooms, objects: BreakingObjects, clock: ManualClock
) -> None:
    gone = source(house, "crm")
    house.sources.delete(house.scope, gone)
    clock.advance(WEEK)
    objects.left = 1
    house.purge.carry_out(house.scope)
    objects.left = None
    assert house.sources.trash(house.scope).items == []
    for named in (gone, "crm"):
        with pytest.raises(NotFound):
            house.sources.take_back(house.scope, named)
    assert [one.id for one in house.purge.carry_out(house.scope)] == [gone]
    assert list(objects.list(f"{house.scope.account}/{gone}")) == []
    assert house.desk.open(SOURCES, house.scope).query(prefix="trash/").items == []


def test_a_source_that_is_taken_back_as_its_purge_begins_keeps_its_snapshots(house: Rooms, clock: ManualClock) -> None:
    back = source(house, "crm")
    house.sources.delete(house.scope, back)
    clock.advance(WEEK)

    class Late(Purge):
        """Somebody is quicker, between its look and its first act."""

        def _is_held(self, scope: Scope, source: Source) -> bool:
            house.sources.take_back(house.scope, back)
            return False

    assert Late(house.desk, house.stores).carry_out(house.scope) == []
    assert len(list(house.stores.open(house.scope, back).snapshots())) == 1


def test_a_held_snapshot_keeps_its_source_in_the_trash_for_as_long_as_it_is_held(house: Rooms, clock: ManualClock) -> None:
    held = source(house, "crm")
    house.upkeep.hold(house.scope, held, None, "an audit")
    house.sources.delete(house.scope, held)
    clock.advance(10 * WEEK)
    assert house.purge.carry_out(house.scope) == []
    house.sources.take_back(house.scope, held)
    assert len(house.data.snapshots(house.scope, held)) == 1
    house.upkeep.release(house.scope, held, None)
    house.sources.delete(house.scope, held)
    clock.advance(WEEK)
    assert [one.id for one in house.purge.carry_out(house.scope)] == [held]


def test_no_purge_begins_while_the_clock_cannot_be_believed(house: Rooms, clock: ManualClock) -> None:
    gone = source(house, "crm")
    house.sources.delete(house.scope, gone)
    clock.jump(clock.now() + timedelta(days=400))
    assert Purge(house.desk, house.stores, is_steady=lambda: False).carry_out(house.scope) == []
    assert [one.source.id for one in house.sources.trash(house.scope).items] == [gone]
    assert [one.id for one in Purge(house.desk, house.stores, is_steady=lambda: True).carry_out(house.scope)] == [gone]


def test_a_source_that_cannot_be_purged_holds_up_no_other(house: Rooms, clock: ManualClock) -> None:
    first, second = sorted((source(house, "one"), source(house, "two")))
    for one in (first, second):
        house.sources.delete(house.scope, one)
    clock.advance(WEEK)

    def fail(_: Scope, of: str) -> None:
        if of == first:
            raise BackendError("the bucket does not answer")

    assert [one.id for one in Purge(house.desk, house.stores, also=(fail,)).carry_out(house.scope)] == [second]


# erasures


def lists_of(house: Rooms, erasure: Erasure) -> int:
    return len(house.desk.open(ERASURE_LISTS, house.scope).query(part=erasure.id).items)


def asked(house: Rooms) -> Erasure:
    return house.erasures.ask(house.scope, Order(text="contact 7"), reason="asked by letter")


@pytest.mark.parametrize("dies", ["the list is being forgotten", "nothing"])
def test_who_was_erased_is_forgotten_also_after_a_crash(house: Rooms, monkeypatch: pytest.MonkeyPatch, dies: str) -> None:
    source(house, "crm")
    erasure = asked(house)
    assert house.erasures.carry_out(house.scope, erasure.id).records == 1
    house.erasures.order(house.scope, erasure.id)
    with monkeypatch.context() as patch:
        if dies != "nothing":
            patch.setattr(Lists, "clear", fail)
            with pytest.raises(BackendError):
                house.erasures.carry_out(house.scope, erasure.id)
        else:
            house.erasures.carry_out(house.scope, erasure.id)
    tend(house)
    done = house.erasures.get(house.scope, erasure.id)
    assert (done.state, lists_of(house, done)) == (ErasureState.DONE, 0)


def test_what_a_cancelled_erasure_looked_for_is_forgotten_also_after_a_crash(house: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    source(house, "crm")
    erasure = asked(house)
    with monkeypatch.context() as patch:
        patch.setattr(Lists, "clear", fail)
        with pytest.raises(BackendError):
            house.erasures.cancel(house.scope, erasure.id)
    assert lists_of(house, erasure) == 1
    tend(house)
    assert (house.erasures.get(house.scope, erasure.id).state, lists_of(house, erasure)) == (ErasureState.CANCELLED, 0)


def test_what_is_found_after_a_search_was_cancelled_is_forgotten(house: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    source(house, "crm")
    erasure, write = asked(house), Lists.write

    def late(self: Lists, found: Sequence[Named]) -> int:
        house.erasures.cancel(house.scope, erasure.id)
        return write(self, found)

    monkeypatch.setattr(Lists, "write", late)
    with pytest.raises(Interrupted):
        house.erasures.carry_out(house.scope, erasure.id)
    assert lists_of(house, erasure) == 0


# exports


def test_what_a_killed_process_left_in_the_clear_goes_with_its_export(house: Rooms, tmp_path: Path) -> None:
    crm = source(house, "crm")
    exports = Exports(house.desk, data=house.data, downloads=house.downloads, objects=house.objects, keys=MemoryKeys(), workspace=tmp_path)
    snapshot = next(iter(house.stores.open(house.scope, crm).snapshots()))
    for end in (exports.delete, exports.cancel):
        made = exports.start(house.scope, crm, snapshot, form=ExportFormat.JSONL)
        room = exports.room_of(house.scope, made.id)
        room.mkdir(parents=True)
        (room / "contacts.jsonl").write_text("in the clear")
        end(house.scope, made.id)
        assert not room.exists()
    lost = exports.room_of(house.scope, "exp_of_a_row_that_is_gone")
    lost.mkdir(parents=True)
    (lost / "contacts.jsonl").write_text("in the clear")
    with closing(Errands()) as errands:
        exports.tend(house.scope, errands)
    assert not lost.exists()


# downloads


def test_a_ticket_for_what_cannot_be_opened_now_is_not_used_up(house: Rooms) -> None:
    down = True

    def open_(_: Scope, thing: str) -> Delivery:
        if down:
            raise BackendError("the bucket does not answer")
        return Delivery(filename=thing, media_type="text/plain", chunks=iter([b"here"]))

    house.downloads.deliver(Kind.FILE, open_)
    ticket = house.downloads.offer(house.scope, Kind.FILE, "thing", subject="thing")
    with pytest.raises(BackendError):
        house.downloads.use(ticket.token)
    down = False
    assert b"".join(house.downloads.use(ticket.token).chunks) == b"here"
    with pytest.raises(NotFound):
        house.downloads.use(ticket.token)


def tend(house: Rooms) -> None:
    with closing(Errands()) as errands:
        house.erasures.tend(house.scope, errands)
        errands.finish()


def fail(*_: object, **__: object) -> None:
    raise BackendError("the machine is gone")
