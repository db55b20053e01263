"""``listbackup restore``: records back to the platform, after a plan that says what will happen."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from listbackup.base.clock import iso
from listbackup.base.errors import InputError, NotFound
from listbackup.base.numbers import whole
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.looking import find_snapshot, key_parts, key_text
from listbackup.cli.options import Json, Yes
from listbackup.cli.restore_view import restore_document, show_restore
from listbackup.cli.shell import Shell, shell
from listbackup.cli.stopping import stop_on_signals
from listbackup.services.data import Action, Restore, RestorePlan, RestoreState, Selection, Step
from listbackup.store import Key

_SHOWN = 20


def command(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE[@WHEN]", help="What to restore, as it was when.", show_default=False)
    ] = None,
    stream: Annotated[str | None, typer.Argument(metavar="[STREAM]", help="Only this stream.")] = None,
    keys: Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", help="Only these records.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, write nothing.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also where the platform was changed since the last backup.")] = False,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME", help="Only this field of the records (owner.email for one inside); again for more."),
    ] = None,
    change_set: Annotated[
        str | None,
        typer.Option("--change-set", metavar="SET", help="Take back what was changed together, as `diff --sets` names it: 12.1."),
    ] = None,
    yes: Yes = False,
    resume: Annotated[str | None, typer.Option("--resume", metavar="RESTORE", help="Go on with an interrupted restore.")] = None,
    as_json: Json = False,
) -> None | int:
    """Write records back to the platform as they were.

    First a plan is made and shown: what would be created, updated and skipped, what was changed on the platform since the last backup and is
    left alone, and what it costs in calls. Then it asks. Every restore can be taken back as a whole with `listbackup undo`.

    \b
    Examples:
      listbackup restore crm@yesterday contacts 42 --dry-run
      listbackup restore crm@yesterday contacts 42
      listbackup restore crm@yesterday contacts 42 --field phone
      listbackup restore 'crm@3 days ago' deals --yes --json
      listbackup restore crm --change-set 12.1
      listbackup restore --resume rst_01kf0c4f2z8m5e9x7q3t6v1a2b
    """
    with shell(context, as_json) as sh, stop_on_signals("stopping after this record; press Ctrl-C again to stop at once") as asked:
        if resume is not None:
            with sh.out.progress("restoring") as bars:
                listen = lambda at: bars.update(at.stream, at.done, at.total)  # noqa: E731
                return _end(sh, sh.house.restores.resume(sh.scope, resume, listen=listen, should_stop=asked))
        if source is None:
            raise InputError("say what to restore", hint="listbackup restore SOURCE@WHEN STREAM KEY")
        only = tuple(fields or ())
        if change_set is not None:
            plan = _plan_set(sh, source, stream, change_set, only, overwrite)
        else:
            plan = _plan(sh, source, stream, keys or [], only, overwrite)
        _show_plan(sh, plan)
        if dry_run or not plan.writes:
            sh.out.document({"plan": _plan_document(plan), "restore": None})
            sh.out.say("Nothing was written." if dry_run else "There is nothing to write.")
            return ExitCode.OK
        _confirm(sh, plan, yes)
        with sh.out.progress("restoring") as bars:
            listen = lambda at: bars.update(at.stream, at.done, at.total)  # noqa: E731
            done = sh.house.restores.start(sh.scope, plan, listen=listen, should_stop=asked)
        return _end(sh, done, plan)


def _plan(sh: Shell, text: str, stream: str | None, keys: list[str], fields: tuple[str, ...], overwrite: bool) -> RestorePlan:
    if fields and stream is None:
        raise InputError("say of which stream these are the fields", hint="listbackup restore SOURCE@WHEN STREAM KEY --field NAME")
    name, snapshot = find_snapshot(sh, text)
    selection = Selection()
    if stream is not None:
        sh.house.data.scan(sh.scope, name, stream, seq=snapshot.seq, limit=1)  # a stream that is not there is said now
        found = tuple(_platform_key(sh.house.data.record(sh.scope, name, stream, key, seq=snapshot.seq).key) for key in keys)
        selection = Selection(keys={stream: found}, fields=fields) if found else Selection(streams=(stream,), fields=fields)
    with sh.out.progress("asking about") as bars:
        return sh.house.restores.plan(
            sh.scope,
            name,
            seq=snapshot.seq,
            selection=selection,
            overwrite=overwrite,
            listen=lambda at: bars.update(at.stream, at.done, at.total),
        )


def _plan_set(sh: Shell, source: str, stream: str | None, text: str, fields: tuple[str, ...], overwrite: bool) -> RestorePlan:
    number, _, index = text.partition(".")
    if stream is not None or "@" in source or whole(number) is None or whole(index) is None:
        raise InputError("a change set says itself when and which records", hint="listbackup restore SOURCE --change-set 12.1")
    name, snapshot = find_snapshot(sh, f"{source}@{number}")
    found = sh.house.data.change_sets(sh.scope, name, seq=snapshot.seq)
    if not 0 < int(index) <= len(found):
        raise NotFound(f"there is no change set {text} of {name}", hint=f"listbackup diff {name}@{number} --sets")
    with sh.out.progress("asking about") as bars:
        return sh.house.restores.plan_change_set(
            sh.scope,
            name,
            found[int(index) - 1],
            fields=fields,
            overwrite=overwrite,
            listen=lambda at: bars.update(at.stream, at.done, at.total),
        )


def _platform_key(key: Key) -> tuple[str | int, ...]:
    parts = tuple(part for part in key if not isinstance(part, bytes))
    if len(parts) != len(key):
        raise InputError("records without a key of their own cannot be restored one by one", hint="restore the stream, or export it")
    return parts


def _show_plan(sh: Shell, plan: RestorePlan) -> None:
    counts = plan.by_stream()
    only = f", only {', '.join(plan.selection.fields)}" if plan.selection.fields else ""
    sh.out.say(f"Restore of snapshot {plan.snapshot_seq}{only}:")
    rows = [(stream, *(one.get(action, 0) for action in Action)) for stream, one in counts.items()]
    sh.out.table(("STREAM", ">CREATE", ">UPDATE", ">SKIP", ">CONFLICT"), rows, empty="  no record")
    notable = [step for step in plan.steps if step.action is not Action.SKIP]
    for step in notable[:_SHOWN]:
        sh.out.say(f"  {step.action.value} {step.stream} {key_text(step.key)}  ({_why(step)})")
    if len(notable) > _SHOWN:
        sh.out.say(f"  … {len(notable) - _SHOWN:,} more")
    sh.out.say(f"It costs {plan.calls:,} calls.{_calls_left(plan)}")
    for effect in plan.side_effects:
        sh.out.warn(f"the platform {effect}")
    if plan.changed_later:
        sh.out.say(f"{plan.changed_later:,} were changed again since, as a later snapshot shows, and are left alone.")
    if plan.count(Action.CONFLICT):
        sh.out.say("Conflicts were changed on the platform since the last backup and are left alone (--overwrite writes over them).")


def _calls_left(plan: RestorePlan) -> str:
    left = plan.quota
    if left is None:
        return ""
    text = f" {left.calls:,} are left of our share of the {left.of:,} a {left.per} that the platform grants"
    return f"{text}: it will stop on the way, and can be gone on with after {iso(plan.goes_on_at)}." if plan.goes_on_at else f"{text}."


def _why(step: Step) -> str:
    return step.why.value.replace("_", " ")


def _confirm(sh: Shell, plan: RestorePlan, yes: bool) -> None:
    if yes:
        return
    if sh.out.as_json or not sys.stdin.isatty():
        raise InputError("nobody can be asked, so nothing was written", hint="look at it with --dry-run, then give --yes")
    typer.confirm(f"Write {plan.writes:,} record{'s' if plan.writes != 1 else ''} to the platform?", abort=True)


def _end(sh: Shell, restore: Restore, plan: RestorePlan | None = None) -> int:
    plan_part = {"plan": _plan_document(plan)} if plan is not None else {}
    sh.out.document({**plan_part, "restore": restore_document(restore)})
    show_restore(sh.out, restore)
    if restore.state is RestoreState.RUNNING:
        sh.out.say(f"Go on with:  listbackup restore --resume {restore.id}")
        return ExitCode.INTERRUPTED
    sh.out.say(f"Take it back with:  listbackup undo {restore.id}")
    return ExitCode.PARTIAL if restore.state is RestoreState.PARTIAL else ExitCode.OK


def _plan_document(plan: RestorePlan) -> dict[str, object]:
    return {
        "snapshot": plan.snapshot_seq,
        "fields": list(plan.selection.fields),
        "changed_later": plan.changed_later,
        "streams": {stream: {action.value: one.get(action, 0) for action in Action} for stream, one in plan.by_stream().items()},
        "calls": plan.calls,
        "calls_left": plan.quota.calls if plan.quota is not None else None,
        "goes_on_at": iso(plan.goes_on_at) if plan.goes_on_at is not None else None,
        "side_effects": list(plan.side_effects),
        "steps": [
            {"stream": step.stream, "key": key_parts(step.key), "action": step.action.value, "why": step.why.value}
            for step in plan.steps
            if step.action is not Action.SKIP
        ],
    }
