"""What the trail is told of jobs."""

from __future__ import annotations

from listbackup.base.clock import iso
from listbackup.services.desk import Fact
from listbackup.services.jobs.model import Job


def job_fact(happened: str, job: Job) -> Fact:
    """``job.created``, ``.changed``, ``.paused``, ``.resumed``, ``.deleted``."""
    when = None
    if job.timetable is not None:
        when = job.timetable.cron or f"every {job.timetable.every}"
    about = {"name": job.name, "source": job.source, "timetable": when, "due_at": iso(job.due_at) if job.due_at else None}
    return Fact(name=f"job.{happened}", subject=job.id, about=about)
