"""The same commands through a server: same words, same JSON, same numbers as beside the data; and what is said when the server is the trouble."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import pytest

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
    twins.same("restore", "crm@previous", *gone, "--dry-run")
    twins.same("restore", "crm@previous", *gone)  # nobody can be asked
    near, far = twins.same("restore", "crm@previous", *gone, "--yes", "--json")
    assert near.json["restore"]["result"]["created"] == 1
    twins.same("undo")
    undone = [home("undo", said.json["restore"]["id"], "--json") for home, said in ((twins.near, near), (twins.far, far))]
    assert plain(undone[0].out) == plain(undone[1].out)
    assert undone[1].json["restore"]["undo_result"]["deleted"] == 1
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
    document = next(one for one in twins.near("show", "crm", "documents", "--json").lines)
    key = str(document["key"][0])
    twins.same("show", "crm", "documents", key, "--json")
    twins.same("show", "crm", "documents", key, "--files", "attached")
    assert files(twins.far.home / "attached") == files(twins.near.home / "attached") != {}


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder but for the manifest, which says when."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


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
