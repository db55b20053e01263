"""``listbackup schedule``: when a source is backed up by itself, and what is kept."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Annotated

import typer

from listbackup.base.errors import InputError, NotFound
from listbackup.base.numbers import whole
from listbackup.base.paging import iter_pages
from listbackup.cli.durations import parse_duration, show_duration
from listbackup.cli.keeping import (
    KeepDaily,
    KeepHourly,
    KeepLast,
    KeepMonthly,
    KeepWeekly,
    KeepWithin,
    KeepYearly,
    describe_policy,
    policy_document,
    policy_of,
)
from listbackup.cli.options import Json, complete_sources
from listbackup.cli.shell import Shell, shell
from listbackup.services.jobs import Job, QuietWindow, RetryPolicy, Timetable
from listbackup.store.policy import Policy


def command(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="Whose schedule.", autocompletion=complete_sources)] = None,
    every: Annotated[str | None, typer.Option("--every", metavar="TIME", help="15m, 1h, 1d: aligned to the clock.")] = None,
    daily: Annotated[str | None, typer.Option("--daily", metavar="HH:MM", help="Once a day at this time.")] = None,
    cron: Annotated[str | None, typer.Option("--cron", metavar="CRON", help="minute hour day month weekday.")] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", metavar="ZONE", help="Europe/Berlin (else UTC).")] = None,
    quiet: Annotated[
        list[str] | None, typer.Option("--quiet", metavar="HH:MM-HH:MM", help="Leave the platform alone in these hours.")
    ] = None,
    keep_hourly: KeepHourly = 0,
    keep_daily: KeepDaily = 0,
    keep_weekly: KeepWeekly = 0,
    keep_monthly: KeepMonthly = 0,
    keep_yearly: KeepYearly = 0,
    keep_last: KeepLast = 0,
    keep_within: KeepWithin = None,
    retries: Annotated[
        int | None, typer.Option("--retries", min=0, max=10, help="Try a run that failed for a reason that may pass so often again.")
    ] = None,
    retry_wait: Annotated[
        str | None, typer.Option("--retry-wait", metavar="TIME", help="The first time after this, then each after twice as long.")
    ] = None,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Never expire anything.")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="No longer run by itself.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Run by itself again.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the schedule; snapshots stay.")] = False,
    as_json: Json = False,
) -> None:
    """Show or set when a source is backed up by itself, and which snapshots are kept.

    `listbackup worker` does the work. Without options the schedule is shown; without a source, all of them are. Rules to keep add up: a snapshot
    stays when any of them wants it, and the last three good ones stay whatever the rules say.

    \b
    Examples:
      listbackup schedule
      listbackup schedule crm --every 15m --keep-hourly 24 --keep-daily 30 --keep-monthly 12
      listbackup schedule blog --daily 03:00 --time-zone Europe/Berlin
      listbackup schedule shop --cron '0 */6 * * 1-5' --quiet 08:00-18:00
      listbackup schedule crm --retries 4 --retry-wait 10m
      listbackup schedule crm --pause
    """
    with shell(context, as_json) as sh:
        if source is None:
            _list(sh)
            return
        old = sh.house.jobs.find_for_source(sh.scope, source)
        zone = time_zone or (old.timetable.time_zone if old is not None and old.timetable is not None else "UTC")
        timetable = _timetable(every, daily, cron, zone, quiet or [])
        policy = policy_of(
            hourly=keep_hourly,
            daily=keep_daily,
            weekly=keep_weekly,
            monthly=keep_monthly,
            yearly=keep_yearly,
            last=keep_last,
            within=keep_within,
            time_zone=zone,
        )
        retry = _retry(old, retries, retry_wait)
        _refuse_confusion(pause, resume, remove, timetable is not None or policy is not None or retry is not None or keep_all)
        if keep_all:
            policy = Policy()
        if timetable is not None or policy is not None or retry is not None:
            _show(sh, _set(sh, source, old, timetable, policy, retry), source)
        elif pause or resume or remove:
            _act(sh, source, _need(old, source), pause=pause, remove=remove)
        else:
            _show(sh, _need(old, source), source)


def _timetable(every: str | None, daily: str | None, cron: str | None, zone: str, quiet: list[str]) -> Timetable | None:
    given = [text for text in (every, daily, cron) if text is not None]
    if len(given) > 1:
        raise InputError("--every, --daily and --cron exclude each other", hint="give one of them")
    if not given:
        if quiet:
            raise InputError("--quiet belongs to --every, --daily or --cron")
        return None
    windows = tuple(_window(text) for text in quiet)
    if every is not None:
        return Timetable(every=parse_duration(every, field="every"), time_zone=zone, quiet=windows)
    if daily is not None:
        hour, minute = (whole(part) for part in (daily if ":" in daily else ":").split(":", 1))
        if hour is None or minute is None or hour >= 24 or minute >= 60:
            raise InputError(f"{daily!r} is not a time of day", field="daily", hint="write it as 03:00")
        cron = f"{minute} {hour} * * *"
    return Timetable(cron=cron, time_zone=zone, quiet=windows)


def _window(text: str) -> QuietWindow:
    start, dash, end = text.partition("-")
    if not dash:
        raise InputError(f"{text!r} is no window", field="quiet", hint="write it as 08:00-18:00")
    return QuietWindow(start=start.strip(), end=end.strip())


def _refuse_confusion(pause: bool, resume: bool, remove: bool, sets: bool) -> None:
    if sum((pause, resume, remove, sets)) > 1:
        raise InputError("--pause, --resume and --remove go alone")


def _retry(old: Job | None, attempts: int | None, wait: str | None) -> RetryPolicy | None:
    """What was said of tries, beside what holds; None: nothing was said."""
    if attempts is None and wait is None:
        return None
    known = old.retry if old is not None else RetryPolicy()
    return RetryPolicy(
        attempts=attempts if attempts is not None else known.attempts,
        wait=parse_duration(wait, field="retry-wait") if wait is not None else known.wait,
    )


def _set(sh: Shell, source: str, old: Job | None, timetable: Timetable | None, policy: Policy | None, retry: RetryPolicy | None) -> Job:
    if old is None:
        return sh.house.jobs.create(sh.scope, source=source, timetable=timetable, retention=policy, retry=retry)
    if policy is not None and timetable is None and old.timetable is not None:
        policy = replace(policy, time_zone=old.timetable.time_zone)
    return sh.house.jobs.change(sh.scope, old.id, timetable=timetable, retention=policy, retry=retry)


def _act(sh: Shell, source: str, job: Job, *, pause: bool, remove: bool) -> None:
    if remove:
        sh.house.jobs.delete(sh.scope, job.id)
        sh.out.document({"removed": source})
        sh.out.good(f"{source} is no longer backed up by itself; its snapshots stay")
        return
    changed = sh.house.jobs.pause(sh.scope, job.id) if pause else sh.house.jobs.resume(sh.scope, job.id)
    _show(sh, changed, source)


def _need(job: Job | None, source: str) -> Job:
    if job is None:
        raise NotFound(f"{source} has no schedule", hint=f"set one:  listbackup schedule {source} --every 1h")
    return job


def _list(sh: Shell) -> None:
    jobs = list(itertools.islice(iter_pages(lambda cursor: sh.house.jobs.list(sh.scope, cursor=cursor)), 1000))
    names = [sh.house.sources.get(sh.scope, job.source).name for job in jobs]
    sh.out.document({"schedules": [_document(job, name) for job, name in zip(jobs, names, strict=True)]})
    rows = [(name, _when(job), job.due_at, describe_policy(job.retention)) for job, name in zip(jobs, names, strict=True)]
    sh.out.table(("SOURCE", "WHEN", "NEXT", "KEEPS"), rows, empty="No schedule yet: listbackup schedule SOURCE --every 1h")


def _show(sh: Shell, job: Job, source: str) -> None:
    sh.out.document({"schedule": _document(job, source)})
    sh.out.pairs(
        [
            ("source", source),
            ("when", _when(job)),
            ("next", job.due_at or "never"),
            ("keeps", describe_policy(job.retention)),
            ("tries again", _tries(job.retry)),
        ]
    )


def _tries(retry: RetryPolicy) -> str:
    if not retry.attempts:
        return "never"
    times = "once" if retry.attempts == 1 else f"{retry.attempts} times"
    return f"{times}, first after {show_duration(retry.wait)}"


def _when(job: Job) -> str:
    if job.timetable is None:
        return "only by hand"
    text = f"every {show_duration(job.timetable.every)}" if job.timetable.every else f"cron {job.timetable.cron} {job.timetable.time_zone}"
    return text + (", paused" if job.paused else "")


def _document(job: Job, source: str) -> dict[str, object]:
    times = job.timetable
    return {
        "id": job.id,
        "source": source,
        "cron": times.cron if times is not None else None,
        "every_seconds": int(times.every.total_seconds()) if times is not None and times.every is not None else None,
        "time_zone": times.time_zone if times is not None else None,
        "quiet": [{"start": one.start, "end": one.end, "days": list(one.days)} for one in times.quiet] if times is not None else [],
        "paused": job.paused,
        "due_at": job.due_at,
        "keep": policy_document(job.retention),
        "retries": {"attempts": job.retry.attempts, "wait_seconds": int(job.retry.wait.total_seconds())},
    }
