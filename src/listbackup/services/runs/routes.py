"""What runs offer over HTTP; starting one for a source or a job is theirs too, since neither knows runs."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.services.accounts import Accounts
from listbackup.services.jobs import Jobs
from listbackup.services.routing import Answer, Call, Handle, Route, changing, reading
from listbackup.services.runs.aging import RunMonth
from listbackup.services.runs.dead_letter_routes import dead_letter_routes
from listbackup.services.runs.model import LogLine, Run
from listbackup.services.runs.schema import LogParameters, MonthParameters, RunParameters, RunShown, Sync, show_run
from listbackup.services.runs.service import Runs

_ONE = "/runs/{run:run}"


def routes(runs: Runs, jobs: Jobs, accounts: Accounts) -> Sequence[Route]:
    """The account's runs; a run that is started waits for a worker's hand."""

    def list_all(call: Call) -> Answer:
        asked = call.query(RunParameters)
        page = runs.list(call.scope, source=asked.source, job=asked.job, active=asked.active, limit=asked.limit, cursor=asked.cursor)
        return Answer(content=listing(page, show_run))

    def list_of_job(call: Call) -> Answer:
        page = call.query(PageParameters)
        found = runs.list(call.scope, job=call.path["job"], limit=page.limit, cursor=page.cursor)
        return Answer(content=listing(found, show_run))

    def get(call: Call) -> Answer:
        run = runs.get(call.scope, call.path["run"])
        progress = runs.progress(call.scope, run.id) if run.is_active else None
        return Answer(content=show_run(run, progress, runs.quota_left(call.scope, run)))

    def logs(call: Call) -> Answer:
        asked = call.query(LogParameters)
        found = runs.logs(call.scope, call.path["run"], asked.wanted(), limit=asked.limit, cursor=asked.cursor)
        return Answer(content=listing(found, lambda line: line))

    def failures(call: Call) -> Answer:
        page = call.query(PageParameters)
        found = runs.failures(call.scope, call.path["run"], limit=page.limit, cursor=page.cursor)
        return Answer(content=listing(found, lambda line: line))

    def months(call: Call) -> Answer:
        asked = call.query(MonthParameters)
        return Answer(content=listing(runs.months(call.scope, asked.source, limit=asked.limit, cursor=asked.cursor), lambda month: month))

    def sync(call: Call) -> Answer:
        return _started(runs.start(call.scope, call.path["source"], full=call.body(Sync).full))

    def run_job(call: Call) -> Answer:
        job = jobs.get(call.scope, call.path["job"])
        return _started(runs.start(call.scope, job.source, job=job.id))

    def cancel(call: Call) -> Answer:
        return Answer(content=show_run(runs.cancel(call.scope, call.path["run"])))

    def retry(call: Call) -> Answer:
        return _started(runs.retry(call.scope, call.path["run"]))

    read, write = Permission.RUNS_READ, Permission.RUNS_EXECUTE
    pages = Listing[RunShown]
    return [
        reading("/runs", "Runs, newest first", read, list_all, pages, RunParameters),
        reading(
            "/runs/months",
            "What the runs came to that are too old to be kept one by one, newest month first",
            read,
            months,
            Listing[RunMonth],
            MonthParameters,
        ),
        reading("/jobs/{job:job}/runs", "A job's runs, newest first", read, list_of_job, pages, PageParameters),
        reading(_ONE, "A run and how far it is", read, get, RunShown),
        reading(f"{_ONE}/logs", "What happened in a run, searched by text, level and stream", read, logs, Listing[LogLine], LogParameters),
        reading(f"{_ONE}/failures", "What went wrong in a run", read, failures, Listing[LogLine], PageParameters),
        _starts("/sources/{source:src}/sync", "Back up a source now, or the run of it that is not over", sync, body=Sync),
        _starts("/jobs/{job:job}/run", "Run a job now, or the run of its source that is not over", run_job),
        _starts(f"{_ONE}/retry", "Run the same source again", retry),
        changing("POST", f"{_ONE}/cancel", "Stop a run", write, cancel, answers=RunShown),
        *dead_letter_routes(runs.letters, accounts),
    ]


def _starts(path: str, summary: str, handle: Handle, body: type[Sync] | None = None) -> Route:
    return changing("POST", path, summary, Permission.RUNS_EXECUTE, handle, body=body, answers=RunShown, status=202, repeatable=True)


def _started(run: Run) -> Answer:
    return Answer(content=show_run(run), location=f"/v2/runs/{run.id}")
