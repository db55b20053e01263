"""Batches that come at once are kept together, and it makes no difference to what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

import pytest

from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.connector import Mode, Session, StreamInfo
from listbackup.connectors.engine.record import AttachmentRef, Batch, Evidence, Json, Key, Outcome
from listbackup.processor.backup import BackupOrder, Cadence, StreamOrder, run_backup
from listbackup.processor.progress import BackupResult, Progress, RunState, unnoted
from listbackup.processor.stream_backup import joined
from listbackup.testing.stores import Rig

THINGS = StreamInfo(name="things", label="Things", key=("id",))


@dataclass
class Told:
    """A reading that delivers these batches at once, and then ends or breaks off."""

    batches: Sequence[Batch]
    breaks_off: bool = False

    def __iter__(self) -> Iterator[Batch]:
        """The batches."""
        yield from self.batches
        if self.breaks_off:
            raise PlatformError("the platform is gone", fault=PlatformFault.UNREACHABLE)

    @property
    def outcome(self) -> Outcome:
        """Everything came."""
        return Outcome(complete=True, listing=True, cursor=None)

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class Telling:
    """A session of which only the reading is asked."""

    reading: Told
    calls: int = 0

    def read(self, stream: str, mode: Mode, *, cursor: Mapping[str, Json] | None = None, resume: Mapping[str, Json] | None = None) -> Told:
        """The one reading there is."""
        return self.reading

    def fetch_attachment(self, ref: AttachmentRef) -> Iterator[bytes]:
        """No record here has a file."""
        raise AssertionError(ref)

    def fetch(self, stream: str, key: Key) -> bytes | None:
        """Nothing is there any more when it is asked for."""
        return None


def batch(*records: tuple[int, bytes], at: int = 0, gone: Sequence[int] = ()) -> Batch:
    """A batch of records by number."""
    return Batch(
        keys=[(number,) for number, _ in records],
        raws=[raw for _, raw in records],
        resume={"at": at},
        gone=[((number,), Evidence.VENDOR_TOMBSTONE) for number in gone],
        received_bytes=10,
    )


def backed_up(rig: Rig, run: str, reading: Told, *, every: timedelta, told: list[Progress] | None = None) -> BackupResult:
    """A run of the one stream into the rig's store."""
    order = BackupOrder(run=run, owner="test", streams=[StreamOrder(info=THINGS)], cadence=Cadence(every=every))
    listen = told.append if told is not None else lambda _: None
    session = cast(Session, Telling(reading))
    return run_backup(order, store=rig.store(), session=session, clock=rig.clock, must_stop=lambda: None, listen=listen, note=unnoted)


def kept(rig: Rig) -> dict[object, bytes]:
    """The records of the newest snapshot."""
    store = rig.store()
    latest = store.latest()
    assert latest is not None
    return {record.key: record.raw for record in store.at(latest.seq).scan("things")}


@pytest.mark.parametrize("every", [timedelta(0), timedelta(seconds=10)], ids=["each by itself", "together"])
def test_the_later_word_on_a_record_counts_whether_batches_are_kept_together_or_not(every: timedelta) -> None:
    """Changed, named as gone and brought back: as it came last."""
    rig = Rig()
    batches = [
        batch((1, b"old"), (2, b"two")),
        batch((1, b"new"), (3, b"three")),
        batch((4, b"four"), gone=[2, 3]),
        batch((3, b"again")),
        batch((5, b"five")),
    ]
    ended = backed_up(rig, "run_1", Told(batches), every=every)
    assert ended.state is RunState.SUCCEEDED
    assert kept(rig) == {(1,): b"new", (3,): b"again", (4,): b"four", (5,): b"five"}
    assert (ended.streams[0].records, ended.streams[0].received_bytes, ended.streams[0].calls) == (7, 50, 5)


def test_what_waits_is_kept_when_the_platform_goes_away() -> None:
    """The stream is partial and holds every batch that was delivered."""
    rig = Rig()
    ended = backed_up(rig, "run_1", Told([batch((1, b"one")), batch((2, b"two"))], breaks_off=True), every=timedelta(seconds=10))
    assert ended.state is RunState.PARTIAL
    assert kept(rig) == {(1,): b"one", (2,): b"two"}


def test_an_unchanged_delivery_is_judged_together_and_changes_nothing() -> None:
    """Told once for all batches that came at once."""
    rig, told = Rig(), list[Progress]()
    batches = [batch((number, b"%d" % number), at=number) for number in range(20)]
    backed_up(rig, "run_1", Told(batches), every=timedelta(seconds=10))
    ended = backed_up(rig, "run_2", Told(batches), every=timedelta(seconds=10), told=told)
    assert (ended.streams[0].unchanged, ended.streams[0].added, ended.streams[0].changed) == (20, 0, 0)
    assert len(told) < len(batches)


def test_joined_batches_hold_all_records_in_order_and_go_on_behind_the_last() -> None:
    """What the last total said stands; calls and bytes add up."""
    first, second, third = (
        replace(batch((number, b"%d" % number), at=number), total=total) for number, total in ((1, 9), (2, 7), (3, None))
    )
    assert joined([first, second, third]) == Batch(
        keys=[(1,), (2,), (3,)], raws=[b"1", b"2", b"3"], resume={"at": 3}, calls=3, received_bytes=30, total=7
    )
    assert joined([first]) is first
