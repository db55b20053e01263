"""Errands: one at a time for each thing, and the next one right behind one that is about to be over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from listbackup.base.errors import BusyError
from listbackup.services.data import ErrandKind, Errands, Order
from listbackup.testing import patience

PATIENCE_SECONDS = 20


def an_order(thing: str) -> Order:
    return Order(kind=ErrandKind.RESTORE, account="acc_1", actor="test", id=thing)


@pytest.fixture
def errands() -> Iterator[Errands]:
    made = Errands()
    yield made
    made.stop()


class Closing:
    """An errand whose row says how it ended, and that still closes what it opened."""

    def __init__(self) -> None:
        self.ended, self.may_close, self.closed = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, should_stop: Callable[[], bool]) -> None:
        self.ended.set()
        assert self.may_close.wait(PATIENCE_SECONDS)
        self.closed.set()


def test_an_errand_for_a_thing_that_is_worked_on_is_refused(errands: Errands) -> None:
    first = Closing()
    errands.send(an_order("rst_1"), first)
    assert first.ended.wait(PATIENCE_SECONDS)
    with pytest.raises(BusyError):
        errands.send(an_order("rst_1"), lambda _: None)
    first.may_close.set()


def test_who_acts_on_how_an_errand_ended_is_not_told_that_it_goes_on(errands: Errands) -> None:
    first, seen, second = Closing(), list[bool](), threading.Event()

    def undo(should_stop: Callable[[], bool]) -> None:
        seen.append(first.closed.is_set())
        second.set()

    errands.send(an_order("rst_1"), first)
    assert first.ended.wait(PATIENCE_SECONDS)
    errands.send(an_order("rst_1"), undo, behind=True)
    assert errands.is_active("rst_1")
    with pytest.raises(BusyError):
        errands.send(an_order("rst_1"), undo, behind=True)
    first.may_close.set()
    assert second.wait(PATIENCE_SECONDS)
    errands.finish()
    assert seen == [True]
    assert not errands.is_active("rst_1")


def test_what_waits_behind_an_errand_is_done_though_that_one_failed(errands: Errands) -> None:
    may_fail, second = threading.Event(), threading.Event()

    def fail(should_stop: Callable[[], bool]) -> None:
        assert may_fail.wait(PATIENCE_SECONDS)
        raise BusyError("somebody else is at it")

    errands.send(an_order("rst_1"), fail)
    errands.send(an_order("rst_1"), lambda _: second.set(), behind=True)
    may_fail.set()
    assert second.wait(PATIENCE_SECONDS)


def test_nothing_new_begins_while_the_process_ends() -> None:
    errands, begun, second = Errands(), threading.Event(), threading.Event()

    def work(should_stop: Callable[[], bool]) -> None:
        begun.set()
        patience.until(should_stop, bool, pause=0.01)

    errands.send(an_order("rst_1"), work)
    assert begun.wait(PATIENCE_SECONDS)
    errands.send(an_order("rst_1"), lambda _: second.set(), behind=True)
    errands.stop()
    assert not second.is_set()
    assert not errands.is_active("rst_1")
