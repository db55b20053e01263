"""The main job against the simulated CRM over SQLite and files: backed up, killed, resumed, compared, given back, and never "complete" on a lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.queue.sqlite import SqliteQueue
from listbackup.backends.schedule.sqlite import SqliteSchedule
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import SystemClock
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.record import Key
from listbackup.connectors.engine.session import FactsConnector
from listbackup.processor.backup import Cadence
from listbackup.services.data import Action, RestoreState, Selection
from listbackup.services.runs import Means, Progress, Run, RunState, StreamState, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.saas import Lie, Options, Saas, serve
from listbackup.testing.system import Rooms, rooms

STREAMS = ("companies", "contacts", "deals", "documents", "notes", "tags")
EVERY_BATCH = Means(cadence=Cadence(every=timedelta(0)), maintain=False)


class Dead(BaseException):
    """The process was killed here."""


def in_memory(*, page_size: int) -> Rooms:
    """All services over memory, with a clock in which retries do not wait: what is read is the point here, not where it is kept."""
    clock = ManualClock(SystemClock().now())
    return rooms([FactsConnector(api=api(page_size=page_size))], clock=clock, means=Means(maintain=False))


def embedded(folder: Path, *, page_size: int = 100) -> Rooms:
    """All services over SQLite and files, as after a start of the process."""
    folder.mkdir(exist_ok=True)
    clock = SystemClock()
    file = SqliteFile(folder / "tables.db", clock=clock)
    return rooms(
        [FactsConnector(api=api(page_size=page_size))],
        clock=clock,
        tables=SqliteTables(file, clock=clock),
        objects=FilesObjects(folder / "objects"),
        queue=SqliteQueue(file, "runs", clock=clock),
        schedule=SqliteSchedule(file),
        means=EVERY_BATCH,
        cache_dir=folder / "cache",
    )


def connect(house: Rooms, saas: Saas) -> None:
    values, secrets = {"url": saas.base_url}, {"token": Secret(saas.token)}
    house.connections.create(house.scope, platform="demo-crm", name="crm", values=values, secrets=secrets)
    house.sources.create(house.scope, connection="crm", name="crm")


def back_up(house: Rooms, *, full: bool = False, listen: Callable[[Progress], None] = lambda _: None) -> Run:
    return house.runs.backup(house.scope, "crm", Work(owner="test", listen=listen), full=full)


def kept(house: Rooms, stream: str, seq: int | None = None) -> dict[Key, bytes]:
    return {own_key(record.key): record.raw for record in house.data.scan(house.scope, "crm", stream, seq=seq)}


def own_key(key: tuple[str | int | bytes, ...]) -> Key:
    return tuple(part for part in key if not isinstance(part, bytes))


def assert_equal_to_the_platform(house: Rooms, saas: Saas) -> None:
    for stream in STREAMS:
        assert kept(house, stream) == saas.world.truth(stream), stream


@pytest.fixture
def saas() -> Iterator[Saas]:
    with serve(Options(records=900)) as made:
        yield made


@pytest.fixture
def house(saas: Saas, tmp_path: Path) -> Rooms:
    made = embedded(tmp_path)
    connect(made, saas)
    return made


def test_a_full_backup_holds_the_exact_bytes_of_every_record(house: Rooms, saas: Saas) -> None:
    run = back_up(house)
    assert run.state is RunState.SUCCEEDED, run.message
    assert_equal_to_the_platform(house, saas)


def test_attachments_are_kept_and_come_back_bit_for_bit(house: Rooms, saas: Saas) -> None:
    back_up(house)
    for key in kept(house, "documents"):
        (info,) = house.data.attachments(house.scope, "crm", "documents", key)
        row = saas.world.row_of("documents", str(key[0]))
        assert row is not None
        assert b"".join(house.data.open_attachment(house.scope, "crm", info.id)) == saas.world.file_content(row)


def test_an_incremental_run_reads_little_and_knows_the_deletions_that_the_platform_tells(house: Rooms, saas: Saas) -> None:
    first = back_up(house)
    saas.pass_day()
    second = back_up(house)
    assert second.state is RunState.SUCCEEDED, second.message
    assert second.records < first.records / 3
    for stream in ("contacts", "deals"):  # the two that tell of their deletions
        assert kept(house, stream) == saas.world.truth(stream)


def test_a_full_run_finds_every_deletion_and_says_how_it_knows(house: Rooms, saas: Saas) -> None:
    back_up(house)
    before = saas.world.truth("companies")
    saas.pass_day()
    back_up(house, full=True)
    assert_equal_to_the_platform(house, saas)
    gone = set(before) - set(saas.world.truth("companies"))
    assert gone
    for key in gone:
        (newest, *_) = house.data.history(house.scope, "crm", "companies", key)
        assert (newest.raw, newest.evidence) == (None, "direct_read")


def test_a_second_run_without_changes_writes_no_pack(house: Rooms, saas: Saas) -> None:
    back_up(house)
    packs = [found.name for found in house.objects.list("") if "/p/" in found.name]
    run = back_up(house, full=True)
    assert run.state is RunState.SUCCEEDED
    assert [found.name for found in house.objects.list("") if "/p/" in found.name] == packs


@pytest.mark.parametrize("at", [1, 2, 3, 5, 8, 11, 14])
def test_a_run_that_is_killed_and_resumed_equals_one_that_was_not(saas: Saas, tmp_path: Path, at: int) -> None:
    """Killed after every Nth batch, again and again, each time a new process carries on."""
    whole, broken = embedded(tmp_path / "whole"), embedded(tmp_path / "broken")
    connect(whole, saas)
    connect(broken, saas)
    back_up(whole)
    deaths = 0
    for _ in range(40):
        seen = 0

        def die(_: Progress) -> None:
            nonlocal seen
            seen += 1
            if seen > at:
                raise Dead

        try:
            run = back_up(broken, listen=die if deaths < 6 else lambda _: None)
            break
        except Dead:
            deaths += 1
            broken = embedded(tmp_path / "broken")
            active = broken.runs.find_active(broken.scope, "crm")
            assert active is not None
            assert active.owner is not None
            broken.runs.let_go(broken.scope, active.id, owner=active.owner)
    assert run.state is RunState.SUCCEEDED, run.message
    assert deaths >= 1
    assert len(broken.data.snapshots(broken.scope, "crm")) == 1
    for stream in STREAMS:
        assert kept(broken, stream) == kept(whole, stream), stream
    mine, theirs = whole.data.snapshot(whole.scope, "crm"), broken.data.snapshot(broken.scope, "crm")
    assert {name: (one.live, one.added) for name, one in mine.streams.items()} == {
        name: (one.live, one.added) for name, one in theirs.streams.items()
    }


def test_a_stopped_run_goes_on_without_reading_again_what_was_kept(house: Rooms, saas: Saas) -> None:
    stop = False

    def listen(progress: Progress) -> None:
        nonlocal stop
        stop = progress.records > 500

    stopped = house.runs.backup(house.scope, "crm", Work(owner="test", listen=listen, should_stop=lambda: stop))
    assert stopped.state is RunState.QUEUED
    assert house.data.snapshots(house.scope, "crm") == []
    saas.calls.clear()
    stop = False
    run = back_up(house)
    assert (run.id, run.state) == (stopped.id, RunState.SUCCEEDED)
    assert saas.calls["GET companies"] == 0
    assert_equal_to_the_platform(house, saas)


def test_a_forbidden_stream_leaves_the_others_complete(house: Rooms, saas: Saas) -> None:
    saas.behave(Options(records=900, forbidden=("deals",)))
    run = back_up(house)
    assert run.state is RunState.PARTIAL
    states = {one.stream: one.state for one in run.streams}
    assert states.pop("deals") is StreamState.FAILED
    assert set(states.values()) == {StreamState.COMPLETE}
    saas.behave(Options(records=900))
    assert back_up(house).state is RunState.SUCCEEDED
    assert_equal_to_the_platform(house, saas)


def test_what_was_deleted_and_changed_is_given_back_and_taken_back_again(house: Rooms, saas: Saas) -> None:
    back_up(house)
    before = {stream: saas.world.counts()[stream] for stream in STREAMS}
    saas.pass_day()
    back_up(house, full=True)
    after_day = {stream: saas.world.truth(stream) for stream in STREAMS}
    plan = house.restores.plan(house.scope, "crm", seq=1)
    assert plan.count(Action.CREATE) > 0
    assert plan.count(Action.UPDATE) > 0
    assert plan.count(Action.CONFLICT) == 0
    done = house.restores.start(house.scope, plan)
    assert done.state is RestoreState.DONE, done.result
    assert done.result is not None
    assert done.result.created + done.result.updated == plan.writes
    assert all(saas.world.counts()[stream] >= before[stream] for stream in STREAMS)
    again = house.restores.plan(house.scope, "crm", seq=1)
    assert again.count(Action.CREATE) == 0
    undone = house.restores.undo(house.scope, done.id)
    assert undone.state is RestoreState.UNDONE
    assert undone.undo_result is not None
    assert undone.undo_result.kept == 0
    for stream in ("companies", "tags", "deals"):
        assert set(saas.world.truth(stream)) == set(after_day[stream]), stream
    assert back_up(house).state is RunState.SUCCEEDED
    assert kept(house, "deals") == saas.world.truth("deals")  # those taken back lie in the trash, and are shown there
    assert back_up(house, full=True).state is RunState.SUCCEEDED
    assert_equal_to_the_platform(house, saas)


def test_an_edit_that_no_snapshot_holds_is_a_conflict_and_stays(house: Rooms, saas: Saas) -> None:
    back_up(house)
    session = house.connections.open(house.scope, "crm")
    key = next(iter(saas.world.truth("companies")))
    session.update("companies", key, saas.world.truth("companies")[key].replace(b'"name":"', b'"name":"Edited '))
    session.close()
    edited = saas.world.truth("companies")[key]
    plan = house.restores.plan(house.scope, "crm", selection=Selection(keys={"companies": (key,)}))
    assert [step.action for step in plan.steps] == [Action.CONFLICT]
    house.restores.start(house.scope, plan)
    assert saas.world.truth("companies")[key] == edited
    chosen = house.restores.plan(house.scope, "crm", selection=plan.selection, overwrite=True)
    done = house.restores.start(house.scope, chosen)
    assert b"Edited" not in saas.world.truth("companies")[key]
    house.restores.undo(house.scope, done.id)
    assert b"Edited" in saas.world.truth("companies")[key]


@pytest.mark.parametrize("lie", list(Lie))
def test_no_lie_makes_a_run_complete_that_is_not(lie: Lie) -> None:
    """First run and second run, some seeds each: a run that says ``succeeded`` holds what the platform holds."""
    assert false_completes(lie, range(3)) == []


@pytest.mark.long
@pytest.mark.parametrize("lie", list(Lie))
def test_no_lie_in_two_hundred_seeds(lie: Lie) -> None:
    assert false_completes(lie, range(100, 300)) == []


def false_completes(lie: Lie, seeds: range) -> list[str]:
    wrong = []
    for seed in seeds:
        options = Options(records=150, seed=seed, gzip=bool(seed % 2))
        with serve(options) as saas:
            house = in_memory(page_size=7 + seed % 9)
            connect(house, saas)
            again = seed % 3 == 0
            if again:
                saas.behave(replace(options, lies=(Lie.STALE_CACHE,), lie_on=10**9))  # remember what a stale answer would be
                assert back_up(house).state is RunState.SUCCEEDED
                saas.pass_day()
            saas.behave(replace(options, lies=(lie,), lie_on=seed % 5, lie_times=(1, 3, 1_000_000)[seed % 3]))
            before = {stream: saas.world.truth(stream) for stream in STREAMS}
            run = back_up(house, full=not again)
            if run.state is RunState.SUCCEEDED:
                wrong += [f"seed {seed}: {stream}" for stream in STREAMS if missing(house, saas, stream, before[stream])]
            else:
                assert run.reason
                assert run.message
            saas.behave(options)
            saas.pass_day()
            healed = back_up(house, full=True)
            assert healed.state is RunState.SUCCEEDED, (seed, healed.reason, healed.message)
            assert_equal_to_the_platform(house, saas)
    return wrong


def missing(house: Rooms, saas: Saas, stream: str, before: dict[Key, bytes]) -> bool:
    """Whether a record that was there from the beginning of the run to its end is not kept as the platform had it or sent it."""
    have, after = kept(house, stream), saas.world.truth(stream)
    sent: dict[Key, bytes] = {(key,): raw for (name, key), raw in saas.liar.sent.items() if name == stream}
    return any(have.get(key) not in (raw, before[key], sent.get(key, raw)) for key, raw in after.items() if key in before)
