"""What every events adapter keeps. An adapter's test is a class with ``make``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listbackup.backends.events.port import Event, Events
from listbackup.backends.table.port import Absent, ConditionFailed, Put, Tables, TableSpec

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOBS = TableSpec(name="jobs")


class EventsSuite:
    """The contract of ``events/port.py``, sentence by sentence."""

    def make(self, folder: Path) -> tuple[Tables, Events]:
        """A fresh ground and its bus, or those kept in ``folder`` before."""
        raise NotImplementedError

    @pytest.fixture
    def ground(self, tmp_path: Path) -> tuple[Tables, Events]:
        """The tables and the bus under test."""
        return self.make(tmp_path)

    def test_an_event_is_heard_as_it_was_recorded(self, ground: tuple[Tables, Events]) -> None:
        tables, events = ground
        heard: list[Event] = []
        events.subscribe("run.succeeded", heard.append)
        sent = event(1, body={"text": "ünï", "n": 2**53, "yes": True, "none": None})
        tables.transact([events.outbox_write(sent)])
        assert heard == []
        assert (events.drain(), events.drain(), heard) == (1, 0, [sent])

    def test_an_event_of_a_transaction_that_failed_never_happened(self, ground: tuple[Tables, Events]) -> None:
        tables, events = ground
        jobs = tables.open(JOBS)
        heard: list[Event] = []
        events.subscribe("*", heard.append)
        jobs.put({"pk": "a", "sk": "1"})
        with pytest.raises(ConditionFailed):
            tables.transact([(jobs, Put(item={"pk": "a", "sk": "1"}, if_=Absent())), events.outbox_write(event(1))])
        tables.transact([(jobs, Put(item={"pk": "a", "sk": "2"}, if_=Absent())), events.outbox_write(event(2))])
        events.drain()
        assert heard == [event(2)]

    def test_events_are_heard_in_the_order_they_were_made_by_pages(self, ground: tuple[Tables, Events]) -> None:
        tables, events = ground
        heard: list[str] = []
        events.subscribe("*", lambda one: heard.append(one.id))
        for n in range(25):
            tables.transact([events.outbox_write(event(n, at=NOON - timedelta(seconds=n % 3)))])
        assert [events.drain(limit=10) for _ in range(4)] == [10, 10, 5, 0]
        assert heard == [f"evt_{n}" for n in range(25)]

    def test_a_subscriber_hears_its_name_and_what_is_below_it(self, ground: tuple[Tables, Events]) -> None:
        tables, events = ground
        heard: dict[str, list[str]] = {"run": [], "run.succeeded": [], "*": [], "runs": []}
        for name, names in heard.items():
            events.subscribe(name, lambda one, names=names: names.append(one.name))  # type: ignore[misc]
        for n, name in enumerate(["run.succeeded", "run.failed", "running.late", "run"]):
            tables.transact([events.outbox_write(event(n, name=name))])
        events.drain()
        assert heard == {
            "run": ["run.succeeded", "run.failed", "run"],
            "run.succeeded": ["run.succeeded"],
            "*": ["run.succeeded", "run.failed", "running.late", "run"],
            "runs": [],
        }

    def test_an_event_that_a_subscriber_failed_on_is_delivered_again(self, ground: tuple[Tables, Events]) -> None:
        tables, events = ground
        heard: list[str] = []
        failing = [True]

        def hear(one: Event) -> None:
            heard.append(one.id)
            if one.id == "evt_1" and failing.pop():
                raise RuntimeError("the process is killed here")

        failing.append(True)
        events.subscribe("*", hear)
        for n in range(3):
            tables.transact([events.outbox_write(event(n))])
        for _ in range(2):
            with pytest.raises(RuntimeError):
                events.drain()
        failing.append(False)
        assert events.drain() == 2
        assert heard == ["evt_0", "evt_1", "evt_1", "evt_1", "evt_2"]

    def test_many_events_are_drained_at_once(self, ground: tuple[Tables, Events]) -> None:
        tables, events = ground
        heard: list[str] = []
        events.subscribe("*", lambda one: heard.append(one.id))
        for n in range(0, 250, 50):
            tables.transact([events.outbox_write(event(n + k)) for k in range(50)])
        assert (events.drain(limit=240), events.drain(limit=240), heard) == (240, 10, [f"evt_{n}" for n in range(250)])

    def test_a_subscriber_may_record_events_of_its_own(self, ground: tuple[Tables, Events]) -> None:
        tables, events = ground
        heard: list[str] = []

        def answer(one: Event) -> None:
            heard.append(one.name)
            if one.name == "run.succeeded":
                tables.transact([events.outbox_write(event(9, name="bill.counted"))])
                assert events.drain() == 0  # not inside another delivery

        events.subscribe("*", answer)
        tables.transact([events.outbox_write(event(1))])
        assert (events.drain(), events.drain(), events.drain(), heard) == (1, 1, 0, ["run.succeeded", "bill.counted"])


def event(n: int, *, name: str = "run.succeeded", at: datetime = NOON, body: dict[str, str | int | bool | None] | None = None) -> Event:
    """An event whose id tells its number."""
    return Event(id=f"evt_{n}", name=name, account="acc_test", at=at, body=body or {})
