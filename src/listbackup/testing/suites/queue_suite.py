"""What every queue adapter keeps. An adapter's test is a class with ``make``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.queue.port import DeadLetter, LeaseLost, Message, Queue
from listbackup.base.errors import InputError, NotFound
from listbackup.testing.clock import ManualClock
from listbackup.testing.together import in_threads

MAX_RECEIVES = 3


class QueueSuite:
    """The contract of ``queue/port.py``, sentence by sentence.

    A queue that goes by a clock of its own says how finely (``tick``), and gets shorter leases and a clock that really waits.
    """

    lease = timedelta(seconds=30)
    short = timedelta(seconds=30)  # a lease that runs out many times
    tick = timedelta(milliseconds=1)
    slack = timedelta()  # how far instants may be apart

    def make(self, folder: Path, clock: ManualClock, max_receives: int) -> Queue:
        """A fresh queue, or the one kept in ``folder`` before."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> ManualClock:
        """A clock that stands still."""
        return ManualClock()

    @pytest.fixture
    def queue(self, tmp_path: Path, clock: ManualClock) -> Queue:
        """The queue under test; three deliveries are the most."""
        return self.make(tmp_path, clock, MAX_RECEIVES)

    def test_a_message_is_delivered_as_it_was_sent(self, queue: Queue, clock: ManualClock) -> None:
        sent_at = clock.now()
        message_id = queue.send("g", b"\x00body\xff")
        clock.advance(self.short)
        [message] = queue.receive(lease=self.lease)
        assert (message.id, message.group, message.body, message.receives) == (message_id, "g", b"\x00body\xff", 1)
        assert abs(message.sent_at - sent_at) <= self.slack

    def test_an_empty_queue_gives_nothing(self, queue: Queue) -> None:
        assert (list(queue.receive(lease=self.lease)), queue.depth(), list(queue.list_dead())) == ([], 0, [])

    def test_what_is_leased_is_hidden_until_acknowledged_and_then_gone(self, queue: Queue, clock: ManualClock) -> None:
        queue.send("g", b"1")
        [message] = queue.receive(lease=self.lease)
        assert (bodies(queue.receive(limit=9, lease=self.lease)), queue.depth()) == ([], 1)
        queue.ack(message.receipt)
        clock.advance(self.lease * 2)
        assert (bodies(queue.receive(lease=self.lease)), queue.depth()) == ([], 0)

    def test_a_group_is_delivered_in_order_one_at_a_time(self, queue: Queue) -> None:
        for n in range(3):
            queue.send("g", str(n).encode())
        seen = []
        while received := queue.receive(limit=10, lease=self.lease):
            assert len(received) == 1
            seen += bodies(received)
            queue.ack(received[0].receipt)
        assert seen == [b"0", b"1", b"2"]

    def test_groups_do_not_wait_for_each_other(self, queue: Queue) -> None:
        for group in ("a", "b", "a", "c"):
            queue.send(group, group.encode())
        assert bodies(queue.receive(limit=2, lease=self.lease)) == [b"a", b"b"]
        assert bodies(queue.receive(limit=2, lease=self.lease)) == [b"c"]
        assert bodies(queue.receive(limit=2, lease=self.lease)) == []

    def test_a_lease_that_runs_out_makes_the_message_visible_and_its_receipt_worthless(self, queue: Queue, clock: ManualClock) -> None:
        queue.send("g", b"1")
        queue.send("g", b"2")
        [first] = queue.receive(lease=self.lease)
        clock.advance(self.lease - self.tick)
        assert bodies(queue.receive(lease=self.lease)) == []
        clock.advance(self.tick)
        for use in (queue.ack, queue.release, lambda receipt: queue.extend(receipt, self.lease)):
            with pytest.raises(LeaseLost):
                use(first.receipt)
        [second] = queue.receive(lease=self.lease)
        assert (second.id, second.body, second.receives) == (first.id, b"1", 2)
        with pytest.raises(LeaseLost):
            queue.ack(first.receipt)
        queue.ack(second.receipt)
        assert bodies(queue.receive(lease=self.lease)) == [b"2"]

    def test_a_lease_can_be_extended_from_now(self, queue: Queue, clock: ManualClock) -> None:
        queue.send("g", b"1")
        [message] = queue.receive(lease=self.lease)
        for _ in range(5):
            clock.advance(self.lease - self.tick)
            queue.extend(message.receipt, self.lease)
            assert bodies(queue.receive(lease=self.lease)) == []
        queue.ack(message.receipt)
        assert queue.depth() == 0

    def test_a_receipt_is_good_for_one_end(self, queue: Queue) -> None:
        queue.send("g", b"1")
        [message] = queue.receive(lease=self.lease)
        queue.ack(message.receipt)
        for use in (queue.ack, queue.release, lambda receipt: queue.extend(receipt, self.lease)):
            with pytest.raises(LeaseLost):
                use(message.receipt)
        with pytest.raises(LeaseLost):
            queue.ack("no receipt")

    def test_a_released_message_comes_again_after_its_delay_and_before_those_behind_it(self, queue: Queue, clock: ManualClock) -> None:
        queue.send("g", b"1")
        queue.send("g", b"2")
        [message] = queue.receive(lease=self.lease)
        queue.release(message.receipt, delay=self.lease)
        clock.advance(self.lease - self.tick)
        assert bodies(queue.receive(lease=self.lease)) == []
        clock.advance(self.tick)
        [again] = queue.receive(lease=self.lease)
        assert (again.body, again.receives) == (b"1", 2)

    def test_a_delayed_message_waits_and_holds_up_its_group_only(self, queue: Queue, clock: ManualClock) -> None:
        queue.send("g", b"1", delay=self.lease)
        queue.send("g", b"2")
        queue.send("h", b"3")
        assert bodies(queue.receive(limit=9, lease=self.lease * 2)) == [b"3"]
        clock.advance(self.lease)
        assert bodies(queue.receive(limit=9, lease=self.lease)) == [b"1"]

    def test_a_message_delivered_too_often_dies_and_the_group_moves_on(self, queue: Queue, clock: ManualClock) -> None:
        poison = queue.send("g", b"poison")
        queue.send("g", b"next")
        for n in range(MAX_RECEIVES):
            [message] = queue.receive(lease=self.short)
            assert (message.id, message.receives) == (poison, n + 1)
            clock.advance(self.short)
        assert bodies(queue.receive(lease=self.short)) == [b"next"]
        [dead] = queue.list_dead()
        assert (dead.id, dead.group, dead.body, dead.receives) == (poison, "g", b"poison", MAX_RECEIVES)
        self.died_now(dead, clock)
        assert queue.depth() == 1

    def test_the_last_delivery_can_still_be_acknowledged(self, queue: Queue, clock: ManualClock) -> None:
        queue.send("g", b"1")
        for _ in range(MAX_RECEIVES):
            clock.advance(self.short)
            [message] = queue.receive(lease=self.short)
        assert list(queue.list_dead()) == []
        queue.ack(message.receipt)
        clock.advance(self.short)
        assert (list(queue.list_dead()), queue.depth()) == ([], 0)

    def test_the_dead_are_listed_oldest_first_and_leave_no_trace_in_the_depth(self, queue: Queue, clock: ManualClock) -> None:
        for n in range(3):
            queue.send(f"g{n}", str(n).encode())
            kill(queue, clock, self.short)
        assert [dead.body for dead in queue.list_dead()] == [b"0", b"1", b"2"]
        assert [dead.body for dead in queue.list_dead(limit=2)] == [b"0", b"1"]
        assert queue.depth() == 0

    def test_a_redriven_message_starts_anew_at_the_end_of_its_group(self, queue: Queue, clock: ManualClock) -> None:
        dead = queue.send("g", b"dead")
        kill(queue, clock, self.short)
        queue.send("g", b"young")
        queue.redrive(dead)
        [young] = queue.receive(lease=self.lease)
        queue.ack(young.receipt)
        [back] = queue.receive(lease=self.lease)
        assert (young.body, back.id, back.body, back.receives, list(queue.list_dead())) == (b"young", dead, b"dead", 1, [])
        with pytest.raises(NotFound):
            queue.redrive(dead)

    def test_the_same_dedup_id_within_five_minutes_is_sent_once(self, queue: Queue, clock: ManualClock) -> None:
        first = queue.send("g", b"1", dedup_id="d")
        assert queue.send("g", b"1 again", dedup_id="d") == first
        [message] = queue.receive(lease=self.lease)
        queue.ack(message.receipt)
        assert queue.send("g", b"1 again", dedup_id="d") == first
        assert (queue.depth(), message.body) == (0, b"1")

    def test_a_dedup_id_is_forgotten_after_five_minutes(self, queue: Queue, clock: ManualClock) -> None:
        first = queue.send("g", b"1", dedup_id="d")
        [message] = queue.receive(lease=self.lease)
        queue.ack(message.receipt)
        clock.advance(timedelta(minutes=5) - self.tick - self.slack)
        assert queue.send("g", b"1 again", dedup_id="d") == first
        assert queue.depth() == 0
        clock.advance(self.tick + self.slack)
        assert queue.send("g", b"2", dedup_id="d") != first
        assert bodies(queue.receive(lease=self.lease)) == [b"2"]

    def test_what_cannot_be_is_refused_by_name(self, queue: Queue) -> None:
        attempts: list[tuple[str, Callable[[], object]]] = [
            ("group", lambda: queue.send("", b"")),
            ("body", lambda: queue.send("g", b"x" * (256 * 1024 + 1))),
            ("delay", lambda: queue.send("g", b"", delay=timedelta(seconds=-1))),
            ("limit", lambda: queue.receive(limit=0, lease=self.lease)),
            ("lease", lambda: queue.receive(lease=timedelta())),
            ("lease", lambda: queue.extend("r", timedelta())),
        ]
        for field, attempt in attempts:
            with pytest.raises(InputError) as refused:
                attempt()
            assert refused.value.field == field
        assert queue.depth() == 0

    def test_many_receivers_at_once_get_each_message_once(self, queue: Queue) -> None:
        for n in range(40):
            queue.send(f"g{n % 8}", str(n).encode())
        got: list[bytes] = []
        lock = threading.Lock()

        def work() -> None:
            while queue.depth():
                for message in queue.receive(limit=2, lease=self.lease):
                    with lock:
                        got.append(message.body)
                    queue.ack(message.receipt)

        in_threads(work, 4)
        assert sorted(got) == sorted(str(n).encode() for n in range(40))
        for group in range(8):
            mine = [int(body) for body in got if int(body) % 8 == group]
            assert mine == sorted(mine)

    def died_now(self, dead: DeadLetter, clock: ManualClock) -> None:
        """The letter says that it died at this instant."""
        assert abs(dead.died_at - clock.now()) <= self.slack


def bodies(messages: Sequence[Message]) -> list[bytes]:
    """What the messages say, in their order."""
    return [message.body for message in messages]


def kill(queue: Queue, clock: ManualClock, lease: timedelta) -> None:
    """Let the one message that is ready be delivered until it dies."""
    for _ in range(MAX_RECEIVES):
        assert queue.receive(lease=lease)
        clock.advance(lease)
    assert not queue.receive(lease=lease)
