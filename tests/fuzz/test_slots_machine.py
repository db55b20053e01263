"""Runs that begin, wait for a slot, end and lose their workers in any order: never more at once than may, and none is forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from listbackup.base.errors import BusyError
from listbackup.base.ids import RunId, SourceId
from listbackup.processor.progress import RunState
from listbackup.services.runs import Limits, NoRoom, Run, Trigger
from listbackup.services.runs.ledger import ACTIVE, Ledger
from listbackup.services.runs.slots import Slots
from listbackup.testing.clock import ManualClock
from listbackup.testing.system import rooms

LIMITS = Limits(per_account=2, per_connection=1)
LEASE = timedelta(seconds=60)
SOURCES = st.integers(0, 5)


class SlotsMachine(RuleBasedStateMachine):
    """Against a plain set of who is inside."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        house = rooms([], clock=self.clock)
        self.desk = house.desk
        self.ledger = Ledger(house.desk, house.scope, LIMITS)
        self.held: dict[str, Run] = {}  # by workers that live
        self.parked: set[str] = set()

    def connection(self, source: int) -> str:
        return f"con_{source % 3}"

    @rule(source=SOURCES, patient=st.booleans())
    def work(self, source: int, patient: bool) -> None:
        """A message comes to a hand, or (not patient) a person at the machine asks."""
        id_ = RunId(self.desk.new_id("run"))
        run = self.ledger.open(Run(id=id_, source=SourceId(f"src_{source}"), trigger=Trigger.MANUAL, queued_at=self.clock.now()))
        busy = len(self.inside())
        through = [one for one in self.inside() if self.of(one) == self.connection(source)]
        try:
            held = self.ledger.take(run.id, "worker", LEASE, connection=self.connection(source), must_fit=patient)
        except NoRoom:
            assert patient
            assert busy >= LIMITS.per_account or len(through) >= LIMITS.per_connection
            self.ledger.park(run.id, self.connection(source))
            if self.ledger.rows.get(run.id).state is RunState.QUEUED:
                self.parked.add(run.id)
            return
        except BusyError:
            assert run.id in self.held
            return
        if patient:
            others = [one for one in self.inside() if one != run.id]
            assert len(others) < LIMITS.per_account
            assert sum(self.of(one) == self.connection(source) for one in others) < LIMITS.per_connection
        self.held[run.id] = held
        self.parked.discard(run.id)

    @rule(place=st.integers(0, 10), state=st.sampled_from([RunState.SUCCEEDED, RunState.FAILED, RunState.QUEUED]))
    def end(self, place: int, state: RunState) -> None:
        """A run ends, or is interrupted; who waited is called."""
        if not self.held:
            return
        run = list(self.held.values())[place % len(self.held)]
        self.ledger.settle(run, lambda old: Run(**{**{name: getattr(old, name) for name in old.__slots__}, "state": state}), "ended")
        del self.held[run.id]
        called = self.ledger.call_parked()
        if called is not None:
            assert called.id in self.parked
            self.parked.discard(called.id)

    @rule(place=st.integers(0, 10))
    def die(self, place: int) -> None:
        """A worker dies; its lease runs out, and those of nobody else."""
        if not self.held:
            return
        lost = list(self.held)[place % len(self.held)]
        del self.held[lost]
        self.clock.advance(LEASE)
        for run in list(self.held.values()):
            self.held[run.id] = self.ledger.hold(run, LEASE)

    @invariant()
    def whoever_waits_is_remembered(self) -> None:
        assert self.parked == {
            str(item["sk"]).removeprefix("parked/") for item in self.ledger._table.query(prefix="parked/", limit=100).items
        }

    @invariant()
    def whoever_works_has_a_slot(self) -> None:
        _, inside = self.ledger.slots._read()
        assert set(self.held) <= set(inside)
        assert set(inside) <= {run.id for run in self.ledger.rows.iter(part=ACTIVE, index="active")}

    def inside(self) -> list[str]:
        """Runs with a live worker, and those whose worker's lease has not run out."""
        return [run.id for run in self.ledger.rows.iter(part=ACTIVE, index="active") if self.ledger._is_held(run.id)]

    def of(self, run: str) -> str:
        return self.connection(int(self.ledger.rows.get(run).source.removeprefix("src_")))


def story(examples: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        SlotsMachine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None, database=None, phases=phases)
    )


def test_never_more_runs_go_on_than_may_and_nobody_who_waits_is_forgotten() -> None:
    story(60)


@pytest.mark.parametrize("mistake", ["no limit", "a slot is kept", "who leaves calls nobody's row"])
def test_the_machine_of_slots_notices(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    if mistake == "no limit":
        monkeypatch.setattr(Slots, "_fits", lambda *_: True)
    elif mistake == "a slot is kept":
        monkeypatch.setattr(Slots, "leave", lambda *_: [])
    else:
        monkeypatch.setattr(Slots, "unpark", lambda *_: [])
        monkeypatch.setattr(Slots, "enter", lambda self, run, connection, must_fit: Slots.leave(self, run))
    with pytest.raises((AssertionError, FlakyFailure)):
        story(60, (Phase.generate,))


@pytest.mark.long
def test_slots_for_long() -> None:
    story(3000)
