"""``listbackup doctor``: is this installation sound, and ``--prove``: does it survive being killed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.bootstrap.settings import read_settings
from listbackup.cli.examination import examine
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.findings import Finding
from listbackup.cli.options import Json
from listbackup.cli.output import Output, size
from listbackup.cli.shell import Chosen, Shell, shell

if TYPE_CHECKING:
    from listbackup.cli.drill import Drill


def command(
    context: typer.Context,
    prove: Annotated[bool, typer.Option("--prove", help="Kill real backups for a minute and compare what is left with the truth.")] = False,
    seconds: Annotated[int, typer.Option("--seconds", min=5, help="With --prove: for how long.")] = 60,
    drill: Annotated[bool, typer.Option("--drill", help="Lose a whole installation and bring it back, timed.")] = False,
    accounts: Annotated[int, typer.Option("--accounts", min=1, max=5000, help="With --drill: so many, of four sources each.")] = 25,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The configuration file (else LISTBACKUP_CONFIG).")
    ] = None,
    as_json: Json = False,
) -> None | int:
    """Examine this installation: configuration, folder, permissions, keys, tables, objects, disk, port, mail server, clock; and say what to do.

    With --prove, a simulated platform is started in a temporary folder, backups of it run as real processes and are killed (kill -9) at random
    moments for a minute; then every record of every snapshot is compared with what the platform had, a deleted record is restored, and the store
    is checked. Nothing of yours is touched.

    With --drill, an installation in a temporary folder copies itself, goes on working, loses its data folder, keys and cache, and is brought back from
    the copy with the recovery kit: how long that takes, how much is missing, and how soon jobs that are due at once begin.

    \b
    Examples:
      listbackup doctor
      listbackup doctor --config /etc/listbackup.toml
      listbackup doctor --prove
      listbackup doctor --prove --seconds 20 --json
      listbackup doctor --drill --accounts 100
    """
    mistake = _mistake(context.obj, config)
    if mistake is not None:
        return _tell(Output(as_json=as_json), [mistake])
    with shell(context, as_json, local=True, config=config) as sh:
        if drill:
            return _drill(sh, accounts)
        return _prove(sh, seconds) if prove else _tell(sh.out, examine(sh))


def _mistake(chosen: Chosen | None, config: Path | None) -> Finding | None:
    """What is wrong with the settings, when they cannot even be read."""
    try:
        read_settings(data=chosen.data if chosen is not None else None, config=config)
    except InputError as error:
        return Finding(subject="configuration", message=error.message, code=ExitCode.INPUT, hint=error.hint)
    return None


def _tell(out: Output, findings: Sequence[Finding]) -> int:
    code = next((one.code for one in findings if one.code is not ExitCode.OK), ExitCode.OK)
    out.document({"sound": code is ExitCode.OK, "findings": [_document(one) for one in findings]})
    for one in findings:
        if one.code is ExitCode.OK:
            out.good(f"{one.subject}: {one.message}")
        else:
            out.say(f"{out.styled('31', '✗')} {one.subject}: {one.message}")
            out.say(f"    {one.hint}" if one.hint else "")
    return code


def _document(one: Finding) -> dict[str, object]:
    return {"subject": one.subject, "sound": one.code is ExitCode.OK, "code": int(one.code), "message": one.message, "hint": one.hint}


def _prove(sh: Shell, seconds: int) -> int:
    from listbackup.cli.proof import prove

    proof = prove(sh.out, sh.clock, seconds=seconds)
    sh.out.document(
        {
            "held": proof.held,
            "seconds": round(proof.seconds, 1),
            "kills": proof.kills,
            "snapshots": proof.snapshots,
            "records_compared": proof.compared,
            "records_wrong": proof.wrong,
            "restored": proof.restored,
            "problems": list(proof.problems),
        }
    )
    sh.out.pairs(
        [
            ("killed", f"{proof.kills} times, by kill -9 of the real process"),
            ("snapshots", proof.snapshots),
            ("compared", f"{proof.compared:,} records with the platform's truth"),
            ("wrong", proof.wrong),
            ("restored", "a deleted record, and taken back" if proof.restored else "no"),
        ]
    )
    for problem in proof.problems:
        sh.out.say(f"✗ {problem}")
    if proof.held:
        sh.out.good(f"nothing was lost, nothing was half, nothing was wrong ({proof.seconds:.0f} s)")
    return ExitCode.OK if proof.held else ExitCode.DAMAGED


def _drill(sh: Shell, accounts: int) -> int:
    from listbackup.cli.drill import LOST, drill

    done = drill(sh.out, sh.clock, accounts=accounts, hands=sh.settings.workers)
    sh.out.document(_drill_document(done))
    sh.out.pairs(
        [
            ("lost", f"{done.accounts} accounts, {done.connections} connections, {done.sources} sources, {done.jobs} schedules"),
            ("copied", f"{size(done.copy_bytes)} in {done.copy_seconds:.1f} s, by the worker itself"),
            ("put back", f"in {done.restore_seconds:.1f} s; a worker worked again after {done.rto_seconds:.1f} s"),
            ("missing", f"what was changed in the last {done.rpo_seconds:.0f} s, of {LOST} new sources {done.lost_sources}; no snapshot"),
            ("compared", f"{done.snapshots} snapshots, record by record, half of them younger than the copy"),
            (
                "due at once",
                f"{done.started.jobs} jobs, {done.started.hands} hands: queued within {done.started.queued_p99:.1f} s, "
                f"begun within {done.started.p50:.1f} s (half), {done.started.p99:.1f} s (99 %)",
            ),
        ]
    )
    for problem in done.problems:
        sh.out.say(f"✗ {problem}")
    if done.held:
        sh.out.good("everything that the copy and the objects had came back")
    return ExitCode.OK if done.held else ExitCode.DAMAGED


def _drill_document(done: Drill) -> dict[str, object]:
    started = done.started
    return {
        "held": done.held,
        "accounts": done.accounts,
        "sources": done.sources,
        "jobs": done.jobs,
        "copy_bytes": done.copy_bytes,
        "copy_seconds": round(done.copy_seconds, 1),
        "restore_seconds": round(done.restore_seconds, 1),
        "rto_seconds": round(done.rto_seconds, 1),
        "rpo_seconds": round(done.rpo_seconds, 1),
        "lost_sources": done.lost_sources,
        "snapshots": done.snapshots,
        "started": {
            "jobs": started.jobs,
            "hands": started.hands,
            "queued_p99_seconds": round(started.queued_p99, 1),
            "p50_seconds": round(started.p50, 1),
            "p99_seconds": round(started.p99, 1),
        },
        "problems": list(done.problems),
    }
