"""Looking: every command that reads, plainly and with ``--json``."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

CommandLine = Any


def test_snapshots_are_listed_newest_first(told: CommandLine) -> None:
    found = told.ok("snapshots", "crm", "--json").json
    assert [one["number"] for one in found["snapshots"]] == [2, 1]
    assert found["snapshots"][1]["records"] == 500
    assert "NUMBER" in told.ok("snapshots", "crm").out


def test_the_streams_of_a_snapshot_are_listed_with_their_counts(told: CommandLine) -> None:
    first = told.ok("ls", "crm@1", "--json").json["snapshot"]
    assert sum(stream["records"] for stream in first["streams"].values()) == 500
    assert not any(name.startswith("_") for name in first["streams"])
    assert "contacts" in told.ok("ls", "crm@first").out


def test_the_records_of_a_stream_are_listed_page_by_page(told: CommandLine) -> None:
    first = told.ok("ls", "crm", "contacts", "--limit", "3", "--json").lines
    rest = told.ok("ls", "crm", "contacts", "--limit", "2", "--after", str(first[0]["key"][0]), "--json").lines
    assert [one["key"] for one in rest] == [one["key"] for one in first[1:]]
    assert "more: --after" in told.ok("ls", "crm", "contacts", "--limit", "3").out


def test_a_record_is_shown_with_the_bytes_that_the_platform_sent(told: CommandLine) -> None:
    key = str(told.ok("ls", "crm", "contacts", "--limit", "1", "--json").lines[0]["key"][0])
    raw = told.ok("show", "crm", "contacts", key).raw
    document = told.ok("show", "crm", "contacts", key, "--json")
    assert raw.rstrip(b"\n") in document.raw
    assert document.json["record"] == json.loads(raw)
    assert raw in told.ok("show", "crm", "contacts").raw


def test_all_records_of_a_stream_come_one_a_line(told: CommandLine) -> None:
    live = told.ok("ls", "crm", "--json").json["snapshot"]["streams"]["contacts"]["records"]
    plain = told.ok("show", "crm", "contacts").raw.splitlines()
    assert len(plain) == live
    assert [line["record"] for line in told.ok("show", "crm", "contacts", "--json").lines] == [json.loads(line) for line in plain]
    assert len(told.ok("show", "crm", "contacts", "--limit", "4").raw.splitlines()) == 4


def test_the_files_of_a_record_are_saved_under_harmless_names(told: CommandLine) -> None:
    key = str(told.ok("ls", "crm", "documents", "--limit", "1", "--json").lines[0]["key"][0])
    shown = told.ok("show", "crm", "documents", key, "--files", "saved", "--json").json
    assert len(shown["files"]) == 1
    path = told.home / shown["files"][0]["saved_to"]
    assert path.stat().st_size == shown["files"][0]["bytes"]
    again = told("show", "crm", "documents", key, "--files", "saved")
    assert (again.code, "exists already" in again.err) == (2, True)


def test_a_changed_record_tells_its_history(told: CommandLine) -> None:
    changed = next(one for one in told.ok("diff", "crm", "--stream", "contacts", "--json").lines if one["kind"] == "changed")
    key = str(changed["key"][0])
    versions = told.ok("history", "crm", "contacts", key, "--json").json["versions"]
    assert [one["op"] for one in versions] == ["added", "changed"]
    assert (versions[0]["record"], versions[1]["record"]) == (changed["before"], changed["after"])
    assert " → " in told.ok("history", "crm", "contacts", key).out


def test_a_gone_record_tells_why_we_believe_it(told: CommandLine) -> None:
    gone = next(one for one in told.ok("diff", "crm", "--stream", "companies", "--json").lines if one["kind"] == "removed")
    versions = told.ok("history", "crm", "companies", str(gone["key"][0]), "--json").json["versions"]
    assert (versions[-1]["op"], versions[-1]["record"]) == ("gone", None)
    assert versions[-1]["evidence"] in ("absent_from_listing", "direct_read")


def test_two_moments_are_compared_in_counts_and_changes(told: CommandLine) -> None:
    counts = told.ok("diff", "crm@1", "2", "--counts", "--json").json["streams"]
    changes = told.ok("diff", "crm@1", "@latest", "--json").lines
    for stream, one in counts.items():
        kinds = [change["kind"] for change in changes if change["stream"] == stream]
        assert (kinds.count("added"), kinds.count("changed"), kinds.count("removed")) == (one["added"], one["changed"], one["removed"])
    assert told.ok("diff", "crm@2", "2", "--json").lines == []
    assert "They hold the same." in told.ok("diff", "crm@2", "2").out


def test_a_search_finds_records_by_their_text(told: CommandLine) -> None:
    record = json.loads(told.ok("show", "crm@1", "contacts", "--limit", "1").raw)
    found = told.ok("search", "crm@1", record["email"].upper(), "--json").lines
    assert [one["record"]["id"] for one in found] == [record["id"]]
    assert "No record" in told.ok("search", "crm", "nobody has written this").out


def test_a_snapshot_is_exported_as_files(told: CommandLine) -> None:
    made = told.ok("export", "crm@1", "--to", "lines", "--json").json
    assert made["records"] == 500
    assert (told.home / "lines" / "contacts.jsonl").read_bytes() == told.ok("show", "crm@1", "contacts").raw
    told.ok("export", "crm@1", "--to", "sheet", "--format", "csv", "--stream", "companies")
    assert sorted(path.name for path in (told.home / "sheet").iterdir()) == ["companies.csv", "manifest.json"]
    assert told("export", "crm@1", "--to", "sheet").code == 2


def test_runs_are_listed_shown_and_their_logs_printed(told: CommandLine) -> None:
    runs = told.ok("runs", "list", "--json").json["runs"]
    assert [one["state"] for one in runs] == ["succeeded", "succeeded"]
    shown = told.ok("runs", "show", runs[1]["id"], "--json").json["run"]
    assert shown == runs[1]
    assert (shown["records"], shown["snapshot"]["number"]) == (500, 1)
    assert told.ok("runs", "logs", "crm", "--json").lines[-1]["level"] == "info"
    assert "succeeded" in told.ok("runs", "list", "crm", "--limit", "1").out


def test_runs_alone_lists_them(told: CommandLine) -> None:
    assert told.ok("runs").out == told.ok("runs", "list").out
    assert told.ok("runs", "--json").raw == told.ok("runs", "list", "--json").raw
    assert "behind the command" in told("runs", "--json", "list").err


def test_help_shows_flags_without_a_type_and_arguments_as_they_are_typed(told: CommandLine) -> None:
    shown = " ".join(told.ok("restore", "--help").out.split())
    assert "listbackup restore [OPTIONS] SOURCE[@WHEN] [STREAM] [KEY]..." in shown
    assert "<bool>" not in shown
    assert "--field NAME" in shown


def test_sources_connections_and_platforms_are_listed(told: CommandLine) -> None:
    assert told.ok("source", "list", "--json").json["sources"][0]["connection"] == "crm"
    assert told.ok("connections", "list", "--json").json["connections"][0]["state"] == "ready"
    assert {"demo-crm", "wordpress", "ghost", "mailman", "rest"} <= {
        one["name"] for one in told.ok("platforms", "--json").json["platforms"]
    }
    assert "contacts" in told.ok("source", "discover", "crm").out
    assert told.ok("source", "test", "crm", "--json").json["source"] == "crm"
    assert told.ok("connections", "test", "crm", "--json").json["connection"]["name"] == "crm"


def test_the_store_is_checked_and_verified(told: CommandLine) -> None:
    report = told.ok("check", "crm", "--read-data", "--json").json
    assert report["sound"]
    assert report["sources"]["crm"]["snapshots"] == 2
    assert told.ok("verify", "crm", "--json").json["sound"]
    assert "sound" in told.ok("check").out


def test_the_doctor_finds_a_healthy_installation_sound(told: CommandLine) -> None:
    found = told.ok("doctor", "--json").json
    assert found["sound"]
    assert [one["subject"] for one in found["findings"]][:3] == ["python", "data folder", "disk"]
    assert told.ok("doctor").out.count("\n") == len(found["findings"])


def test_completion_scripts_name_the_program(told: CommandLine) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "listbackup" in told.ok("completion", shell).out


def test_a_shell_completes_commands_and_sources(told: CommandLine) -> None:
    child = told.spawn(_LISTBACKUP_COMPLETE="complete_bash", COMP_WORDS="listbackup show c", COMP_CWORD="2")
    assert child.communicate()[0].split() == [b"crm"]
    child = told.spawn(_LISTBACKUP_COMPLETE="complete_bash", COMP_WORDS="listbackup sna", COMP_CWORD="1")
    assert child.communicate()[0].split() == [b"snapshots"]


def test_showing_a_record_loads_nothing_that_it_does_not_need(told: CommandLine) -> None:
    key = str(told.ok("ls", "crm", "contacts", "--limit", "1", "--json").lines[0]["key"][0])
    script = (
        f"from listbackup.cli.app import run; import sys; run(['show', 'crm', 'contacts', {key!r}]); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], env=told.environment, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert (
        loaded
        & {"pydantic", "rich.console", "botocore", "pyarrow", "yaml", "argon2", "listbackup.services.runs", "listbackup.processor.backup"}
        == set()
    )
