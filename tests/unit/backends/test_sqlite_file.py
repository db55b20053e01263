"""The SQLite file under the control plane: what it refuses, what it survives, who may share it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends import sqlite_file
from listbackup.backends.file_lock import FileLock
from listbackup.backends.queue.sqlite import SqliteQueue
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.port import IndexSpec, Table, TableSpec, Update
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import BackendError, DamagedError, NewerFormat, OutOfSpace
from listbackup.testing.clock import ManualClock

JOBS = TableSpec(name="jobs", indexes=(IndexSpec(name="by-state", pk="state", sk="at"),), ttl="expires_at")


def jobs(path: Path) -> Table:
    return SqliteTables(path).open(JOBS)


def plain(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


# Durability and privacy.


def test_every_connection_commits_in_wal_with_full_synchronous(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "control.db")
    with file.read() as one, file.read() as other:
        for connection in (one, other):
            assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    SqliteFile(tmp_path / "data" / "control.db")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()} == {0o600}


def test_scrubbing_leaves_nothing_of_what_was_deleted(tmp_path: Path) -> None:
    tables = SqliteTables(tmp_path / "keys.db")
    table = tables.open(JOBS)
    table.put({"pk": "a", "sk": "1", "secret": b"CANARY-IN-A-TABLE"})
    table.delete("a", "1")
    tables.scrub()
    assert not [path for path in tmp_path.iterdir() if b"CANARY" in path.read_bytes()]


# Files that are not ours, or not any more.


def test_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    jobs(path).put({"pk": "a", "sk": "1"})
    plain(path).execute("PRAGMA user_version=2")
    with pytest.raises(NewerFormat, match="newer version of ListBackup") as refused:
        SqliteFile(path)
    assert refused.value.hint is not None
    assert "upgrade" in refused.value.hint
    assert plain(path).execute("PRAGMA user_version").fetchone() == (2,)


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    plain(path).execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(DamagedError, match="another program"):
        SqliteFile(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to have a header" * 40, b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_what_is_no_database_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "control.db").write_bytes(content)
    with pytest.raises(DamagedError, match=r"control\.db is damaged"):
        SqliteFile(tmp_path / "control.db")


def test_an_overwritten_page_is_damage_and_not_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    tables = SqliteTables(path)
    table = tables.open(JOBS)
    for n in range(200):
        table.put({"pk": "a", "sk": f"{n:03}", "state": "x", "at": f"{n}", "text": "t" * 300})
    tables.close()
    whole = path.read_bytes()
    noticed = 0
    for page in range(len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + b"\xab" * 4096 + whole[page * 4096 + 4096 :])
        try:
            again = SqliteTables(path)
            assert len(again.open(JOBS).query("a", limit=999).items) == 200
            assert len(again.open(JOBS).query("x", index="by-state", limit=999).items) == 200
        except DamagedError:
            noticed += 1
    assert noticed > 20


def test_a_flipped_byte_of_an_item_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    table = jobs(path)
    table.put({"pk": "a", "sk": "1", "text": "as it was written", "n": 7})
    other = plain(path)
    [whole] = other.execute("SELECT item FROM t_jobs").fetchone()
    spoilt = [whole[:n] + bytes([whole[n] ^ 1 << bit]) + whole[n + 1 :] for n in range(len(whole)) for bit in (0, 4, 7)]
    for packed in [*spoilt, *(whole[:n] for n in range(len(whole))), whole + b"\x00", 7, "text"]:
        other.execute("UPDATE t_jobs SET item = ?", (packed,))
        with pytest.raises(DamagedError, match="an item of the table jobs"):
            table.find("a", "1")
        with pytest.raises(DamagedError, match="an item of the table jobs"):
            table.query("a")


def test_an_item_in_a_wrong_place_is_damage(tmp_path: Path) -> None:
    tables = SqliteTables(tmp_path / "control.db")
    table = tables.open(JOBS)
    table.put({"pk": "a", "sk": "1", "state": "x", "at": "1"})
    plain(tables.file.path).execute("UPDATE t_jobs SET \"by-state_sk\" = '2'")
    with pytest.raises(DamagedError):
        table.query("x", index="by-state")
    assert tables.check() == ["jobs: the item a 1 does not stand where it belongs"]
    plain(tables.file.path).execute("UPDATE t_jobs SET sk = '2'")
    with pytest.raises(DamagedError):
        table.find("a", "2")


def test_a_check_finds_every_flip_that_changes_an_answer(tmp_path: Path) -> None:
    """The pages of the file, one flipped bit each 61 bytes: every listing and read is as before, or an error, or the check names it."""
    path = tmp_path / "control.db"
    tables = SqliteTables(path)
    for n in range(30):
        tables.open(JOBS).put({"pk": "a", "sk": f"{n:02}", "state": "x" if n % 2 else "y", "at": f"{n}", "text": "t" * 90})
    answers = everything(tables)
    assert tables.check() == []
    tables.close()
    whole = path.read_bytes()
    silent = 0
    for place in range(100, len(whole), 61):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            spoilt = SqliteTables(path)
            noticed = bool(spoilt.check()) or everything(spoilt) == answers
            spoilt.close()
        except DamagedError:
            noticed = True
        silent += not noticed
    assert silent == 0


def everything(tables: SqliteTables) -> object:
    table = tables.open(JOBS)
    found = [table.find("a", f"{n:02}") for n in range(30)]
    return found, [list(table.query(word, index=index).items) for word, index in (("a", None), ("x", "by-state"), ("y", "by-state"))]


# A disk that fails.


def small_disk(path: Path) -> sqlite_file.Connection:
    connection = sqlite_file.connect(path)
    connection.execute("PRAGMA max_page_count=40")
    return connection


def test_a_full_disk_is_said_and_nothing_confirmed_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    table = SqliteTables(SqliteFile(path, connect=small_disk)).open(JOBS)
    confirmed: list[str] = []

    def fill() -> None:
        for n in range(200):
            table.put({"pk": "a", "sk": f"{n:03}", "text": "t" * 2000})
            confirmed.append(f"{n:03}")

    with pytest.raises(OutOfSpace, match="disk is full") as full:
        fill()
    assert full.value.hint is not None
    assert "free some space" in full.value.hint
    assert [item["sk"] for item in table.query("a", limit=999).items] == confirmed
    table.delete("a", "000")
    table.put({"pk": "a", "sk": "000"})
    assert len(jobs(path).query("a", limit=999).items) == len(confirmed)


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BackendError, match="cannot be used"):
        SqliteFile(tmp_path / "file" / "control.db")


def test_a_database_that_somebody_locks_is_retryable(tmp_path: Path) -> None:
    path = tmp_path / "control.db"

    def hasty(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.01)

    table = SqliteTables(SqliteFile(path, connect=hasty)).open(JOBS)
    other = plain(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BackendError, match="locked by another process") as locked:
        table.put({"pk": "a", "sk": "1"})
    assert locked.value.retryable
    assert table.find("a", "1") is None  # reading does not wait
    other.execute("ROLLBACK")
    table.put({"pk": "a", "sk": "1"})


# Sharing.


def _add(path: Path, times: int) -> None:
    table = jobs(path)
    for _ in range(times):
        table.update(Update(pk="a", sk="1", add={"n": 1}))


def test_every_add_counts_however_many_processes_add(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    table = jobs(path)
    table.put({"pk": "a", "sk": "1", "n": 0})
    processes = [multiprocessing.get_context("fork").Process(target=_add, args=(path, 60)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert table.find("a", "1") == {"pk": "a", "sk": "1", "n": 180}


def _open_all(path: Path) -> None:
    tables = SqliteTables(path)
    for n in range(10):
        tables.open(TableSpec(name=f"table{n}")).put({"pk": "a", "sk": str(os.getpid())})
    SqliteQueue(tables.file, "runs").send("g", b"")


def test_many_processes_may_make_the_same_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    processes = [multiprocessing.get_context("fork").Process(target=_open_all, args=(path,)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    assert len(SqliteTables(path).open(TableSpec(name="table9")).query("a").items) == 6


def test_a_forked_child_uses_connections_and_a_lock_of_its_own(tmp_path: Path) -> None:
    tables = SqliteTables(tmp_path / "control.db")
    table = tables.open(JOBS)
    table.put({"pk": "a", "sk": "1", "n": 0})

    def child() -> None:
        for _ in range(50):
            table.update(Update(pk="a", sk="1", add={"n": 1}))

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    child()
    process.join()
    assert (process.exitcode, table.find("a", "1")) == (0, {"pk": "a", "sk": "1", "n": 100})


def test_a_file_can_be_used_again_after_it_was_closed(tmp_path: Path) -> None:
    tables = SqliteTables(tmp_path / "control.db")
    table = tables.open(JOBS)
    table.put({"pk": "a", "sk": "1"})
    tables.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["control.db", "control.db-lock"]
    table.put({"pk": "a", "sk": "2"})
    assert len(table.query("a").items) == 2


# Declarations that change, and what an index costs.


def test_a_table_follows_its_declaration(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    old = SqliteTables(path).open(TableSpec(name="jobs"))
    for n in range(50):
        old.put(
            {"pk": "a", "sk": f"{n:02}", "state": "even" if n % 2 == 0 else "odd", "at": f"{99 - n}", "expires_at": 1 if n == 7 else None}
        )
    new = jobs(path)
    assert [item["sk"] for item in new.query("even", index="by-state", limit=3).items] == ["48", "46", "44"]
    assert new.find("a", "07") is None
    assert len(new.query("a", limit=999).items) == 49
    back = SqliteTables(path).open(TableSpec(name="jobs"))
    assert len(back.query("a", limit=999).items) == 50
    back.put({"pk": "a", "sk": "50", "state": "even", "at": "00"})
    assert [item["sk"] for item in jobs(path).query("even", index="by-state", limit=1).items] == ["50"]


@pytest.mark.parametrize("index", [None, "by-state"])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_page_reads_what_it_gives_and_no_more(tmp_path: Path, index: str | None, reverse: bool) -> None:
    """The plan of every kind of query is a search of an index in its order: no scan, no sorting."""
    path = tmp_path / "control.db"
    statements: list[str] = []

    def traced(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.set_trace_callback(statements.append)
        return connection

    table = SqliteTables(SqliteFile(path, connect=traced)).open(JOBS)
    for n in range(9):
        table.put({"pk": "a", "sk": str(n), "state": "a", "at": str(n)})
    statements.clear()
    first = table.query("a", index=index, limit=2, reverse=reverse)
    table.query("a", index=index, limit=2, reverse=reverse, cursor=first.next_cursor)
    table.query("a", index=index, limit=2, reverse=reverse, prefix="1", after="0", before="5")
    selects = [statement for statement in statements if statement.startswith("SELECT item")]
    assert len(selects) == 3
    for select in selects:
        plan = " | ".join(row[3] for row in plain(path).execute(f"EXPLAIN QUERY PLAN {select}"))
        assert plan.startswith("SEARCH t_jobs USING"), plan
        assert "TEMP B-TREE" not in plan
        assert ("i_jobs_by-state" in plan) == (index is not None)


def test_expired_items_are_removed_along_with_writes(tmp_path: Path) -> None:
    clock = ManualClock()
    tables = SqliteTables(tmp_path / "control.db", clock=clock)
    table = tables.open(JOBS)
    for n in range(50):
        table.put({"pk": "a", "sk": str(n), "expires_at": int(clock.now().timestamp()) + 10})
    clock.advance(timedelta(seconds=10))
    for n in range(4):
        table.put({"pk": "b", "sk": str(n)})
    assert plain(tmp_path / "control.db").execute("SELECT count(*) FROM t_jobs").fetchone() == (4,)


# The lock between processes.


def test_a_lock_is_held_by_one_thread_and_gives_up_after_its_patience(tmp_path: Path) -> None:
    lock, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock", patience=timedelta(milliseconds=30))
    with lock.held(), lock.held():
        with pytest.raises(BackendError, match="held by another process") as busy, other.held():
            pass
        assert busy.value.retryable
    with other.held():
        pass


def test_a_lock_goes_with_its_holder(tmp_path: Path) -> None:
    held = threading.Event()

    def hold_and_die() -> None:
        with FileLock(tmp_path / "lock").held():
            os._exit(9)

    process = multiprocessing.get_context("fork").Process(target=hold_and_die)
    process.start()
    process.join()
    with FileLock(tmp_path / "lock", patience=timedelta(milliseconds=30)).held():
        held.set()
    assert held.is_set()
