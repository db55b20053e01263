"""The same commands through a server: same words, same JSON, same numbers as beside the data; and what is said when the server is the trouble."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import unified_diff
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from listbackup import __version__
from listbackup.cli.exit_codes import exit_code
from listbackup.cli.remote.line import versions_differ
from listbackup.testing.saas.options import Options
from listbackup.testing.saas.server import Saas

from .conftest import RECORDS, CommandLine, Said

IDS = re.compile(r"\b(con|src|run|snp|job|rst|acc|evt)_[0-9a-hjkmnp-tv-z]{26}\b")
TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?|\b\d\d:\d\d:\d\d\b|\b\d+\.\d s\b")
PORTS = re.compile(r"127\.0\.0\.1:\d+")
SIZES = re.compile(r'("[a-z]+_bytes":)\d+|\d+(\.\d+)? [kM]?B\b')
SPACES = re.compile(r"  +")
CONTENT = re.compile(r'"id":"[0-9a-f]{16,}"')  # a keyed hash: other keys, other ids
WORKERS = re.compile(r"Attempt 1 by \S+")


@dataclass(frozen=True)
class Twins:
    """One person beside the data, and one who has the same data behind a server."""

    near: CommandLine
    far: CommandLine
    near_crm: Saas
    far_crm: Saas
    url: str

    def both(self, *arguments: str) -> tuple[Said, Said]:
        """The same command, twice."""
        return self.near(*arguments), self.far(*arguments)

    def same(self, *arguments: str, in_order: bool = True) -> tuple[Said, Said]:
        """The same command, twice, with the same words, the same JSON and the same number but for ids, times and sizes on disk."""
        near, far = self.both(*arguments)
        texts = [[f"ends with {said.code}", *lines(said.out, in_order), *lines(said.err, in_order)] for said in (near, far)]
        assert "\n".join(unified_diff(*texts, "near", "far", lineterm="", n=0)) == "", arguments
        return near, far

    def day(self) -> None:
        """The same day passes on both platforms."""
        for crm in (self.near_crm, self.far_crm):
            crm.pass_day()


def lines(text: str, in_order: bool) -> list[str]:
    """The lines of a text without what must differ."""
    found = plain(text).splitlines()
    return found if in_order else sorted(found)


def plain(text: str) -> str:
    """The text without what must differ."""
    for pattern, word in ((IDS, r"\1_…"), (TIMES, "…"), (PORTS, "…"), (SIZES, "…"), (WORKERS, "…"), (CONTENT, "…"), (SPACES, "  ")):
        text = pattern.sub(word, text)
    return text


def serve(home: CommandLine) -> tuple[subprocess.Popen[bytes], str, str]:
    """A server over this home's data folder: the process, its address and its owner's key."""
    child = home.spawn("serve", "--port", "0", "--json")
    assert child.stdout is not None
    said: dict[str, str] = {}
    while "url" not in said:
        line = child.stdout.readline()
        assert line, child.stderr.read() if child.stderr is not None else ""
        said |= json.loads(line)
    return child, said["url"].removesuffix("/v2"), said["first_api_key"]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """Two installations of the same platform, one of them served."""
    near, behind, far = (CommandLine(tmp_path_factory.mktemp(name)) for name in ("near", "behind", "far"))
    crms = [Saas(Options(records=RECORDS)) for _ in range(2)]
    for crm in crms:
        crm.start()
    child, url, key = serve(behind)
    far.environment |= {"LISTBACKUP_SERVER": url, "LISTBACKUP_API_KEY": key}
    near.ok("init")
    try:
        yield Twins(near, far, *crms, url)
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=30) == 0
        for crm in crms:
            crm.stop()


def test_a_day_of_work_is_the_same_through_a_server(twins: Twins, tmp_path: Path) -> None:
    for home, crm in ((twins.near, twins.near_crm), (twins.far, twins.far_crm)):
        (home.home / "token.txt").write_text(crm.token)
        home.ok("connect", "demo-crm", "--name", "crm", "--set", f"url={crm.base_url}", "--secret-file", "token=token.txt")
    twins.same("platforms")
    twins.same("connections", "list", "--json")
    twins.same("connections", "test", "crm")
    twins.same("source", "list")
    twins.same("source", "list", "--json")
    twins.same("source", "discover", "crm", "--json")
    twins.same("source", "test", "crm")
    twins.same("backup", "crm")
    twins.day()
    twins.same("backup", "crm", "--json")
    twins.same("runs", "list")
    twins.same("runs", "show", "crm", "--json")
    twins.same("runs", "logs", "crm", in_order=False)
    twins.same("runs", "cancel", "crm")
    twins.same("snapshots", "crm")
    twins.same("snapshots", "crm", "--json")
    twins.same("ls", "crm")
    twins.same("ls", "crm@previous", "contacts", "--limit", "7")
    twins.same("ls", "crm", "contacts", "--limit", "7", "--json")
    twins.same("show", "crm", "contacts")
    twins.same("show", "crm@1", "contacts", "--limit", "3")
    twins.same("diff", "crm")
    twins.same("diff", "crm", "--json")
    twins.same("diff", "crm", "--counts", "--json")
    twins.same("diff", "crm@1", "2", "--stream", "contacts")
    twins.same("diff", "crm@2", "1")
    twins.same("search", "crm", "example", "--limit", "5")
    twins.same("search", "crm@1", "EXAMPLE", "--stream", "contacts", "--json")
    gone = removed(twins.near)
    twins.same("show", "crm@previous", *gone, "--json")
    twins.same("show", "crm", *gone)
    twins.same("history", "crm", *gone)
    twins.same("history", "crm", *gone, "--json")
    twins.same("ls", "crm", "contacts", "--after", gone[1], "--limit", "3")
    twins.same("hold", "crm@1", "--reason", "the first of all")
    twins.same("snapshots", "crm")
    twins.same("release", "crm@1", "--json")
    twins.same("expire", "crm", "--dry-run")
    twins.same("expire", "crm", "--keep-last", "1", "--dry-run", "--json")
    twins.same("prune", "crm", "--dry-run", "--json")
    twins.same("verify", "crm", "--sample", "1000", "--json")
    twins.same("schedule")
    twins.same("schedule", "crm", "--every", "1h", "--keep-daily", "7", "--quiet", "08:00-18:00")
    twins.same("schedule", "crm", "--json")
    twins.same("schedule", "crm", "--pause")
    twins.same("schedule", "crm", "--remove")
    twins.same("hold", "crm@1", "--trust")
    twins.same("hold", "crm@1", "--trust", "--json")
    twins.same("diff", "crm", "--sets")
    sets, _ = twins.same("diff", "crm", "--sets", "--json")
    edited = next(one for one in sets.json["change_sets"] if one["kind"] == "changed")
    twins.same("restore", "crm", "--change-set", edited["set"], "--dry-run", "--json")
    twins.same("restore", "crm", "--change-set", "2.999")
    near, far = twins.same("restore", "crm", "--change-set", edited["set"], "--yes", "--json")
    assert far.json["restore"]["result"]["updated"] == edited["count"]
    for home, said in ((twins.near, near), (twins.far, far)):
        home.ok("undo", said.json["restore"]["id"])
    key = str(next(one for one in twins.near("diff", "crm", "--json", "--stream", "contacts").lines if one["kind"] == "changed")["key"][0])
    near, far = twins.same("restore", "crm@previous", "contacts", key, "--field", "first_name", "--field", "email", "--yes", "--json")
    assert far.json["plan"]["fields"] == ["first_name", "email"]
    twins.same("restore", "crm@previous", "contacts", key, "--field", "id")
    twins.same("restore", "crm@previous", "--field", "name")
    twins.same("restore", "crm@previous", *gone, "--dry-run")
    twins.same("restore", "crm@previous", *gone)  # nobody can be asked
    near, far = twins.same("restore", "crm@previous", *gone, "--yes", "--json")
    assert near.json["restore"]["result"]["created"] == 1
    twins.same("undo")
    undone = [home("undo", said.json["restore"]["id"], "--json") for home, said in ((twins.near, near), (twins.far, far))]
    assert plain(undone[0].out) == plain(undone[1].out)
    assert undone[1].json["restore"]["undo_result"]["deleted"] == 1
    near, far = twins.both("activity", "crm", "--action", "source", "--json")
    assert [one["action"] for one in far.lines] == [one["action"] for one in near.lines] != []
    twins.same("activity", "--action", "nothing")
    twins.same("activity", "nothing")
    twins.same("source", "add", "few", "--connection", "crm", "--stream", "contacts", "--where", "contacts.name!=nobody", "--json")
    twins.same("source", "remove", "few")
    twins.same("api-key", "create", "report", "--days", "3", "--scope", "nonsense")


def test_what_is_fetched_through_a_server_has_the_same_bytes(twins: Twins) -> None:
    for form in ("jsonl", "csv"):
        twins.same("export", "crm", "--to", form, "--format", form)
        assert files(twins.far.home / form) == files(twins.near.home / form)
        twins.same("export", "crm", "--to", form, "--format", form)  # the folder is not empty
    twins.same("export", "crm@1", "--to", "some", "--stream", "contacts", "--stream", "tags", "--json")
    twins.same("export", "crm", "--to", "none", "--stream", "nothing")
    twins.same("export", "crm", "--to", "lake", "--stream", "documents", "--files", "--json")
    assert files(twins.far.home / "lake" / "attachments") == files(twins.near.home / "lake" / "attachments") != {}
    few = ("--stream", "contacts", "--fields", "id,email", "--filter", "email~a", "--format", "csv")
    near, _ = twins.same("export", "crm", "--to", "few", *few, "--json")
    assert 0 < near.json["records"] < RECORDS
    assert files(twins.far.home / "few") == files(twins.near.home / "few")
    twins.same("export", "crm", "--to", "never", "--filter", "=")
    document = next(one for one in twins.near("show", "crm", "documents", "--json").lines)
    key = str(document["key"][0])
    twins.same("show", "crm", "documents", key, "--json")
    twins.same("show", "crm", "documents", key, "--files", "attached")
    assert files(twins.far.home / "attached") == files(twins.near.home / "attached") != {}


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder but for the manifest, which says when."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "manifest.json"}


def removed(home: CommandLine) -> tuple[str, str]:
    """Stream and key of a contact that the last day removed."""
    found = next(one for one in home("diff", "crm", "--json", "--stream", "contacts").lines if one["kind"] == "removed")
    return found["stream"], str(found["key"][0])


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nothing", "contacts"),
        ("show", "crmm", "contacts"),
        ("show", "crm", "nothing"),
        ("show", "crm", "contacts", "no such key"),
        ("show", "crm@99", "contacts"),
        ("show", "crm@nonsense", "contacts"),
        ("history", "crm", "contacts", "no such key"),
        ("history", "crm", "nothing", "1"),
        ("search", "crm", "zzzzzz no such text"),
        ("connect", "nothing", "--set", "a=b"),
        ("connect", "demo-crm", "--name", "crm"),
        ("connect", "demo-crm", "--name", "other", "--set", "nothing=1"),
        ("connections", "test", "nothing"),
        ("connections", "remove", "crm"),
        ("source", "add", "crm"),
        ("source", "add", "other", "--connection", "crm", "--stream", "nothing"),
        ("source", "remove", "nothing"),
        ("runs", "show", "run_01kf0c4f2z8m5e9x7q3t6v1a2b"),
        ("runs", "retry", "nothing"),
        ("undo", "rst_01kf0c4f2z8m5e9x7q3t6v1a2b"),
        ("schedule", "crm", "--cron", "nonsense"),
        ("restore", "crm", "nothing"),
        ("hold", "crm@99"),
        ("api-key", "revoke", "nothing"),
        ("backup",),
    ],
    ids=" ".join,
)
def test_what_is_wrong_is_said_in_the_same_words(twins: Twins, arguments: tuple[str, ...]) -> None:
    twins.same(*arguments)
    twins.same(*arguments, "--json")


@pytest.mark.parametrize(
    "arguments",
    [("init",), ("worker",), ("serve",), ("demo",), ("doctor", "--prove"), ("check", "--read-data"), ("keys", "rotate"), ("setup",)],
    ids=" ".join,
)
def test_what_needs_the_machine_with_the_data_refuses_in_one_sentence(twins: Twins, arguments: tuple[str, ...]) -> None:
    said = twins.far(*arguments)
    assert said.code == 2
    assert "on the machine that holds the data, not through a server" in said.err
    assert said.out == ""


def test_snapshots_end_and_come_back_through_a_server_too(twins: Twins) -> None:
    for home, crm in ((twins.near, twins.near_crm), (twins.far, twins.far_crm)):
        (home.home / "token.txt").write_text(crm.token)
        home.ok("connect", "demo-crm", "--name", "shop", "--set", f"url={crm.base_url}", "--secret-file", "token=token.txt")
        for _ in range(6):
            home.ok("backup", "shop")
    near, far = twins.same("expire", "shop", "--keep-last", "1", "--yes", "--json")
    assert near.json["expired"] == far.json["expired"] == [1, 2, 3]
    twins.same("expire", "shop", "--keep-last", "1", "--json")
    twins.same("expire", "shop", "--undo", "2", "--json")
    twins.same("expire", "shop", "--undo", "99")
    twins.same("snapshots", "shop", "--json")
    near, far = twins.same("prune", "shop", "--json")
    assert far.json["pruned"]["purged"] == []  # seven days have not passed


def test_a_server_that_is_not_there_is_said(twins: Twins, cli: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    said = cli("--server", nowhere, "source", "list", LISTBACKUP_API_KEY="lbk_x")
    assert (said.code, "cannot be reached" in said.err, "Traceback" in said.err) == (5, True, False)


def test_a_key_that_is_wrong_or_does_not_reach_so_far_is_said(twins: Twins, cli: CommandLine) -> None:
    wrong = cli("--server", twins.url, "source", "list", LISTBACKUP_API_KEY="lbk_live_00000000_nonsense")
    assert (wrong.code, "does not let us in" in wrong.err) == (4, True)
    narrow = twins.far("api-key", "create", "narrow", "--scope", "sources:read", "--json").json["text"]
    allowed = cli("--server", twins.url, "source", "list", LISTBACKUP_API_KEY=narrow)
    refused = cli("--server", twins.url, "source", "remove", "crm", LISTBACKUP_API_KEY=narrow)
    assert allowed.code in (0, 4)  # the table names connections, which this key may not see
    assert (refused.code, "refuses" in refused.err) == (4, True)
    assert not any("nonsense" in text for text in (wrong.err, wrong.out))


def test_without_a_credential_it_is_said_how_to_get_one(twins: Twins, cli: CommandLine) -> None:
    said = cli("--server", twins.url, "source", "list")
    assert (said.code, f"listbackup --server {twins.url} login" in said.err) == (4, True)


def test_a_login_is_kept_for_its_owner_only_and_forgotten_again(twins: Twins, cli: CommandLine) -> None:
    (cli.home / "key.txt").write_text(twins.far.environment["LISTBACKUP_API_KEY"] + "\n")
    cli.ok("--server", twins.url, "login", "--key-file", "key.txt")
    kept = cli.home / ".config" / "listbackup" / "logins.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert cli.ok("--server", twins.url, "connections", "list", "--json").json == twins.far("connections", "list", "--json").json
    kept.chmod(0o644)
    assert "can be read by others" in cli("--server", twins.url, "source", "list").err
    kept.chmod(0o600)
    cli.ok("--server", twins.url, "logout")
    assert cli("--server", twins.url, "source", "list").code == 4
    assert cli("--server", twins.url, "logout").code == 2


def test_a_wrong_key_is_not_kept(twins: Twins, cli: CommandLine) -> None:
    said = cli("--server", twins.url, "login", "--key-file", "-", stdin="lbk_live_00000000_nonsense")
    assert said.code == 4
    assert not (cli.home / ".config" / "listbackup" / "logins.json").exists()


def test_a_data_folder_and_a_server_exclude_each_other(twins: Twins) -> None:
    assert twins.near("--data", "x", "--server", twins.url, "source", "list").code == 2
    assert twins.far("--data", str(twins.near.data), "source", "list").code in (
        0,
        10,
    )  # the command line's own word wins over the environment


@pytest.mark.parametrize(("server", "word"), [("9.0.0", "upgrade this command line"), ("0.0.1", "have the server upgraded")])
def test_a_server_of_another_version_is_told_when_it_is_not_understood(server: str, word: str) -> None:
    said = versions_differ("https://backup.example.org", server, "v2")
    assert said is not None
    assert (exit_code(said), said.hint is not None and word in said.hint) == (9, True)
    assert versions_differ("https://backup.example.org", __version__, "v2") is None
    assert versions_differ("https://backup.example.org", __version__, "v3") is not None


def test_an_answer_that_cannot_be_read_is_explained_by_the_versions(cli: CommandLine) -> None:
    answers = {"/v2/system/version": b'{"version":"9.9.0","api":"v2"}', "/v2/sources?limit=100": b'{"items":[{"id":1}]}'}
    with other_server(answers) as url:
        said = cli("--server", url, "source", "list", LISTBACKUP_API_KEY="lbk_x")
    assert (said.code, "is ListBackup 9.9.0" in said.err, "upgrade this command line" in said.err) == (9, True, True)


@contextmanager
def other_server(answers: dict[str, bytes]) -> Iterator[str]:
    """A server that answers these paths, and everything else with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answers.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
