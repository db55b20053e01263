"""Records that are JSON only nearly: they are kept as they came, and one of them keeps nobody from the others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listbackup.testing.saas.wire import Request, Response, WireServer

CommandLine = Any
READER = Path(__file__).parents[3] / "tools" / "listbackup_reader.py"
LATIN, LONE, HUGE, NAME, LINES = (
    b'{"id":1,"n":1,"name":"caf\xe9","file":"/f/1"}',
    rb'{"id":2,"n":2,"name":"half \ud83d","file":"/f/2"}',
    b'{"id":3,"n":1e999,"name":"huge","file":"/f/3"}',
    b'{"id":4,"n":4,"caf\xe9":"x","file":"/f/4"}',
    b'{"id":5,\r\n "n":5,"file":"/f/5"}',
)
ROWS = (LATIN, LONE, HUGE, NAME, LINES)
DEFINITION = """
platform: odd
base_url: "{url}"
config: [{name: url}]
auth: {kind: none}
streams:
  - name: rows
    path: /rows
    records: rows
    attachments: [{url: file}]
"""


@pytest.fixture
def odd(cli: CommandLine) -> Iterator[CommandLine]:
    """A home with two snapshots of an API whose records are odd; between them each has changed."""
    mark = [b"old"]

    def answer(request: Request) -> Response:
        if request.path.startswith("/f/"):
            return Response(body=request.path.encode(), headers={"Content-Type": "text/plain"})
        rows = b",".join(row[:-1] + b',"mark":"' + mark[0] + b'"}' for row in ROWS)
        return Response(body=b'{"rows":[' + rows + b"]}", headers={"Content-Type": "application/json"})

    server = WireServer(answer)
    server.start()
    (cli.home / "odd.yaml").write_text(DEFINITION)
    cli.ok("init")
    cli.ok("connect", "rest", "--file", "odd.yaml", "--name", "odd", "--set", f"url={server.url}")
    cli.ok("backup", "odd")
    mark[0] = b"new"
    cli.ok("backup", "odd")
    yield cli
    server.stop()


def test_each_is_kept_byte_for_byte_with_its_file(odd: CommandLine) -> None:
    kept = odd.ok("show", "odd@first", "rows").raw.splitlines()
    assert kept[:4] == [row[:-1] + b',"mark":"old"}' for row in ROWS[:4]]
    files = [odd.ok("show", "odd", "rows", str(number), "--json").json["files"] for number in range(1, 6)]
    assert [len(one) for one in files] == [1] * 5


def test_show_an_export_and_the_stand_alone_reader_give_the_same_lines(odd: CommandLine) -> None:
    shown = odd.ok("show", "odd", "rows").raw.splitlines()
    assert len(shown) == 5
    odd.ok("export", "odd", "--format", "jsonl", "--to", "out")
    assert (odd.home / "out" / "rows.jsonl").read_bytes().splitlines() == shown
    odd.ok("keys", "recovery-kit", "--store", "--to", "kit.json")
    (source,) = odd.ok("source", "list", "--json").json["sources"]
    read = [sys.executable, str(READER), str(odd.data / "objects"), "kit.json", "export", source["id"], "rows"]
    exact = subprocess.run(read, cwd=odd.home, capture_output=True, check=True).stdout
    assert exact.replace(b"\r\n", b"  ").splitlines() == shown


def test_every_way_to_look_shows_all_of_them(odd: CommandLine) -> None:
    for words in (["ls", "odd", "rows"], ["show", "odd", "rows"], ["diff", "odd"], ["search", "odd", "new"]):
        assert len(odd.ok(*words, "--json").lines) == 5
        odd.ok(*words)
    for number in range(1, 6):
        assert len(odd.ok("history", "odd", "rows", str(number), "--json").json["versions"]) == 2
        odd.ok("history", "odd", "rows", str(number))
    odd.ok("diff", "odd", "--sets")


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "xlsx"])
def test_every_format_holds_all_of_them(odd: CommandLine, form: str) -> None:
    written = odd.ok("export", "odd", "--format", form, "--to", "out", "--json").json
    assert written["records"] == 5
    if form == "jsonl":
        assert (odd.home / "out" / "rows.jsonl").read_bytes().splitlines()[0] == LATIN[:-1] + b',"mark":"new"}'


def test_a_comparison_of_nothing_proves_nothing(odd: CommandLine) -> None:
    said = odd.ok("verify", "odd")
    assert "no record of snapshot 2 could be compared" in said.err
    assert "none contradicts" not in said.out


def test_conditions_look_into_them(odd: CommandLine) -> None:
    odd.ok("source", "add", "few", "--connection", "odd", "--stream", "rows", "--where", "rows.n>1")
    odd.ok("backup", "few")
    assert [line["key"] for line in odd.ok("show", "few", "rows", "--json").lines] == [[2], [3], [4], [5]]
    odd.ok("export", "odd", "--format", "jsonl", "--stream", "rows", "--filter", "name~caf", "--to", "one")
    assert (odd.home / "one" / "rows.jsonl").read_bytes().count(b"\n") == 1
