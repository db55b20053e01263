"""The same commands through a server: same words, same JSON, same numbers as beside the data; and what is said when the server is the trouble."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from listbackup.testing.saas.options import Options
from listbackup.testing.saas.server import Saas

from .conftest import RECORDS, CommandLine, Said

IDS = re.compile(r"\b(con|src|run|snp|job|rst|acc|evt)_[0-9a-hjkmnp-tv-z]{26}\b")
TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?|\b\d\d:\d\d:\d\d\b|\b\d+\.\d s\b")
PORTS = re.compile(r"127\.0\.0\.1:\d+")
SIZES = re.compile(r'("written_bytes":)\d+|\d+(\.\d+)? [kM]?B\b')
SPACES = re.compile(r"  +")


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

    def same(self, *arguments: str) -> Said:
        """The same command, twice, with the same words, the same JSON and the same number but for ids, times and sizes on disk."""
        near, far = self.both(*arguments)
        assert (far.code, plain(far.out), plain(far.err)) == (near.code, plain(near.out), plain(near.err)), arguments
        return far

    def day(self) -> None:
        """The same day passes on both platforms."""
        for crm in (self.near_crm, self.far_crm):
            crm.pass_day()


def plain(text: str) -> str:
    """The text without what must differ."""
    for pattern, word in ((IDS, r"\1_…"), (TIMES, "…"), (PORTS, "…"), (SIZES, "…"), (SPACES, "  ")):
        text = pattern.sub(word, text)
    return text


def serve(home: CommandLine) -> tuple[subprocess.Popen[bytes], str, str]:
    """A server over this home's data folder: the process, its address and its owner's key."""
    child = home.spawn("serve", "--port", "0", "--json")
    assert child.stdout is not None
    key = json.loads(child.stdout.readline())["first_api_key"]
    while "url" not in (said := json.loads(child.stdout.readline())):
        pass
    return child, said["url"].removesuffix("/v2"), key


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
    twins.same("runs", "logs", "crm")
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
