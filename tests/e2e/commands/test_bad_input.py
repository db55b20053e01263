"""Everything that can be wrong gives one sentence that says what to do, its own number, no traceback, and nothing lost."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from listbackup.base.errors import DamagedError, OutOfSpace
from listbackup.cli.saving import save_file, write_text

CommandLine = Any
Saas = Any
PROGRAM = [sys.executable, "-c", "from listbackup.cli.main import main; main()"]


def one_sentence(said: Any, code: int, *words: str) -> None:
    """The number, and one sentence with these words, and a hint, on standard error; nothing that looks like a program."""
    assert said.code == code, f"{said.code}: {said.err}{said.out}"
    text = said.err + said.out
    for word in words:
        assert word in text
    assert "Traceback" not in text
    assert 'File "' not in text


def test_a_missing_credential_is_asked_for_by_name(cli: CommandLine, crm: Saas) -> None:
    cli.ok("init")
    said = cli("connect", "demo-crm", "--set", f"url={crm.base_url}")
    one_sentence(said, 2, "error: token (Token) is missing", "--secret-file token=FILE")
    assert cli.ok("connections", "list", "--json").json == {"connections": []}


def test_a_wrong_credential_is_told_at_once_and_nothing_is_kept(cli: CommandLine, crm: Saas) -> None:
    cli.ok("init")
    said = cli("connect", "demo-crm", "--set", f"url={crm.base_url}", "--secret-file", "token=-", stdin="wrong")
    one_sentence(said, 4, "error: ")
    assert cli.ok("connections", "list", "--json").json == {"connections": []}


def test_a_credential_that_died_since_fails_the_run_and_marks_the_connection(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    good, crm.token = crm.token, "another"
    one_sentence(cli("backup", "crm"), 4, "crm: failed")
    assert cli.ok("connections", "list", "--json").json["connections"][0]["state"] == "needs_reauth"
    one_sentence(cli("doctor"), 4, "--again")
    crm.token = good
    cli.ok("connect", "demo-crm", "--name", "crm", "--again", "--secret-file", "token=token.txt")
    cli.ok("backup", "crm")
    assert len(cli.ok("snapshots", "crm", "--json").json["snapshots"]) == 2


def test_a_secret_among_the_arguments_is_refused(cli: CommandLine, crm: Saas) -> None:
    cli.ok("init")
    said = cli("connect", "demo-crm", "--set", f"url={crm.base_url}", "--set", "token=abc123secret")
    one_sentence(said, 2, "token is a secret", "--secret-file")
    assert "abc123secret" not in said.err


def test_an_unreachable_host_is_named(cli: CommandLine, crm: Saas) -> None:
    cli.ok("init")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = cli("connect", "demo-crm", "--no-test", "--set", f"url=http://127.0.0.1:{port}", "--secret-file", "token=-", stdin="x")
    assert said.code == 0
    child = cli.spawn("connections", "test", "demo-crm")  # a process of its own: retries take their time
    _, child_err = child.communicate(timeout=120)
    assert child.returncode == 5, child_err
    assert b"127.0.0.1" in child_err


class NotJson(BaseHTTPRequestHandler):
    """A platform that answers everything with a page for people."""

    def do_GET(self) -> None:
        """200, and no JSON."""
        body = b"<html><body>Down for maintenance</body></html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def test_a_body_that_is_not_json_is_the_platforms_fault(cli: CommandLine) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), NotJson)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        cli.ok("init")
        address = f"url=http://127.0.0.1:{server.server_port}"
        child = cli.spawn("connect", "demo-crm", "--set", address, "--secret-file", f"token={_file(cli, 'x')}")
        _, err = child.communicate(timeout=120)
    finally:
        server.shutdown()
    assert child.returncode == 5, err
    assert b"error: " in err
    assert b"Traceback" not in err


def test_a_platform_that_answers_a_run_with_pages_for_people_is_told_from_a_failure_of_ours(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    kept = cli.ok("show", "crm", "contacts").raw
    server = ThreadingHTTPServer(("127.0.0.1", 0), NotJson)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"url=http://127.0.0.1:{server.server_port}"
        given = ("--set", address, "--secret-file", f"token={_file(cli, 'x')}")
        cli.ok("connect", "demo-crm", "--name", "down", "--no-test", "--no-source", *given)
        cli.ok("source", "add", "down", "--stream", "contacts")  # of each stream the retries take their time
        child = cli.spawn("backup", "down")
        out, err = child.communicate(timeout=120)
    finally:
        server.shutdown()
    assert child.returncode == 5, (out, err)
    assert b"is a web page, not JSON" in out
    assert b"see whether the platform answers at its address" in out
    assert cli.ok("runs", "list", "down", "--json").json["runs"][0]["reason"] == "not_json"
    assert cli.ok("show", "crm", "contacts").raw == kept


@pytest.mark.parametrize("lie", ["schema_drift"])
def test_a_platform_that_lies_gives_a_partial_snapshot_and_no_deletions(cli: CommandLine, crm: Saas, lie: str) -> None:
    from listbackup.testing.saas.lies import Lie

    cli.connect(crm)
    cli.ok("backup", "crm")
    crm.behave(replace(crm.options, lies=(Lie(lie),), lie_on=2))
    child = cli.spawn("backup", "crm", "--full", "--json")
    out, err = child.communicate(timeout=240)
    assert child.returncode == 3, err
    run = json.loads(out)["runs"][0]
    assert run["state"] == "partial"
    assert run["message"]
    assert any(stream["problems"] for stream in run["streams"])
    crm.behave(replace(crm.options, lies=()))
    told = cli.ok("diff", "crm", "--counts", "--json").json["streams"]
    assert sum(stream["removed"] for stream in told.values()) == 0


def test_a_data_folder_of_a_newer_version_is_left_alone(cli: CommandLine) -> None:
    cli.ok("init")
    mark = cli.data / "listbackup.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"format": 9}))
    before = _content(cli.data)
    for command in (["source", "list"], ["backup", "--all"], ["check"], ["worker", "--once"]):
        one_sentence(cli(*command), 9, "newer ListBackup", "upgrade")
    assert _content(cli.data) == before


def test_a_corrupted_pack_is_noticed_and_named(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    healthy = cli.ok("show", "crm", "contacts").raw
    packs = [path for path in (cli.data / "objects").rglob("*") if path.is_file() and path.stat().st_size > 4000]
    for pack in packs:
        raw = bytearray(pack.read_bytes())
        raw[len(raw) // 3] ^= 1
        pack.with_name(pack.name + ".good").write_bytes(pack.read_bytes())
        pack.chmod(0o600)
        pack.write_bytes(raw)
    shutil.rmtree(cli.home / ".cache", ignore_errors=True)
    one_sentence(cli("show", "crm", "contacts"), 6, "error: ", "damaged-store.md")
    one_sentence(cli("check", "crm", "--read-data"), 6, "damaged")
    for pack in packs:
        pack.with_name(pack.name + ".good").replace(pack)
    assert cli.ok("show", "crm", "contacts").raw == healthy


def test_a_missing_root_key_is_told_from_damage(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    away = cli.home / "away"
    shutil.move(str(cli.keys), away)
    one_sentence(cli("snapshots", "crm"), 10, "no root key file", "recovery kit")
    shutil.move(str(away), cli.keys)
    cli.ok("snapshots", "crm")


def test_a_second_backup_of_the_same_source_waits_its_turn(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    crm.behave(replace(crm.options, latency_seconds=2))
    first = cli.spawn("backup", "crm")
    try:
        cli.wait_for_a_run()
        one_sentence(cli("backup", "crm"), 7, "is being carried out by")
    finally:
        crm.behave(replace(crm.options, latency_seconds=0))
        assert first.communicate(timeout=120) is not None
    assert first.returncode == 0
    assert len(cli.ok("snapshots", "crm", "--json").json["snapshots"]) == 1


@contextmanager
def small_disk(cli: CommandLine, place: Path, size: str) -> Iterator[Path]:
    """A disk of this size that holds the data folder."""
    disk = place / "disk"
    disk.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], capture_output=True, check=False).returncode
    ):
        pytest.skip("no file system can be mounted here")
    try:
        cli.environment["LISTBACKUP_DATA"] = str(disk / "data")
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def back_up_contacts(cli: CommandLine, crm: Saas) -> bytes:
    (cli.home / "token.txt").write_text(crm.token)
    finished(cli, "init")
    finished(cli, "connect", "demo-crm", "--name", "crm", "--set", f"url={crm.base_url}", "--secret-file", "token=token.txt")
    finished(cli, "source", "add", "small", "--connection", "crm", "--stream", "contacts")
    finished(cli, "backup", "small")
    return finished(cli, "show", "small", "contacts")


def test_a_full_disk_fails_loudly_and_loses_nothing(cli: CommandLine, crm: Saas, tmp_path: Path) -> None:
    with small_disk(cli, tmp_path, "3m") as disk:
        kept = back_up_contacts(cli, crm)
        (disk / "ballast").write_bytes(bytes(max(0, shutil.disk_usage(disk).free - 20_000)))
        assert b"full" in finished(cli, "backup", "crm", code=8)
        (disk / "ballast").unlink()
        assert finished(cli, "show", "small", "contacts") == kept
        finished(cli, "check", "small", "--read-data")
        assert b"free" in finished(cli, "doctor", code=8)


def test_a_disk_without_a_byte_is_emptied_by_our_own_means(cli: CommandLine, crm: Saas, tmp_path: Path) -> None:
    with small_disk(cli, tmp_path, "48m") as disk:
        kept, data = back_up_contacts(cli, crm), disk / "data"
        pack = next(path for path in (data / "objects").rglob("*") if path.is_file() and path.parent.parent.name == "p")
        (left := pack.parent.with_name("run_of_a_killed_process")).mkdir()
        (left / "pack").write_bytes(bytes(600_000))
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(bytes(65536)):
                pass
        assert shutil.disk_usage(disk).free == 0
        assert b"disk is full" in finished(cli, "backup", "small", code=8)
        assert b"disk is full" in finished(cli, "connections", "list", code=8)
        assert (data / "listbackup.reserve").stat().st_size == 8 * 1024 * 1024  # not for them
        assert b"small" in finished(cli, "source", "list")
        assert not (data / "listbackup.reserve").exists()
        finished(cli, "expire", "small", "--keep-last", "3")
        finished(cli, "prune", "small")
        assert not left.exists()
        (disk / "ballast").unlink()
        assert finished(cli, "show", "small", "contacts") == kept
        assert (data / "listbackup.reserve").exists()
        finished(cli, "check", "small", "--read-data")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nonsense"], 2, "No such command"),
        (["backup"], 2, "name the sources"),
        (["backup", "nowhere"], 2, "no source named 'nowhere'"),
        (["show", "crm@tomorrowish", "contacts"], 2, "no moment"),
        (["show", "crm", "nothing"], 2, "no stream 'nothing'"),
        (["show", "crm", "contacts", "0"], 2, "no record '0'"),
        (["show", "@latest", "contacts"], 2, "names no source"),
        (["snapshots"], 2, "Missing argument"),
        (["ls", "crm", "--limit", "none"], 2, "Invalid value"),
        (["export", "crm", "--to", "x", "--format", "word"], 2, "Invalid value"),
        (["connect", "salesforce9"], 2, "no platform"),
        (["connect", "rest"], 2, "--file FILE"),
        (["connect", "rest", "--file", "/dev/null"], 2, "/dev/null is empty"),
        (["connect", "demo-crm", "--set", "url"], 2, "has no '='"),
        (["connect", "demo-crm", "--set", "colour=blue"], 2, "no field 'colour'"),
        (["connect", "demo-crm", "--name", "crm", "--set", "url=http://127.0.0.1:9"], 2, "exists already"),
        (["connect", "demo-crm", "--name", "n", "--set", "url=http://x", "--secret-file", "token=/not/there"], 2, "cannot be read"),
        (["source", "add", "bad/name", "-c", "crm"], 2, "/"),
        (["source", "add", "x", "-c", "crm", "--where", "contacts"], 2, "is no condition"),
        (["source", "add", "x", "-c", "crm", "--full-every", "soon"], 2, "no length of time"),
        (["schedule", "crm", "--every", "1h", "--daily", "03:00"], 2, "exclude each other"),
        (["schedule", "crm", "--daily", "25:00"], 2, "not a time of day"),
        (["schedule", "crm", "--cron", "often"], 2, "not a cron expression"),
        (["schedule", "crm", "--every", "1h", "--time-zone", "Mars/Olympus"], 2, "not a time zone"),
        (["schedule", "nowhere"], 2, "no source"),
        (["restore", "crm", "contacts", "0", "--yes"], 2, "no record '0'"),
        (["restore"], 2, "say what to restore"),
        (["undo", "rst_nothing"], 2, "no restore"),
        (["undo", "crm"], 2, "no restore's id"),
        (["runs", "show", "run_nothing"], 2, "no run"),
        (["hold", "crm", "--reason", " "], 2, "needs a reason"),
        (["expire", "crm", "--keep-within", "ages"], 2, "no length of time"),
        (["keys", "shred"], 2, "nothing was destroyed"),
        (["keys", "shred", "--sure", "acc_other"], 2, "nothing was destroyed"),
        (["keys", "recovery-kit", "--restore", "missing.txt"], 2, "cannot be read"),
        (["search", "crm", " "], 2, "nothing to look for"),
        (["diff", "crm", "other@1"], 2, "different sources"),
        (["init"], 2, "already"),
    ],
)
def test_a_wrong_argument_is_told_in_one_sentence(told: CommandLine, arguments: list[str], code: int, words: str) -> None:
    one_sentence(told(*arguments), code, words)
    machine = told(*arguments, "--json")
    assert machine.code == code
    assert machine.raw == b""
    assert machine.error["code"] == code
    assert machine.error["message"]


def test_a_package_that_is_missing_is_installed_by_the_python_that_lacks_it(told: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    said = told("export", "crm", "--format", "xlsx", "--to", "sheets")
    one_sentence(said, 2, f"{sys.executable} -m pip install 'listbackup[xlsx]'")
    assert list((told.home / "sheets").glob("*")) == []


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["show", "crm", "contacts"], ["snapshots", "crm", "--json"], ["--help"]], ids=" ".join)
def test_output_that_a_full_disk_does_not_take_is_a_full_disk(told: CommandLine, arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run([*PROGRAM, *arguments], env=told.environment, cwd=told.home, stdout=full, stderr=subprocess.PIPE, check=False)
    one_sentence(SimpleNamespace(code=done.returncode, out="", err=done.stderr.decode()), 8, "no space left", "free some space")


def test_half_a_recovery_kit_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutOfSpace):
        write_text(tmp_path / "kit.txt", "words that open everything")
    assert list(tmp_path.iterdir()) == []


def test_half_a_file_of_a_record_is_not_left_behind(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"the first half"
        raise DamagedError("the second half is not what was written")

    with pytest.raises(DamagedError):
        save_file(tmp_path, "letter.pdf", chunks(), number=1)
    assert list(tmp_path.iterdir()) == []


def test_the_package_itself_is_the_command_line(cli: CommandLine) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "listbackup", "nonsense"], env=cli.environment, capture_output=True, text=True, check=False
    )
    one_sentence(
        SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr), 2, "No such command 'nonsense'", "listbackup --help"
    )


def test_a_process_without_standard_streams_works_in_silence(cli: CommandLine) -> None:
    command = f"{shlex.join([*PROGRAM, 'init'])} <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], env=cli.environment, cwd=cli.home, check=False).returncode == 0
    assert cli.ok("source", "list", "--json").json == {"sources": []}


def test_something_that_nobody_thought_of_is_told_without_its_values(told: CommandLine) -> None:
    database = told.data / "tables.db"
    good = database.read_bytes()
    database.write_bytes(b"SQLite format 3\0" + bytes(4000))
    for leftover in told.data.glob("tables.db-*"):
        leftover.unlink()
    try:
        said = told("source", "list")
        assert said.code in (1, 6, 8)
        assert "error: " in said.err
    finally:
        database.write_bytes(good)
    assert told.ok("source", "list").code == 0


def finished(cli: CommandLine, *arguments: str, code: int = 0) -> bytes:
    """What a command printed that ran as a process of its own, so that it leaves no file of the disk open behind it."""
    child = cli.spawn(*arguments)
    out, err = child.communicate(timeout=120)
    assert child.returncode == code, (arguments, out, err)
    assert b"Traceback" not in err
    return bytes(out + err) if code else bytes(out)


def _file(cli: CommandLine, text: str) -> str:
    path: Path = cli.home / "given.txt"
    path.write_text(text)
    return str(path)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "logs"}
