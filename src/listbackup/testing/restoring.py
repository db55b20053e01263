"""Random lives of a restore: people edit while it is planned, carried out, killed, gone on with and undone. Used by the fuzz tests and the long run.

One episode is decided by its seed. The judge knows every edit that a person made and every version that a snapshot holds, and demands:

- no person's edit that no snapshot holds is ever gone, unless the person who restored chose to overwrite;
- however often the restore was killed, no record was made twice;
- after undoing, everything is as it was before the restore, except what people changed since.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta

from listbackup.base.errors import Conflict, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Json, Key
from listbackup.processor.restore_model import RestorePlan
from listbackup.services.data import Restore, RestoreState, Selection
from listbackup.services.runs import Means, RunState, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

WRITES = ("create", "update", "delete")
AFTER = ("created", "updated", "deleted")


class Killed(BaseException):
    """The process died here."""


@dataclass(slots=True)
class Episode:
    """What one episode showed."""

    seed: int
    edits: int = 0
    kills: int = 0
    lost: list[str] = field(default_factory=list)  # edits of people that are nowhere any more
    twice: list[str] = field(default_factory=list)  # records that were made more than once
    unclean: list[str] = field(default_factory=list)  # what undoing left differently

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.twice or self.unclean)


class RestoreLife:
    """One episode."""

    def __init__(self, seed: int, *, refuses_stale_writes: bool = True, knows_repetitions: bool = True) -> None:
        self._dice = random.Random(seed)
        self.episode = Episode(seed=seed)
        keeps = self._dice.random() < 0.3
        self.world: FakePlatform = fake_platform(
            fake_stream("companies", keeps_id=keeps), fake_stream("contacts", keeps_id=keeps, references={"company": "companies"})
        )
        self.world.refuses_stale_writes, self.world.knows_repetitions = refuses_stale_writes, knows_repetitions
        self._edits = 0
        self._may_edit = self._may_kill = False
        self._edited: dict[tuple[str, int], str] = {}  # the mark of the latest edit by a person since the last snapshot
        self._touched: set[tuple[str, int]] = set()  # what people changed while a restore or its undoing went on
        self.house = self._house()

    def run(self) -> Episode:
        """Live it."""
        self._fill()
        self._back_up()
        self._disturb(self._dice.randint(1, 6))
        if self._dice.random() < 0.7:
            self._back_up()
            self._edited.clear()
        self._disturb(self._dice.randint(0, 3))
        before = self._content()
        made_before = {stream: set(self.world.streams[stream].rows) for stream in self.world.streams}
        restore = self._restore()
        self._judge_edits()
        self._judge_copies(made_before)
        if self._dice.random() < 0.7 and restore is not None:
            self._undo(restore, before)
        return self.episode

    # the story ----------------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        for number in range(1, 4):
            self.world.put("companies", number, name=f"company {number}", mark="")
        for number in range(1, self._dice.randint(3, 7)):
            self.world.put("contacts", number, name=f"contact {number}", company=self._dice.randint(1, 3), mark="")
        self.world.before = self._meanwhile

    def _restore(self) -> Restore | None:
        self._may_edit = True
        plan = self._plan()
        self._may_kill = True
        restore = self._persist(lambda: self.house.restores.start(self.house.scope, plan))
        for _ in range(20):
            if restore is not None and restore.state is not RestoreState.RUNNING:
                break
            found = self.house.restores.list(self.house.scope).items
            if not found:
                restore = self._persist(lambda: self.house.restores.start(self.house.scope, plan))
                continue
            latest = found[0].id
            restore = self._persist(lambda id_=latest: self.house.restores.resume(self.house.scope, id_))
        self._may_edit = self._may_kill = False
        return restore

    def _plan(self) -> RestorePlan:
        selection = Selection()
        if self._dice.random() < 0.3:
            selection = Selection(keys={"contacts": ((1,), (2,), (99,))})
        return self.house.restores.plan(self.house.scope, "crm", seq=1, selection=selection)

    def _undo(self, restore: Restore, before: dict[tuple[str, int], Json]) -> None:
        self._may_edit = self._may_kill = True
        for _ in range(20):
            if self._persist(lambda: self.house.restores.undo(self.house.scope, restore.id)) is not None:
                break
        self._may_edit = self._may_kill = False
        self._judge_edits()
        now = self._content()
        for place in {*before, *now}:
            if place not in self._touched and before.get(place) != now.get(place):
                self.episode.unclean.append(f"{place}: {before.get(place)} became {now.get(place)}")

    def _persist(self, act: object) -> Restore | None:
        """What the act returns; None when the process died in it, after which everything begins anew from what is durable."""
        try:
            result = act()  # type: ignore[operator]
        except Killed:
            self.episode.kills += 1
            self.house = self._house(self.house)
            return None
        except PlatformError:
            return None
        except Conflict:
            return None
        assert result is None or isinstance(result, Restore)
        return result

    # people -------------------------------------------------------------------------------------------------------------

    def _meanwhile(self, request: str, stream: str, key: Key) -> None:
        if self._may_edit and request in ("fetch", "page", *WRITES, *AFTER) and self._dice.random() < 0.06:
            self._edit(stream, key)
        if self._may_edit and request in (*WRITES, *AFTER) and self._dice.random() < 0.02:
            raise PlatformError("the platform is away", fault=PlatformFault.UNREACHABLE, status=503)
        if self._may_kill and request in (*WRITES, *AFTER, "fetch") and self._dice.random() < 0.05 and self.episode.kills < 8:
            raise Killed

    def _edit(self, stream: str, key: Key) -> None:
        """A person changes a record, often the very one that is being worked on."""
        streams = list(self.world.streams)
        if stream not in self.world.streams or self._dice.random() < 0.3:
            stream = self._dice.choice(streams)
        rows = self.world.streams[stream].rows
        if not rows:
            return
        id_ = key[0] if key and key[0] in rows and self._dice.random() < 0.7 else self._dice.choice(sorted(rows))
        assert isinstance(id_, int)
        self._edits += 1
        self.episode.edits += 1
        mark = f"edit {self._edits}"
        self.world.put(stream, id_, mark=mark)
        self._edited[stream, id_] = mark
        self._touched.add((stream, id_))

    def _disturb(self, times: int) -> None:
        """Changes and deletions between snapshots, which is what a restore is for."""
        for _ in range(times):
            stream = self._dice.choice(list(self.world.streams))
            rows = self.world.streams[stream].rows
            if not rows:
                continue
            id_ = self._dice.choice(sorted(rows))
            if self._dice.random() < 0.5:
                self.world.drop(stream, id_)
                self._edited.pop((stream, id_), None)
            else:
                self._edits += 1
                self.world.put(stream, id_, mark=f"edit {self._edits}")
                self._edited[stream, id_] = f"edit {self._edits}"

    # the judge ----------------------------------------------------------------------------------------------------------

    def _judge_edits(self) -> None:
        for (stream, id_), mark in self._edited.items():
            row = self.world.streams[stream].rows.get(id_)
            if row is None or row["mark"] != mark:
                self.episode.lost.append(f"{stream} {id_}: {mark!r} is gone, there is {row}")

    def _judge_copies(self, before: dict[str, set[int]]) -> None:
        for stream, had in before.items():
            made = [row for id_, row in self.world.streams[stream].rows.items() if id_ not in had]
            names = [str(row["name"]) for row in made]
            self.episode.twice += [f"{stream}: {name} was made {names.count(name)} times" for name in set(names) if names.count(name) > 1]

    def _content(self) -> dict[tuple[str, int], Json]:
        return {
            (stream, id_): {name: value for name, value in row.items() if name != "updated_at"}
            for stream, one in self.world.streams.items()
            for id_, row in one.rows.items()
        }

    # the house ----------------------------------------------------------------------------------------------------------

    def _house(self, before: Rooms | None = None) -> Rooms:
        """New services over the same durable ground, as after a start of the process."""
        connector = FakeConnector(self.world)
        if before is not None:
            return rooms([connector], clock=before.clock, tables=before.tables, objects=before.objects, means=Means(maintain=False))
        made = rooms([connector], means=Means(maintain=False))
        made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
        made.sources.create(made.scope, connection="shop", name="crm")
        return made

    def _back_up(self) -> None:
        assert isinstance(self.house.clock, ManualClock)
        self.house.clock.advance(timedelta(seconds=1))
        run = self.house.runs.backup(self.house.scope, "crm", Work(owner="test"), full=True)
        assert run.state is RunState.SUCCEEDED, run.message
