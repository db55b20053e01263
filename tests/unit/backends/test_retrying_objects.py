"""Patience with objects: what is tried again, what is not, and what a lost answer means."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.objects.metered import MeteredObjects, Request
from listbackup.backends.objects.port import ObjectExists
from listbackup.backends.objects.retrying import RetryingObjects
from listbackup.base.errors import BackendError, OutOfSpace
from listbackup.base.retry import RetryPolicy
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Fault, Faults, FaultyObjects


def retrying(inner: MemoryObjects, faults: Faults, *, clock: ManualClock | None = None, attempts: int = 6) -> RetryingObjects:
    policy = RetryPolicy(attempts=attempts)
    return RetryingObjects(FaultyObjects(inner, faults), clock or ManualClock(), policy=policy, rng=random.Random(1))


def test_a_put_whose_answer_was_lost_finds_its_own_bytes_and_is_a_success() -> None:
    for data in (b"bytes", iter([b"chu", b"nks"]), b"", iter(())):
        ground = MemoryObjects()
        retrying(ground, Faults.at(0, Fault.LOST_ANSWER)).put("a", data)
        assert [info.name for info in ground.list("")] == ["a"]


def test_a_put_that_meets_other_bytes_after_a_failure_is_refused() -> None:
    for others in (b"others", b"", b"mine and more", b"min"):
        ground = MemoryObjects()
        ground.put("a", others)
        with pytest.raises(ObjectExists):
            retrying(ground, Faults.at(0, Fault.BEFORE)).put("a", b"mine")
        assert ground.get("a") == others


def test_a_first_try_that_finds_the_name_taken_is_refused_even_by_the_same_bytes() -> None:
    ground = MemoryObjects()
    ground.put("a", b"mine")
    with pytest.raises(ObjectExists):
        retrying(ground, Faults.none()).put("a", b"mine")


def test_a_torn_put_is_never_taken_for_a_success() -> None:
    with pytest.raises(ObjectExists):
        retrying(MemoryObjects(), Faults.at(0, Fault.TORN)).put("a", b"0123456789")


def test_chunks_are_read_once_and_sent_as_often_as_it_takes() -> None:
    read = []

    def source() -> Iterator[bytes]:
        for number in range(20):
            read.append(number)
            yield bytes([number]) * 1_000_000

    ground = MemoryObjects()
    faults = Faults(lambda step, _call: Fault.BEFORE if step < 4 else None)
    retrying(ground, faults).put("a", source())
    assert read == list(range(20))
    assert ground.get_tail("a", 1) == (b"\x13", 20_000_000)


def test_it_waits_longer_each_time_and_gives_up_with_the_last_error() -> None:
    clock = ManualClock()
    faults = Faults(lambda _step, _call: Fault.BEFORE)
    with pytest.raises(BackendError, match="failed on purpose"):
        retrying(MemoryObjects(), faults, clock=clock, attempts=5).get("a")
    assert (len(faults.calls), len(clock.slept)) == (5, 4)
    assert all(wait <= 0.5 * 2**number for number, wait in enumerate(clock.slept))


@pytest.mark.parametrize(("fault", "error"), [(Fault.REFUSED, BackendError), (Fault.FULL, OutOfSpace)])
def test_what_no_patience_mends_is_raised_at_once(fault: Fault, error: type[BackendError]) -> None:
    clock = ManualClock()
    with pytest.raises(error):
        retrying(MemoryObjects(), Faults.at(0, fault), clock=clock).put("a", b"1")
    assert clock.slept == []


def test_a_listing_that_breaks_off_goes_on_behind_the_last_name() -> None:
    ground = MemoryObjects()
    names = [f"p/{number:03}" for number in range(100)]
    for name in names:
        ground.put(name, b"")
    broken_off = [Fault.LOST_ANSWER, Fault.BEFORE, Fault.LOST_ANSWER, None]
    faults = Faults(lambda step, _call: broken_off[step])
    assert [info.name for info in retrying(ground, faults, attempts=50).list("p/")] == names
    assert faults.calls == ["list"] * 4


def test_a_listing_that_never_succeeds_raises() -> None:
    with pytest.raises(BackendError):
        list(retrying(MemoryObjects(), Faults(lambda _step, _call: Fault.BEFORE)).list(""))


def test_the_meter_counts_requests_bytes_and_round_trips() -> None:
    objects = MeteredObjects(MemoryObjects())
    objects.put("a", b"0123456789")
    objects.put("b", iter([b"01", b"234"]))
    objects.replace("c", b"0")
    assert (objects.traffic().writes, objects.traffic().written_bytes) == (3, 16)
    before = objects.reset()
    assert before.requests == {Request.PUT: 2, Request.REPLACE: 1}
    objects.get("a", 2, 3)
    objects.get_tail("a", 4)
    objects.find("a")
    list(objects.list(""))
    objects.delete("a")
    seen = objects.traffic()
    assert (seen.reads, seen.read_bytes, seen.writes, seen.round_trips) == (4, 7, 1, 5)
    assert seen.bytes_by == {Request.GET: 3, Request.GET_TAIL: 4}
    assert objects.reset() == seen
    assert objects.traffic().requests.total() == 0


def test_requests_side_by_side_are_one_round_trip() -> None:
    ground = MemoryObjects()
    ground.put("a", b"0123456789")
    objects = MeteredObjects(FaultyObjects(ground, latency=timedelta(milliseconds=50)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda start: objects.get("a", start, 1), range(4)))
    assert (objects.traffic().reads, objects.traffic().round_trips) == (4, 1)


def test_a_request_that_fails_is_counted() -> None:
    objects = MeteredObjects(FaultyObjects(MemoryObjects(), Faults.at(0, Fault.BEFORE)))
    with pytest.raises(BackendError):
        objects.get("a")
    assert objects.traffic().requests == {Request.GET: 1}
