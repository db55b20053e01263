"""A state machine that tells a queue and a plain model the same things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from listbackup.backends.queue.port import LeaseLost, Queue
from listbackup.base.errors import NotFound
from listbackup.testing.clock import ManualClock

MAX_RECEIVES = 2

Ground = Callable[[ManualClock, int], Queue]  # called again: what was kept by the first (SQLite), as after a restart

_SECONDS = st.sampled_from([1, 2, 5, 40])


class QueueMachine(RuleBasedStateMachine):
    """Whatever was sent, leased, lost and given up, the queue and a list of dicts agree on who gets what next."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.ground = ground
        self.queue = ground(self.clock, MAX_RECEIVES)
        self.waiting: list[dict[str, Any]] = []  # in the order they were sent
        self.dead: list[dict[str, Any]] = []
        self.seen: dict[str, tuple[float, str]] = {}
        self.receipts: list[str] = []
        self.count = 0

    @rule(group=st.sampled_from("abc"), dedup=st.one_of(st.none(), st.sampled_from(["d", "e"])), delay=st.sampled_from([0, 0, 0, 3]))
    def send(self, group: str, dedup: str | None, delay: int) -> None:
        """Something new, or the same again."""
        self.count += 1
        body = str(self.count).encode()
        sent = self.queue.send(group, body, dedup_id=dedup, delay=timedelta(seconds=delay))
        if dedup in self.seen and self.seen[dedup][0] > self._now():
            assert sent == self.seen[dedup][1]
            return
        if dedup is not None:
            self.seen[dedup] = (self._now() + 300, sent)
        self.waiting.append({"id": sent, "group": group, "body": body, "at": self._now() + delay, "receives": 0, "receipt": None})

    @rule(limit=st.integers(1, 3), lease=_SECONDS)
    def receive(self, limit: int, lease: int) -> None:
        """The heads of the groups, longest sent first."""
        self._bury()
        ready = [message for message in self._heads() if message["at"] <= self._now()][:limit]
        got = self.queue.receive(limit=limit, lease=timedelta(seconds=lease))
        assert [(one.id, one.body, one.receives) for one in got] == [(one["id"], one["body"], one["receives"] + 1) for one in ready]
        for message, delivery in zip(ready, got, strict=True):
            message.update(at=self._now() + lease, receives=delivery.receives, receipt=delivery.receipt)
            self.receipts.append(delivery.receipt)

    @precondition(lambda self: self.receipts)
    @rule(data=st.data(), use=st.sampled_from(["ack", "release", "extend"]), seconds=_SECONDS)
    def use_receipt(self, data: st.DataObject, use: str, seconds: int) -> None:
        """A receipt, good or long worthless."""
        receipt = data.draw(st.sampled_from(self.receipts[-6:]))
        held = [message for message in self.waiting if message["receipt"] == receipt and message["at"] > self._now()]
        try:
            if use == "ack":
                self.queue.ack(receipt)
            elif use == "release":
                self.queue.release(receipt, delay=timedelta(seconds=seconds))
            else:
                self.queue.extend(receipt, timedelta(seconds=seconds))
        except LeaseLost:
            assert held == []
            return
        assert len(held) == 1
        message = held[0]
        if use == "ack":
            self.waiting.remove(message)
        else:
            message.update(at=self._now() + seconds, receipt=None if use == "release" else receipt)

    @precondition(lambda self: self.dead)
    @rule(data=st.data())
    def redrive(self, data: st.DataObject) -> None:
        """A dead letter goes back to the end of its group."""
        message = data.draw(st.sampled_from(self.dead))
        self._bury()
        self.queue.redrive(message["id"])
        self.dead.remove(message)
        self.waiting.append({**message, "at": self._now(), "receives": 0, "receipt": None})
        try:
            self.queue.redrive(message["id"])
        except NotFound:
            return
        raise AssertionError("a message was redriven twice")

    @rule(seconds=st.sampled_from([0.5, 1, 2, 5, 60, 299]))
    def advance(self, seconds: float) -> None:
        """Time passes; leases run out."""
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def restart(self) -> None:
        """Another process opens what was kept."""
        self.queue = self.ground(self.clock, MAX_RECEIVES)

    @invariant()
    def the_same_wait_and_the_same_are_dead(self) -> None:
        """Depth and dead letters agree."""
        self._bury()
        assert self.queue.depth() == len(self.waiting)
        assert [dead.body for dead in self.queue.list_dead()] == [dead["body"] for dead in self.dead]

    def _heads(self) -> list[dict[str, Any]]:
        heads: dict[str, dict[str, Any]] = {}
        for message in self.waiting:
            heads.setdefault(message["group"], message)
        return list(heads.values())

    def _bury(self) -> None:
        for message in list(self.waiting):
            if message["receives"] >= MAX_RECEIVES and message["at"] <= self._now():
                self.waiting.remove(message)
                self.dead.append(message)

    def _now(self) -> float:
        return self.clock.now().timestamp()


def check_queue(ground: Callable[[], Ground], runs: settings) -> None:
    """Runs the machine over fresh grounds; raises AssertionError with the shortest story that ends badly."""
    run_state_machine_as_test(lambda: QueueMachine(ground()), settings=runs)  # type: ignore[arg-type]  # any maker of machines will do
