"""Kills a restore, and its undoing, over a platform that outlives the child; people go on working on the platform meanwhile.

After every kill: no record is there twice, no person's edit is gone that no snapshot holds. After every undoing: everything is as it was before the restore,
except what people changed since.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Connector
from listbackup.connectors.engine.record import Json, Key
from listbackup.services.data import RestoreState
from listbackup.services.runs import Means, RunState, Work
from listbackup.testing.clock import EPOCH, ManualClock
from listbackup.testing.kill9.fork import NEVER, Ended, Tell, live
from listbackup.testing.kill9.wire import Desk, FarConnector, pair
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

ANEW_AFTER = 60  # kills of one life
COMPANIES, CONTACTS = 3, 6
Place = tuple[str, int]
Content = dict[Place, dict[str, Json]]


class GivingBack:
    """Lives of a platform and of the restores to it, one after another."""

    def __init__(self, home: Path, dice: random.Random) -> None:
        self._home, self._dice = home, dice
        self._usual, self._asks = 0.03, 20.0  # seconds that a whole child takes and requests that it sends, learnt as we go
        self.restored = self.undone = self._lives = self._kills = self._ended = 0
        self._open = self._undoing = False
        self._begin()

    def once(self) -> Ended:
        """One child that restores or undoes, killed or not. Raises AssertionError for what must not be."""
        if self._kills >= ANEW_AFTER and not self._open:
            self._begin()
        if not self._open:
            self._prepare()
        ended = self._child()
        self._kills += ended.killed
        for line in ended.said:
            if line not in ("restored", "undone"):
                raise AssertionError(line)
        self._judge()
        if "restored" in ended.said:
            self.restored += 1
            self._ended += 1
            self._open, self._undoing = self._dice.random() < 0.7, True
        if "undone" in ended.said:
            self.undone += 1
            self._judge_undone()
            self._open = False
        return ended

    # the life -----------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(parents=True)
        self._kills, self._open, self._undoing = 0, False, False
        self._edits, self._ended, self._now = 0, 0, EPOCH
        self._edited, self._touched = dict[Place, str](), set[Place]()
        self._before: Content = {}
        self._lives += 1
        self._repeats = self._lives % 2 == 0  # every second platform knows no idempotency keys
        keeps = self._dice.random() < 0.3
        streams = (
            fake_stream("companies", keeps_id=keeps, knows_repetitions=not self._repeats),
            fake_stream("contacts", keeps_id=keeps, knows_repetitions=not self._repeats, references={"company": "companies"}),
        )
        self.world = fake_platform(*streams)
        self.world.knows_repetitions = not self._repeats
        for number in range(1, COMPANIES + 1):
            self.world.put("companies", number, name=f"company {number}", mark="")
        for number in range(1, CONTACTS + 1):
            self.world.put("contacts", number, name=f"contact {number}", company=self._dice.randint(1, COMPANIES), mark="")
        self._made = set(self._content())
        with self._house(FakeConnector(self.world)) as house:
            house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
            house.sources.create(house.scope, connection="shop", name="crm")
            self._back_up(house)

    def _prepare(self) -> None:
        """Changes and deletions, in a snapshot or in none, and a restore to come."""
        for _ in range(self._dice.randint(1, 5)):
            self._disturb()
        if self._dice.random() < 0.4:
            with self._house(FakeConnector(self.world)) as house:
                self._back_up(house)
            self._edited.clear()
        self._before, self._open, self._undoing = self._content(), True, False
        self._touched.clear()

    def _back_up(self, house: Rooms) -> None:
        run = house.runs.backup(house.scope, "crm", Work(owner="test"), full=True)
        assert run.state is RunState.SUCCEEDED, run.message

    def _disturb(self) -> None:
        place = self._somewhere()
        if place is None:
            return
        stream, id_ = place
        if self._dice.random() < 0.6:
            self.world.drop(stream, id_)
            self._edited.pop(place, None)
        else:
            self._edit(place)

    def _somewhere(self) -> Place | None:
        places = sorted(self._content())
        return self._dice.choice(places) if places else None

    def _edit(self, place: Place) -> None:
        self._edits += 1
        self._edited[place] = f"edit {self._edits}"
        self._touched.add(place)
        self.world.put(*place, mark=self._edited[place])

    def _meanwhile(self, request: str, stream: str, key: Key) -> None:
        """A person changes a record, often the one that is being worked on."""
        if self._dice.random() > 0.04:
            return
        near = (stream, key[0]) if key and isinstance(key[0], int) else None
        place = near if near in self._content() and self._dice.random() < 0.7 else self._somewhere()
        if place is not None and (place in self._made or not self._repeats):  # without idempotency keys a changed copy is nobody's copy
            self._edit(place)

    # the child ----------------------------------------------------------------------------------------------------------

    def _child(self) -> Ended:
        self._now += timedelta(minutes=3)  # what the child before held is free
        here, there = pair()
        desk = Desk(self.world, here)

        def work(tell: Tell) -> None:
            here.close()
            with self._house(FarConnector(self.world, there)) as house:
                self._undo(house, tell) if self._undoing else self._restore(house, tell)

        by_requests = self._dice.random() < 0.5
        patience = 10.0 if by_requests else self._dice.uniform(0, self._usual * 1.1)
        self.world.before = self._meanwhile
        ended = live(work, patience, desk=desk, requests=self._dice.randint(0, int(self._asks)) if by_requests else NEVER)
        there.close()
        desk.bury(self._dice)
        self.world.before = lambda *_: None
        self._asks = self._asks * 1.02 if ended.killed else 0.9 * self._asks + 0.1 * desk.served
        self._usual = ended.learnt(self._usual) if not by_requests or not ended.killed else self._usual
        return ended

    def _restore(self, house: Rooms, tell: Tell) -> None:
        """Go on with the restore that was begun, or begin it."""
        found = house.restores.list(house.scope, limit=1).items
        if found and found[0].state is RestoreState.RUNNING:
            house.restores.resume(house.scope, found[0].id)
        elif len(house.restores.list(house.scope).items) == self._ended:
            house.restores.start(house.scope, house.restores.plan(house.scope, "crm", seq=1))
        tell("restored")

    def _undo(self, house: Rooms, tell: Tell) -> None:
        [latest] = house.restores.list(house.scope, limit=1).items
        house.restores.undo(house.scope, latest.id)
        tell("undone")

    @contextlib.contextmanager
    def _house(self, connector: Connector) -> Iterator[Rooms]:
        """The services over what is durable, as after a start of the process."""
        clock = ManualClock(self._now)
        tables, objects = SqliteTables(self._home / "control.db", clock=clock), FilesObjects(self._home / "objects")
        try:
            yield rooms([connector], clock=clock, tables=tables, objects=objects, means=Means(maintain=False))
        finally:
            tables.close()
            objects.close()

    # the judge ----------------------------------------------------------------------------------------------------------

    def _content(self) -> Content:
        return {
            (stream, id_): {name: value for name, value in row.items() if name != "updated_at"}
            for stream, one in self.world.streams.items()
            for id_, row in one.rows.items()
        }

    def _judge(self) -> None:
        now = self._content()
        for stream in self.world.streams:
            names = [str(row["name"]) for (of, _), row in now.items() if of == stream]
            twice = sorted(name for name in set(names) if names.count(name) > 1)
            if twice:
                raise AssertionError(f"{stream} were made more than once by a restore: {twice}")
        for place, mark in self._edited.items():
            if place not in now or now[place]["mark"] != mark:
                raise AssertionError(f"{place}: a person's {mark!r} is gone, there is {now.get(place)}")

    def _judge_undone(self) -> None:
        now = self._content()
        for place in {*self._before, *now} - self._touched:
            if self._before.get(place) != now.get(place):
                raise AssertionError(f"{place} after undoing: {self._before.get(place)} became {now.get(place)}")
