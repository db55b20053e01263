"""``listbackup demo``: the whole product against a simulated platform, command by command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from listbackup.base.errors import ListBackupError
from listbackup.cli.options import Json
from listbackup.cli.output import Output, size
from listbackup.cli.sandbox import Sandbox, sandbox
from listbackup.cli.saving import write_text
from listbackup.cli.shell import shell
from listbackup.cli.simulated import SimulatedCrm, simulated_crm

RECORDS = 20_000
_DAY = {"changed": 0.01, "deleted": 0.002, "added": 0.004}


def command(
    context: typer.Context,
    records: Annotated[int, typer.Option("--records", min=500, max=2_000_000, help="How many records the platform has.")] = RECORDS,
    keep: Annotated[Path | None, typer.Option("--keep", metavar="DIR", help="Keep everything in this new folder.")] = None,
    as_json: Json = False,
) -> None:
    """Back up a simulated CRM, let a day pass, back up again, compare, restore, verify.

    Starts a real HTTP server on this machine with contacts, companies, deals, tags, notes and files, and runs the very commands that you would.
    Ends with 0 only if every step held. Leaves nothing behind unless told to.

    \b
    Examples:
      listbackup demo
      listbackup demo --records 100000
      listbackup demo --keep my-demo
    """
    with shell(context, as_json, local=True) as sh:
        out, clock = sh.out, sh.clock
    began = clock.monotonic()
    with sandbox(out, keep=keep) as box, simulated_crm(records=records) as crm:
        out.say(out.styled("1", f"A simulated CRM with {records:,} records listens at {crm.url}."))
        told = _act(box, crm)
        took = clock.monotonic() - began
        _sum_up(out, told, took, keep)
        out.document({**told, "seconds": round(took, 3), "kept_in": str(box.folder) if keep is not None else None})


def _act(box: Sandbox, crm: SimulatedCrm) -> dict[str, Any]:
    write_text(box.folder / "token.txt", crm.token + "\n", mode=0o600)
    box.show("init")
    box.show("connect", "demo-crm", "--name", "crm", "--set", f"url={crm.url}", "--secret-file", "token=token.txt")
    box.show("backup", "crm")
    first = box.ask("runs", "show", "crm")["run"]
    _hold(first["state"] == "succeeded", "the first backup is complete")
    _hold({s["stream"]: s["records"] for s in first["streams"]} == crm.counts(), "it read every record that the platform has")

    day = crm.pass_day(**_DAY)["days"][0]
    box.out.say()
    box.out.say(box.out.styled("1", "A simulated day passes: people change, delete and add records."))
    box.show("backup", "crm")
    second = box.ask("runs", "show", "crm")["run"]
    _hold(second["state"] == "succeeded", "the second backup is complete")
    _hold(second["written_bytes"] < first["written_bytes"] / 2, "the second backup wrote only what changed")

    box.show("diff", "crm", "--limit", "6")
    counts = box.ask("diff", "crm", "--counts")["streams"]
    changed, removed = _pick(box)
    box.show("history", "crm", changed["stream"], _key(changed))
    restored = _restore(box, crm, removed)

    box.show("check", "crm", "--read-data")
    box.show("verify", "crm")
    return {"first": first, "second": second, "day": day, "diff": counts, "restored": restored, "verified": True}


def _pick(box: Sandbox) -> tuple[dict[str, Any], dict[str, Any]]:
    """A record that the day changed and one that it removed."""
    import msgspec

    changes = [msgspec.json.decode(line) for line in box.lines("diff", "crm", "--json")]
    changed = next((one for one in changes if one["kind"] == "changed" and one["stream"] == "contacts"), None)
    removed = next(
        (one for one in changes if one["kind"] == "removed" and one["stream"] in ("companies", "tags", "contacts", "deals")), None
    )
    if changed is None or removed is None:
        raise ListBackupError(
            "the simulated day changed no contact or removed no record, so there is nothing to show", hint="give more --records"
        )
    return changed, removed


def _restore(box: Sandbox, crm: SimulatedCrm, removed: dict[str, Any]) -> dict[str, Any]:
    stream, key = removed["stream"], _key(removed)
    before = crm.counts()[stream]
    box.show("restore", "crm@previous", stream, key, "--dry-run")
    _hold(crm.counts()[stream] == before, "the dry run wrote nothing")
    box.show("restore", "crm@previous", stream, key, "--yes")
    _hold(crm.counts()[stream] == before + 1, "the deleted record is on the platform again")
    done = box.ask("undo")["restores"][0]
    _hold(done["result"]["created"] == 1, "the restore says so")
    return {"stream": stream, "key": key, "restore": done["id"]}


def _key(change: dict[str, Any]) -> str:
    return str(change["key"][0])


def _hold(truth: bool, what: str) -> None:
    if not truth:
        raise ListBackupError(f"the demonstration failed: it is not so that {what}")


def _sum_up(out: Output, told: dict[str, Any], took: float, keep: Path | None) -> None:
    first, second = told["first"], told["second"]
    out.say()
    out.say(out.styled("1", "Summary"))
    rows = []
    for one, two in zip(first["streams"], second["streams"], strict=True):
        received = one["received_bytes"] + one["attachment_bytes"]
        rows.append((one["stream"], one["records"], one["attachments"], size(received), two["added"], two["changed"], two["gone"]))
    out.table(("STREAM", ">RECORDS", ">FILES", ">BYTES", ">ADDED", ">CHANGED", ">GONE"), rows)
    out.pairs(
        [
            (
                "first backup",
                f"{first['records']:,} records, {size(first['received_bytes'])} received, {size(first['written_bytes'])} written",
            ),
            ("second backup", f"{second['records']:,} records read, {size(second['written_bytes'])} written"),
            ("restored", f"{told['restored']['stream']} {told['restored']['key']}, after a dry run"),
            ("store", "checked, and a sample compared with the platform"),
        ]
    )
    out.good(f"every step held, in {took:.1f} s")
    out.say()
    if keep is not None:
        out.say(f"Everything is in {keep}. Look around with:")
        out.say(f"  export LISTBACKUP_DATA={keep}/data LISTBACKUP_KEYS={keep}/keys LISTBACKUP_CACHE={keep}/cache")
        out.say("  listbackup show crm@previous contacts")
    out.say("Your own data next:")
    out.say("  listbackup init")
    out.say("  listbackup platforms")
    out.say("  listbackup connect PLATFORM")
