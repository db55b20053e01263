"""What jobs offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.caller import demand
from listbackup.http.paging import Listing, listing
from listbackup.http.permission import Permission
from listbackup.services.jobs.model import Job
from listbackup.services.jobs.schema import ChangedJob, JobParameters, NewJob
from listbackup.services.jobs.service import Jobs
from listbackup.services.retention import PolicyIn
from listbackup.services.routing import Answer, Call, Route, changing, reading

_ONE = "/jobs/{job:job}"


def routes(jobs: Jobs) -> Sequence[Route]:
    """The account's jobs."""

    def create(call: Call) -> Answer:
        asked = call.body(NewJob)
        _demand_retention(call, asked.retention)
        made = jobs.create(
            call.scope,
            source=asked.source,
            name=asked.name,
            timetable=asked.timetable.timetable() if asked.timetable is not None else None,
            retention=asked.retention.policy() if asked.retention is not None else None,
            retry=asked.retry.policy() if asked.retry is not None else None,
        )
        return Answer(content=made, version=made.version, location=f"/v2/jobs/{made.id}")

    def list_all(call: Call) -> Answer:
        asked = call.query(JobParameters)
        page = jobs.list(call.scope, source=asked.source, limit=asked.limit, cursor=asked.cursor)
        return Answer(content=listing(page, lambda one: one))

    def get(call: Call) -> Answer:
        return _shown(jobs.get(call.scope, call.path["job"]))

    def change(call: Call) -> Answer:
        asked = call.body(ChangedJob)
        _demand_retention(call, asked.retention)
        new = jobs.change(
            call.scope,
            call.path["job"],
            name=asked.name,
            timetable=asked.timetable.timetable() if asked.timetable is not None else None,
            no_timetable=asked.no_timetable,
            retention=asked.retention.policy() if asked.retention is not None else None,
            retry=asked.retry.policy() if asked.retry is not None else None,
            version=call.version,
        )
        return _shown(new)

    def delete(call: Call) -> Answer:
        jobs.delete(call.scope, call.path["job"])
        return Answer()

    def pause(call: Call) -> Answer:
        return _shown(jobs.pause(call.scope, call.path["job"]))

    def resume(call: Call) -> Answer:
        return _shown(jobs.resume(call.scope, call.path["job"]))

    read, write, pages = Permission.JOBS_READ, Permission.JOBS_MANAGE, Listing[Job]
    return [
        reading("/jobs", "The jobs", read, list_all, pages, JobParameters),
        changing(
            "POST",
            "/jobs",
            "Order when a source is backed up and what is kept",
            write,
            create,
            body=NewJob,
            answers=Job,
            status=201,
            repeatable=True,
        ),
        reading(_ONE, "A job", read, get, Job, versioned=True),
        changing("PATCH", _ONE, "Change a job", write, change, body=ChangedJob, answers=Job, versioned=True),
        changing("DELETE", _ONE, "Forget a job; source and snapshots stay", write, delete, status=204),
        changing("POST", f"{_ONE}/pause", "No longer run by itself", write, pause, answers=Job),
        changing("POST", f"{_ONE}/resume", "Run by itself again", write, resume, answers=Job),
    ]


def _demand_retention(call: Call, asked: PolicyIn | None) -> None:
    """What is let go of is decided by who may decide that of the source, also where the job says it. Raises NotAllowed."""
    if asked is not None:
        demand(call.caller, Permission.RETENTION_MANAGE)


def _shown(job: Job) -> Answer:
    return Answer(content=job, version=job.version)
