"""The faults do what they say, the same for the same seed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.objects.memory import MemoryObjects
from listbackup.base.errors import BackendError, OutOfSpace
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Fault, Faults, FaultyObjects, Killed


@pytest.mark.parametrize(
    ("fault", "error", "kept"),
    [
        (Fault.BEFORE, BackendError, None),
        (Fault.REFUSED, BackendError, None),
        (Fault.FULL, OutOfSpace, None),
        (Fault.KILL, Killed, None),
        (Fault.LOST_ANSWER, BackendError, b"0123"),
        (Fault.KILL_AFTER, Killed, b"0123"),
        (Fault.TORN, BackendError, b"01"),
    ],
)
def test_a_put_that_meets_a_fault(fault: Fault, error: type[BaseException], kept: bytes | None) -> None:
    ground = MemoryObjects()
    with pytest.raises(error):
        FaultyObjects(ground, Faults.at(0, fault)).put("a", b"0123")
    assert (ground.get("a") if ground.find("a") else None) == kept


def test_a_torn_read_is_silent() -> None:
    ground = MemoryObjects()
    ground.put("a", b"0123")
    assert FaultyObjects(ground, Faults.at(0, Fault.TORN)).get("a") == b"01"
    assert FaultyObjects(ground, Faults.at(0, Fault.TORN)).get_tail("a", 2) == (b"2", 4)


def test_a_kill_is_not_an_exception_that_anything_could_catch() -> None:
    assert not issubclass(Killed, Exception)


def test_the_same_seed_gives_the_same_faults() -> None:
    met = []
    for _ in range(2):
        faults = Faults.random(11, 0.3, (Fault.BEFORE, Fault.LOST_ANSWER), calls={"get"})
        met.append([faults.next(("get", "put")[number % 2]) for number in range(200)])
    assert met[0] == met[1]
    assert all(fault is None for fault in met[0][1::2])
    assert 15 < sum(fault is not None for fault in met[0][::2]) < 50


def test_disarmed_faults_rest() -> None:
    faults = Faults(lambda _step, _call: Fault.BEFORE)
    faults.armed = False
    FaultyObjects(MemoryObjects(), faults).put("a", b"1")
    assert (faults.calls, faults.met) == (["put"], [])


def test_latency_passes_on_the_clock() -> None:
    clock = ManualClock()
    objects = FaultyObjects(MemoryObjects(), latency=timedelta(milliseconds=30), clock=clock)
    objects.put("a", b"1")
    objects.get("a")
    assert clock.slept == [0.03, 0.03]


def test_a_manual_clock_moves_as_it_is_told() -> None:
    clock = ManualClock()
    start = clock.now()
    clock.sleep(1.5)
    clock.advance(timedelta(days=1))
    assert (clock.now() - start, clock.monotonic()) == (timedelta(days=1, seconds=1.5), 86401.5)
    clock.jump(start)
    assert (clock.now(), clock.monotonic()) == (start, 86401.5)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(timedelta(seconds=-1))
