"""``listbackup doctor``: is this installation sound, and ``--prove``: does it survive being killed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.bootstrap.settings import read_settings
from listbackup.cli.examination import examine
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.findings import Finding
from listbackup.cli.options import Json
from listbackup.cli.output import Output
from listbackup.cli.shell import Chosen, Shell, shell


def command(
    context: typer.Context,
    prove: Annotated[bool, typer.Option("--prove", help="Kill real backups for a minute and compare what is left with the truth.")] = False,
    seconds: Annotated[int, typer.Option("--seconds", min=5, help="With --prove: for how long.")] = 60,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The configuration file (else LISTBACKUP_CONFIG).")
    ] = None,
    as_json: Json = False,
) -> None | int:
    """Examine this installation: configuration, folder, permissions, keys, tables, objects, disk, port, mail server, clock; and say what to do.

    With --prove, a simulated platform is started in a temporary folder, backups of it run as real processes and are killed (kill -9) at random
    moments for a minute; then every record of every snapshot is compared with what the platform had, a deleted record is restored, and the store
    is checked. Nothing of yours is touched.

    \b
    Examples:
      listbackup doctor
      listbackup doctor --config /etc/listbackup.toml
      listbackup doctor --prove
      listbackup doctor --prove --seconds 20 --json
    """
    mistake = _mistake(context.obj, config)
    if mistake is not None:
        return _tell(Output(as_json=as_json), [mistake])
    with shell(context, as_json, local=True, config=config) as sh:
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
