"""What every schedule adapter keeps. An adapter's test is a class with ``make``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listbackup.backends.schedule.port import Schedule
from listbackup.base.errors import InputError
from listbackup.testing.together import in_threads

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class ScheduleSuite:
    """The contract of ``schedule/port.py``, sentence by sentence."""

    def make(self, folder: Path) -> Schedule:
        """A fresh schedule, or the one kept in ``folder`` before."""
        raise NotImplementedError

    @pytest.fixture
    def schedule(self, tmp_path: Path) -> Schedule:
        """The schedule under test."""
        return self.make(tmp_path)

    def test_an_entry_is_due_at_its_instant_and_not_before(self, schedule: Schedule) -> None:
        schedule.set("job", NOON, b"payload")
        assert schedule.find("job") == NOON
        assert list(schedule.claim(NOON - timedelta(milliseconds=1))) == []
        [due] = schedule.claim(NOON)
        assert (due.key, due.due_at, due.payload) == ("job", NOON, b"payload")

    def test_what_is_due_comes_earliest_first_and_no_more_than_asked(self, schedule: Schedule) -> None:
        for key, minutes in (("c", 3), ("a", 1), ("later", 99), ("b2", 2), ("b1", 2)):
            schedule.set(key, NOON + minutes * MINUTE, key.encode())
        now = NOON + 10 * MINUTE
        assert [due.key for due in schedule.claim(now, limit=3)] == ["a", "b1", "b2"]
        assert [due.key for due in schedule.claim(now, limit=3)] == ["c"]
        assert [due.key for due in schedule.claim(now, limit=3)] == []

    def test_a_claim_that_is_not_settled_comes_up_again(self, schedule: Schedule) -> None:
        schedule.set("job", NOON, b"")
        [first] = schedule.claim(NOON, lease=MINUTE)
        assert list(schedule.claim(NOON + MINUTE - timedelta(milliseconds=1))) == []
        [second] = schedule.claim(NOON + MINUTE)
        assert (second.key, second.due_at, second.claim != first.claim) == ("job", NOON, True)
        assert not schedule.settle(first, NOON + 60 * MINUTE)
        assert schedule.find("job") == NOON
        assert schedule.settle(second, NOON + 60 * MINUTE)
        assert schedule.find("job") == NOON + 60 * MINUTE

    def test_a_claim_that_ran_out_may_be_settled_while_nobody_else_has_it(self, schedule: Schedule) -> None:
        schedule.set("job", NOON, b"")
        [due] = schedule.claim(NOON, lease=MINUTE)
        assert schedule.settle(due, None)
        assert schedule.find("job") is None

    def test_settling_moves_the_entry_or_removes_it_once(self, schedule: Schedule) -> None:
        schedule.set("job", NOON, b"payload")
        [due] = schedule.claim(NOON)
        assert schedule.settle(due, NOON + MINUTE)
        assert not schedule.settle(due, NOON + 2 * MINUTE)
        assert list(schedule.claim(NOON)) == []
        [again] = schedule.claim(NOON + MINUTE)
        assert (again.due_at, again.payload) == (NOON + MINUTE, b"payload")
        assert schedule.settle(again, None)
        assert not schedule.settle(again, None)
        assert schedule.find("job") is None

    def test_an_entry_that_was_set_again_is_not_settled_by_the_older_claim(self, schedule: Schedule) -> None:
        schedule.set("job", NOON, b"old")
        [due] = schedule.claim(NOON)
        schedule.set("job", NOON + 5 * MINUTE, b"new")
        assert not schedule.settle(due, NOON + MINUTE)
        assert not schedule.settle(due, None)
        [new] = schedule.claim(NOON + 5 * MINUTE)
        assert (new.due_at, new.payload) == (NOON + 5 * MINUTE, b"new")

    def test_setting_a_key_again_replaces_its_entry(self, schedule: Schedule) -> None:
        schedule.set("job", NOON, b"1")
        schedule.set("job", NOON - MINUTE, b"2")
        assert [(due.due_at, due.payload) for due in schedule.claim(NOON)] == [(NOON - MINUTE, b"2")]

    def test_a_removed_entry_is_never_due(self, schedule: Schedule) -> None:
        schedule.set("job", NOON, b"")
        [due] = schedule.claim(NOON)
        schedule.remove("job")
        schedule.remove("job")
        assert (schedule.find("job"), list(schedule.claim(NOON + 60 * MINUTE)), schedule.settle(due, NOON)) == (None, [], False)

    def test_many_callers_at_once_claim_each_entry_once(self, schedule: Schedule) -> None:
        for n in range(60):
            schedule.set(f"job{n:02}", NOON + n * MINUTE, b"")
        claimed: list[str] = []

        def claim() -> None:
            while found := schedule.claim(NOON + 100 * MINUTE, limit=3):
                claimed.extend(due.key for due in found)

        in_threads(claim, 4)
        assert sorted(claimed) == [f"job{n:02}" for n in range(60)]

    def test_what_cannot_be_is_refused_by_name(self, schedule: Schedule) -> None:
        attempts: list[tuple[str, Callable[[], object]]] = [
            ("key", lambda: schedule.set("", NOON, b"")),
            ("limit", lambda: schedule.claim(NOON, limit=0)),
            ("lease", lambda: schedule.claim(NOON, lease=timedelta())),
        ]
        for field, attempt in attempts:
            with pytest.raises(InputError) as refused:
                attempt()
            assert refused.value.field == field
