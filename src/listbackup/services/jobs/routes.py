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
from listbackup.services.routing import Answer, Call, Route

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
        Route(method="GET", path="/jobs", summary="The jobs", access=read, handle=list_all, query=JobParameters, answers=pages),
        Route(
            method="POST",
            path="/jobs",
            summary="Order when a source is backed up and what is kept",
            access=write,
            handle=create,
            body=NewJob,
            answers=Job,
            status=201,
            repeatable=True,
        ),
        Route(method="GET", path=_ONE, summary="A job", access=read, handle=get, answers=Job, versioned=True),
        Route(method="PATCH", path=_ONE, summary="Change a job", access=write, handle=change, body=ChangedJob, answers=Job, versioned=True),
        Route(method="DELETE", path=_ONE, summary="Forget a job; source and snapshots stay", access=write, handle=delete, status=204),
        Route(method="POST", path=f"{_ONE}/pause", summary="No longer run by itself", access=write, handle=pause, answers=Job),
        Route(method="POST", path=f"{_ONE}/resume", summary="Run by itself again", access=write, handle=resume, answers=Job),
    ]


def _demand_retention(call: Call, asked: PolicyIn | None) -> None:
    """What is let go of is decided by who may decide that of the source, also where the job says it. Raises NotAllowed."""
    if asked is not None:
        demand(call.caller, Permission.RETENTION_MANAGE)


def _shown(job: Job) -> Answer:
    return Answer(content=job, version=job.version)
