"""Acting: connecting, scheduling, keeping, restoring, undoing, each plainly and with ``--json``."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from typing import Any

import pytest

CommandLine = Any
Saas = Any


def gone(cli: CommandLine, stream: str = "deals") -> str:
    """The key of a record that the last day removed."""
    changes = cli.ok("diff", "crm", "--stream", stream, "--json").lines
    return str(next(one["key"][0] for one in changes if one["kind"] == "removed"))


@pytest.fixture
def day(cli: CommandLine, crm: Saas) -> CommandLine:
    """Two snapshots, a simulated day apart."""
    cli.connect(crm)
    cli.ok("backup", "crm")
    crm.world.pass_day(changed=0.05, deleted=0.05, added=0.02)
    cli.ok("backup", "crm")
    return cli


def test_init_makes_a_private_folder_and_a_key_apart_from_it(cli: CommandLine) -> None:
    made = cli.ok("init", "--json").json
    assert made["data"] == str(cli.data)
    assert cli.data not in cli.keys.parents
    assert cli.data.stat().st_mode & 0o077 == 0
    assert (cli.keys / made["installation"] / "root.key").stat().st_mode & 0o777 == 0o600


def test_a_connection_is_tested_and_a_source_made_of_it(cli: CommandLine, crm: Saas) -> None:
    cli.ok("init")
    (cli.home / "token.txt").write_text(crm.token + "\n")
    made = cli.ok("connect", "demo-crm", "--name", "crm", "--set", f"url={crm.base_url}", "--secret-file", "token=token.txt", "--json").json
    assert (made["source"], made["connection"]["state"], made["connection"]["secrets"]) == ("crm", "ready", ["token"])
    assert crm.token not in json.dumps(made)


def test_a_source_takes_some_streams_and_some_records(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    added = cli.ok(
        "source", "add", "open", "-c", "crm", "-s", "deals", "--where", "deals.stage!=lost", "--full-every", "1d", "--json"
    ).json["source"]
    assert (added["streams"], added["filters"], added["full_every_seconds"]) == (["deals"], {"deals": ["stage!=lost"]}, 86_400)
    cli.ok("backup", "open")
    stages = {line["record"]["stage"] for line in cli.ok("show", "open", "deals", "--json").lines}
    assert stages
    assert "lost" not in stages
    cli.ok("source", "remove", "open")
    assert [one["name"] for one in cli.ok("source", "list", "--json").json["sources"]] == ["crm"]


def test_a_connection_in_use_is_not_removed(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    assert "is used by source 'crm'" in cli("connections", "remove", "crm").err
    cli.ok("source", "remove", "crm")
    assert cli.ok("connections", "remove", "crm", "--json").json == {"removed": "crm"}


def test_the_second_backup_reads_and_writes_what_changed(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    first = cli.ok("backup", "crm", "--json").json["runs"][0]
    second = cli.ok("backup", "crm", "--json").json["runs"][0]
    assert (first["records"], first["state"], second["state"]) == (500, "succeeded", "succeeded")
    assert sum(one["added"] + one["changed"] + one["gone"] for one in second["streams"]) == 0
    assert second["written_bytes"] < first["written_bytes"] / 4
    assert "snapshot 3" in cli.ok("backup", "--all", "--full").out


def test_a_restore_is_planned_then_done_and_then_undone(day: CommandLine, crm: Saas) -> None:
    key, before = gone(day), crm.world.counts()["deals"]
    plan = day.ok("restore", "crm@previous", "deals", key, "--dry-run", "--json").json
    assert (plan["plan"]["streams"]["deals"]["create"], plan["restore"]) == (1, None)
    assert len(plan["plan"]["steps"]) == 1
    assert crm.world.counts()["deals"] == before
    assert day("restore", "crm@previous", "deals", key).code == 2  # nobody can be asked
    done = day.ok("restore", "crm@previous", "deals", key, "--yes", "--json").json["restore"]
    assert (done["state"], done["result"]["created"], crm.world.counts()["deals"]) == ("done", 1, before + 1)
    assert [one["id"] for one in day.ok("undo", "--json").json["restores"]] == [done["id"]]
    undone = day.ok("undo", done["id"], "--json").json["restore"]
    assert (undone["state"], undone["undo_result"]["deleted"], crm.world.counts()["deals"]) == ("undone", 1, before)


def test_a_restore_of_a_record_touches_no_other(day: CommandLine, crm: Saas) -> None:
    changed = [one for one in day.ok("diff", "crm", "--stream", "companies", "--json").lines if one["kind"] == "changed"]
    key, other = str(changed[0]["key"][0]), changed[1]
    day.ok("restore", "crm@previous", "companies", key, "--yes")
    day.ok("backup", "crm", "--full")
    assert day.ok("show", "crm", "companies", str(other["key"][0]), "--json").json["record"] == other["after"]
    after = day.ok("show", "crm", "companies", key, "--json").json["record"]
    assert after["employees"] == changed[0]["before"]["employees"]


def test_a_record_edited_since_the_last_backup_is_left_alone(day: CommandLine, crm: Saas) -> None:
    changed = next(one for one in day.ok("diff", "crm", "--stream", "companies", "--json").lines if one["kind"] == "changed")
    crm.world.pass_day(changed=1.0, deleted=0, added=0)
    plan = day.ok("restore", "crm@previous", "companies", str(changed["key"][0]), "--dry-run", "--json").json["plan"]
    assert plan["streams"]["companies"] == {"create": 0, "update": 0, "skip": 0, "conflict": 1}
    said = day.ok("restore", "crm@previous", "companies", str(changed["key"][0]), "--yes").out
    assert "There is nothing to write." in said


def test_a_schedule_is_set_shown_paused_and_removed(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    made = cli.ok("schedule", "crm", "--every", "15m", "--keep-daily", "30", "--keep-within", "2d", "--json").json["schedule"]
    assert (made["every_seconds"], made["keep"]["daily"], made["keep"]["within_seconds"], made["paused"]) == (900, 30, 172_800, False)
    zoned = cli.ok("schedule", "crm", "--daily", "03:30", "--time-zone", "Europe/Berlin", "--quiet", "08:00-18:00", "--json").json[
        "schedule"
    ]
    assert (zoned["cron"], zoned["time_zone"], zoned["keep"]["daily"]) == ("30 3 * * *", "Europe/Berlin", 30)
    assert zoned["quiet"][0]["start"] == "08:00"
    assert cli.ok("schedule", "crm", "--pause", "--json").json["schedule"]["due_at"] is None
    assert cli.ok("schedule", "crm", "--resume", "--json").json["schedule"]["due_at"] is not None
    assert "30 daily" in cli.ok("schedule").out
    assert cli.ok("schedule", "crm", "--keep-all", "--json").json["schedule"]["keep"]["daily"] == 0
    tried = cli.ok("schedule", "crm", "--retries", "4", "--retry-wait", "10m", "--json").json["schedule"]
    assert (tried["retries"], tried["every_seconds"]) == ({"attempts": 4, "wait_seconds": 600}, zoned["every_seconds"])
    assert cli.ok("schedule", "crm", "--retries", "0", "--json").json["schedule"]["retries"] == {"attempts": 0, "wait_seconds": 600}
    assert cli("schedule", "crm", "--retry-wait", "1s").code == 2
    cli.ok("schedule", "crm", "--remove")
    assert cli("schedule", "crm").code == 2


def test_the_worker_does_what_is_queued_and_tells(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    queued = cli.ok("backup", "crm", "--queue", "--json").json["runs"][0]
    assert queued["state"] == "queued"
    done = cli.ok("worker", "--once", "--json").lines
    assert [(one["id"], one["state"]) for one in done] == [(queued["id"], "succeeded")]
    again = cli.ok("runs", "retry", "crm", "--json").json["run"]
    assert cli.ok("runs", "cancel", again["id"], "--json").json["run"]["state"] == "cancelled"
    cli.ok("worker", "--once")
    assert len(cli.ok("snapshots", "crm", "--json").json["snapshots"]) == 1


def test_a_worker_stops_when_it_is_told_and_its_run_goes_on_with_the_next(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    crm.behave(replace(crm.options, latency_seconds=2))
    cli.ok("backup", "crm", "--queue")
    worker = cli.spawn("worker", "--workers", "1")
    cli.wait_for_a_run()
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=60)
    assert (worker.returncode, b"Traceback" in err) == (0, False), err
    crm.behave(replace(crm.options, latency_seconds=0))
    cli.ok("worker", "--once")
    assert [one["state"] for one in cli.ok("runs", "list", "--json").json["runs"]] == ["succeeded"]
    assert len(cli.ok("snapshots", "crm", "--json").json["snapshots"]) == 1


def test_snapshots_are_held_expired_taken_back_and_pruned(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    for _ in range(6):
        crm.world.pass_day()
        cli.ok("backup", "crm")
    assert cli.ok("hold", "crm@1", "--reason", "the first", "--json").json["snapshot"]["held"] == "the first"
    plan = cli.ok("expire", "crm", "--keep-last", "4", "--dry-run", "--json").json
    assert ([one["number"] for one in plan["plan"]["decisions"] if not one["kept"]], plan["expired"]) == ([2], [])
    assert cli.ok("expire", "crm", "--keep-last", "4", "--json").json["expired"] == [2]
    assert [one["number"] for one in cli.ok("snapshots", "crm", "--json").json["snapshots"]] == [6, 5, 4, 3, 1]
    assert "in the trash" in cli.ok("snapshots", "crm", "--trash").out
    assert cli.ok("expire", "crm", "--undo", "2", "--json").json["taken_back"] == 2
    assert cli.ok("release", "crm@1", "--json").json["snapshot"]["held"] is None
    assert cli.ok("prune", "crm", "--dry-run", "--json").json["pruned"] is None
    cli.ok("prune", "crm")
    assert cli.ok("check", "crm", "--read-data", "--json").json["sound"]


def test_expiring_most_of_what_is_kept_needs_a_persons_word(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    for _ in range(8):
        cli.ok("backup", "crm")
    said = cli("expire", "crm", "--keep-last", "1")
    assert (said.code, "of 8 snapshots would go at once" in said.err) == (2, True)
    assert len(cli.ok("snapshots", "crm", "--json").json["snapshots"]) == 8
    assert len(cli.ok("expire", "crm", "--keep-last", "1", "--yes", "--json").json["expired"]) == 5


def test_ctrl_c_leaves_a_run_that_the_same_command_goes_on_with(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    crm.behave(replace(crm.options, latency_seconds=2))  # the run is not over before we look, however slow this machine is
    child = cli.spawn("backup", "crm")
    cli.wait_for_a_run()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, (out, err)
    assert b"Go on with:  listbackup backup crm" in out
    assert b"stopping at the next checkpoint" in err
    crm.behave(replace(crm.options, latency_seconds=0))
    run = cli.ok("backup", "crm", "--json").json["runs"][0]
    assert (run["state"], run["attempt"]) == ("succeeded", 2)
    assert len(cli.ok("snapshots", "crm", "--json").json["snapshots"]) == 1


def test_a_killed_backup_goes_on_at_once(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    crm.behave(replace(crm.options, latency_seconds=2))  # the run is not over before we look, however slow this machine is
    child = cli.spawn("backup", "crm")
    cli.wait_for_a_run()
    child.kill()
    child.communicate()
    crm.behave(replace(crm.options, latency_seconds=0))
    assert cli("snapshots", "crm", "--json").json["snapshots"] == []
    run = cli.ok("backup", "crm", "--json").json["runs"][0]
    assert (run["state"], run["attempt"]) == ("succeeded", 2)
    assert cli.ok("check", "crm", "--read-data", "--json").json["sound"]


def test_a_json_api_is_backed_up_from_a_description(cli: CommandLine, crm: Saas) -> None:
    cli.ok("init")
    (cli.home / "token.txt").write_text(crm.token)
    (cli.home / "api.yaml").write_text(REST.replace("ADDRESS", crm.base_url))
    cli.ok("connect", "rest", "--file", "api.yaml", "--name", "any", "--secret-file", "token=token.txt")
    cli.ok("backup", "any")
    assert {line["record"]["object"] for line in cli.ok("show", "any", "companies", "--json").lines} == {"company"}
    assert "not compared: companies" in cli.ok("verify", "any").out  # the description does not say how one record is asked for
    (cli.home / "wrong.yaml").write_text(REST.replace("records: data", "recrods: data"))
    said = cli("connect", "rest", "--file", "wrong.yaml", "--name", "other", "--secret-file", "token=token.txt")
    assert said.code == 2
    assert "line " in said.err


REST = """platform: any
label: Any API
base_url: ADDRESS
config:
  - name: token
    label: Token
    secret: true
auth:
  kind: bearer
streams:
  - name: companies
    path: /v1/companies
    records: data
    paging: {kind: cursor, token: next_cursor, param: cursor, size_param: limit, size: 100}
"""
